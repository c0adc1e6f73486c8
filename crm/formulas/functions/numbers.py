"""Numbers: decimals without rounding on the way, and the one form in which results leave a formula.

Sums, differences and products are exact. A quotient has 20 digits after the point, and what comes behind
them is cut off, not rounded: so rounding it later is right, also where it lies just beside a half.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal

from django.utils.translation import gettext as _

from crm.formulas.base import NUMBER
from crm.formulas.functions.base import (
    Checked,
    Function,
    Parts,
    alike,
    count,
    function,
    listed,
    need,
    operator,
    takes,
    template,
    whole_literal,
    within,
)
from crm.formulas.tree import Value

# No formula reaches the limit: each of its at most 2,000 characters adds fewer than 25 digits.
EXACT = Context(prec=50_000, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999)
PLACES = 20  # of a quotient
UNIT = Decimal(10) ** PLACES
SHOWN, DIGITS = 10, 15  # of a result: digits after the point, and all together
LIMIT = Decimal(10) ** DIGITS
STEPS = tuple(Decimal(1).scaleb(-places) for places in range(SHOWN + 1))
PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")


def quotient(left: Decimal, right: Decimal) -> Decimal | None:
    """The quotient, cut off after 20 digits; None for a division by zero."""
    if not right:
        return None
    whole = EXACT.divide_int(EXACT.multiply(left, UNIT), right)
    return EXACT.plus(whole.scaleb(-PLACES, EXACT))


def rounded(number: Decimal, places: Decimal | int = 0) -> Decimal:
    """Half up, away from zero, as shops round."""
    return EXACT.plus(number.quantize(STEPS[int(places)], context=EXACT))


def stored(number: Decimal | None) -> Decimal | None:
    """A number as a result: rounded to 10 digits after the point and 15 in all; None if it is larger."""
    if number is None or abs(number) >= LIMIT:
        return None
    places = min(SHOWN, DIGITS - max(1, number.adjusted() + 1))
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        number = rounded(number, places)
    return EXACT.plus(number) if abs(number) < LIMIT else None


def stored_sql(sql: str) -> str:
    """`stored` on PostgreSQL."""
    inside = within(sql, "-1e15", "1e15")
    number = "round(t.v, LEAST(10, 15 - length(trunc(abs(t.v))::text)))"
    return f"(SELECT NULLIF(NULLIF({number}, 1e15), -1e15) FROM (SELECT {inside} AS v OFFSET 0) t)"


def to_text(number: Decimal) -> str:
    """With at most 10 digits after the point, without zeros at the end."""
    return f"{EXACT.normalize(rounded(number, SHOWN)):f}"


def to_number(text: str) -> Decimal | None:
    """The number that a text such as "-12.5" is; None for every other text."""
    found = PLAIN.fullmatch(text.strip(" "))
    return EXACT.plus(Decimal(found.group())) if found else None


def _rounding(parts: Parts) -> Checked:
    """A number, and so many digits after the point."""
    count(parts, 1, 2)
    places = whole_literal(parts[1], SHOWN, 1) if len(parts) == 2 else Value(Decimal(0), NUMBER)
    return (need(parts[0], "number", 0), places), NUMBER


def joined(words: Sequence[str]) -> str:
    return ", ".join(words)


two = takes("number", "number", gives=NUMBER)
one = takes("number", gives=NUMBER)

operator(
    Function("+", two, EXACT.add, template("({0} + {1})"), " + ".join),
    Function("-", two, EXACT.subtract, template("({0} - {1})"), " − ".join),
    Function("*", two, EXACT.multiply, template("({0} * {1})"), " × ".join),
    Function("/", two, quotient, template("(div({0} * 1e20, NULLIF({1}, 0)) * 1e-20)"), " ÷ ".join),
    Function("negative", one, EXACT.minus, template("(- {0})"), lambda words: f"−{words[0]}"),
)
function(
    Function(
        "min", alike(2, "number|date|datetime"),
        lambda *parts: min((part for part in parts if part is not None), default=None),
        listed("LEAST({0})"), lambda words: _("the least of (%s)") % joined(words), lenient=True,
    ),
    Function(
        "max", alike(2, "number|date|datetime"),
        lambda *parts: max((part for part in parts if part is not None), default=None),
        listed("GREATEST({0})"), lambda words: _("the greatest of (%s)") % joined(words), lenient=True,
    ),
    Function(
        "round", _rounding, rounded, template("ROUND({0}, {1}::int)"),
        lambda words: _("%(number)s rounded to %(places)s digits after the point")
        % {"number": words[0], "places": words[1]},
    ),
    Function(
        "floor", one, lambda number: EXACT.plus(number.to_integral_value(ROUND_FLOOR, EXACT)),
        template("FLOOR({0})"), lambda words: _("%s rounded down") % words[0],
    ),
    Function(
        "ceil", one, lambda number: EXACT.plus(number.to_integral_value(ROUND_CEILING, EXACT)),
        template("CEIL({0})"), lambda words: _("%s rounded up") % words[0],
    ),
    Function(
        "abs", one, EXACT.abs, template("ABS({0})"), lambda words: _("%s without its sign") % words[0]
    ),
    Function(
        "number", takes("text", gives=NUMBER), to_number,
        template(
            r"substring(btrim({0}, ' ') from "
            r"'^-?[0123456789]{{1,15}}(?:[.][0123456789]{{1,10}})?$')::numeric"
        ),
        lambda words: _("the number in %s") % words[0],
    ),
)  # fmt: skip
TEXT_OF_NUMBER = template("trim_scale(ROUND({0}, 10))::text")
