"""Field types whose values are numbers: at most 15 digits, so that SQL and Python agree on every one."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.fields.base import FieldType, ValueProblem, register_field_type
from crm.modules.registry import FieldInfo

DIGITS = 15


def babel_locale() -> str:
    """The active language as babel names it."""
    return {"zh-hans": "zh_Hans"}.get(get_language() or "en", get_language() or "en").replace("-", "_")


def to_decimal(raw: Any) -> Decimal:
    """A number from text such as 1234.5 or from a Python number; raises ValueProblem."""
    try:
        number = raw if type(raw) is Decimal else Decimal(str(raw).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(raw, bool) or not number.is_finite():
        raise ValueProblem(_("Enter a number, such as 1234.5."))
    return number


@register_field_type
class Integer(FieldType):
    """A whole number."""

    key = "integer"
    label = _("Whole number")
    family = "number"

    def clean(self, raw: Any, field: FieldInfo) -> int | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        number = to_decimal(raw)
        if number != number.to_integral_value():
            raise ValueProblem(_("Enter a whole number."))
        if abs(number) >= 10**DIGITS:
            raise ValueProblem(_("Numbers have at most 15 digits."), "too_long")
        return int(number)

    def show(self, value: Any, field: FieldInfo) -> str:
        return "" if value is None else format_decimal(value, locale=babel_locale())


@cache
def _bounds(scale: int) -> tuple[Decimal, Decimal]:
    """The smallest step of a number with that scale, and the first number with too many digits."""
    return Decimal(1).scaleb(-scale), Decimal(10) ** (DIGITS - scale)


@register_field_type
class DecimalNumber(FieldType):
    """A decimal number, rounded half up to the field's scale."""

    key = "decimal"
    label = _("Decimal")
    family = "number"

    def scale(self, field: FieldInfo) -> int:
        """Digits after the point."""
        return int(field.options.get("scale", 2))

    def clean(self, raw: Any, field: FieldInfo) -> Decimal | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        number = to_decimal(raw)
        if number.adjusted() > DIGITS:
            raise ValueProblem(_("Numbers have at most 15 digits."), "too_long")
        scale = self.scale(field)
        step, limit = _bounds(scale)
        rounded = number.quantize(step, ROUND_HALF_UP)
        if abs(rounded) >= limit:
            raise ValueProblem(_("Numbers have at most 15 digits."), "too_long")
        return rounded + 0  # no negative zero

    def store(self, value: Any, field: FieldInfo) -> int:
        return int(Decimal(value).scaleb(self.scale(field)))

    def load(self, stored: Any, field: FieldInfo) -> Decimal:
        return Decimal(stored).scaleb(-self.scale(field))

    def dump(self, value: Any, field: FieldInfo) -> str:
        return f"{value:f}"

    def parse(self, dumped: Any, field: FieldInfo) -> Decimal:
        return Decimal(dumped)

    def show(self, value: Any, field: FieldInfo) -> str:
        if value is None:
            return ""
        pattern = "#,##0." + "0" * self.scale(field) if self.scale(field) else "#,##0"
        return format_decimal(value, format=pattern, locale=babel_locale())


@register_field_type
class Money(DecimalNumber):
    """An amount in the record's currency."""

    key = "money"
    label = _("Money")


@register_field_type
class Percent(DecimalNumber):
    """A percentage; 15 means 15 %."""

    key = "percent"
    label = _("Percent")

    def clean(self, raw: Any, field: FieldInfo) -> Decimal | None:
        if isinstance(raw, str):
            raw = raw.strip().removesuffix("%").strip()
        return super().clean(raw, field)

    def show(self, value: Any, field: FieldInfo) -> str:
        return "" if value is None else f"{format_decimal(value, locale=babel_locale())} %"
