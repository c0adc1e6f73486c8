"""The closest match of a value that is not there: for reasons that say what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from django.utils.translation import gettext as _


def folded(text: str) -> str:
    """The text without case, blanks, underscores and dashes."""
    return re.sub(r"[\s_\-]+", "", text).casefold()


def closest(text: str, candidates: Iterable[str]) -> str | None:
    """The candidate that is most like the text, or None if none is much like it."""
    by_fold: dict[str, str] = {}
    for candidate in candidates:
        by_fold.setdefault(folded(candidate), candidate)
    found = get_close_matches(folded(text), by_fold, n=1, cutoff=0.7)
    return by_fold[found[0]] if found else None


def hint(text: str, candidates: Iterable[str]) -> str:
    """“ Closest: …” for the end of a message, or nothing."""
    match = closest(text, candidates)
    return " " + _("The closest is “%s”.") % match if match else ""
