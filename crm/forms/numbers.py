"""Numbers as the person writes them: 1,234.5 in English, 1.234,5 in German, 1 234,5 in Polish.

Forms only; files and programs have their own way. What could mean two things is refused, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.fields.numbers import babel_locale

EXAMPLE = Decimal("1234.5")
MARKS = (".", ",")
LONGEST = 60


def write_number(number: Decimal | int | str) -> str:
    """A number for a field that is typed in: in the person's language, without marks between thousands."""
    text = (
        number if isinstance(number, str) else f"{number:f}" if isinstance(number, Decimal) else str(number)
    )
    return text.replace(".", _marks()[0])


def show_number(text: str) -> str:
    """A plain number as people read it, with marks between thousands."""
    return format_decimal(Decimal(text), format="#,##0.##########", locale=babel_locale())


def read_number(typed: str) -> str:
    """What the person typed as plain digits with a point; "" for nothing; raises ValueProblem."""
    text = _folded(typed)
    if not text:
        return ""
    point, group = _marks()
    plain = _plain(text, point, group)
    if plain is not None:
        return plain
    others = {mark for mark in MARKS if mark != point}
    meant = next((found for mark in others if (found := _plain(text, mark, point)) is not None), None)
    if meant is None:
        raise ValueProblem(_("Enter a number, such as %s.") % write_number(EXAMPLE))
    told = {"typed": typed.strip()[:LONGEST], "meant": show_number(meant)}
    raise ValueProblem(
        _("“%(typed)s” is not how numbers are written in your language: did you mean %(meant)s?") % told,
        "separator",
    )


def _marks() -> tuple[str, str]:
    """The marks before decimals and between thousands, folded as what is typed is."""
    locale = babel_locale()
    return get_decimal_symbol(locale), unicodedata.normalize("NFKC", get_group_symbol(locale))


def _folded(typed: str) -> str:
    """Without what looks different and means the same: wide digits, narrow spaces, long minus signs."""
    return unicodedata.normalize("NFKC", typed).replace("−", "-").strip()


def _plain(text: str, point: str, group: str) -> str | None:
    """The number with these marks as plain text, or None; thousands have all their marks or none."""
    dot, mark = re.escape(point), re.escape(group)
    found = re.fullmatch(rf"([+-]?)(\d{{1,3}}(?:{mark}\d{{3}})+|\d*)(?:{dot}(\d*))?", text, re.ASCII)
    if found is None or not (found[2] or found[3]):
        return None
    whole = found[2].replace(group, "") or "0"
    return f"{found[1]}{whole}.{found[3]}" if found[3] else f"{found[1]}{whole}"
