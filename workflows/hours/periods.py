"""Periods of a day: when work begins and ends by the clock on the wall, as typed, stored and told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

DAY = 24 * 60
CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
DASH = re.compile(r"\s*[-–—]\s*")
COMMA = re.compile(r"\s*[,;\n]\s*")


class Period(NamedTuple):
    """Minutes after midnight: open from `opens` until just before `closes`; 1440 is the end of the day."""

    opens: int
    closes: int


Periods = tuple[Period, ...]


class PeriodProblem(ValueError):  # noqa: N818 — a refusal with a message for people, not an accident
    """Periods that a day cannot have."""


def periods(*told: tuple[str, str]) -> Periods:
    """Periods from pairs such as ("09:00", "17:00"), in order; raises PeriodProblem."""
    return checked(Period(_minutes(opens), _minutes(closes)) for opens, closes in told)


def read_periods(text: str) -> Periods:
    """Periods from a text such as "9-12:30, 13-17"; an empty one means closed. Raises PeriodProblem."""
    parts = [part for part in COMMA.split(text.strip()) if part]
    pairs = [DASH.split(part) for part in parts]
    for part, pair in zip(parts, pairs, strict=True):
        if len(pair) != 2:
            raise PeriodProblem(_("“%s” is not a period such as 9:00–17:00.") % part)
    return periods(*((opens, closes) for opens, closes in pairs))


def stored_periods(pairs: Any) -> Periods:
    """Periods as documents keep them, [["09:00", "17:00"]]; raises PeriodProblem."""
    if not isinstance(pairs, Sequence) or isinstance(pairs, str):
        raise PeriodProblem(_("Periods are a list of pairs such as 9:00 and 17:00."))
    if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in pairs):
        raise PeriodProblem(_("Periods are a list of pairs such as 9:00 and 17:00."))
    return periods(*((str(opens), str(closes)) for opens, closes in pairs))


def checked(given: Iterable[Period]) -> Periods:
    """The periods in order. Raises PeriodProblem if one ends before it begins, or two overlap."""
    found = tuple(sorted(given))
    for period in found:
        if not 0 <= period.opens < period.closes <= DAY:
            raise PeriodProblem(_("%s ends before it begins, or outside of the day.") % _told(period))
    for earlier, later in pairwise(found):
        if later.opens < earlier.closes:
            parts = {"earlier": _told(earlier), "later": _told(later)}
            raise PeriodProblem(_("%(earlier)s and %(later)s overlap.") % parts)
    return found


def written(given: Periods) -> str:
    """The periods as people read and may type them; an empty text for a closed day."""
    return ", ".join(_told(period) for period in given)


def as_pairs(given: Periods) -> list[list[str]]:
    """The periods as documents keep them."""
    return [[_clock(period.opens), _clock(period.closes)] for period in given]


def _minutes(text: str) -> int:
    found = CLOCK.fullmatch(text.strip())
    hours, minutes = (int(found[1]), int(found[2] or 0)) if found else (24, 1)
    if minutes > 59 or hours * 60 + minutes > DAY:
        raise PeriodProblem(_("“%s” is not a time from 0:00 to 24:00.") % text.strip())
    return hours * 60 + minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _told(period: Period) -> str:
    return f"{_clock(period.opens)}–{_clock(period.closes)}"
