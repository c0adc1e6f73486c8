"""Values that criteria are written with, one kind per family: read from JSON, checked, written, shown."""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.names import person_email, person_id, shown
from crm.criteria.sources import scale_of
from crm.fields import FIELD_TYPES, FieldType, ValueProblem
from crm.fields.links import to_id
from crm.fields.numbers import Percent, babel_locale, to_decimal
from crm.fields.text import clean_text
from crm.modules.registry import FieldInfo

LONGEST_TEXT = 1000


class Literal:
    """How a value of a family stands in criteria. `parse` raises ValueProblem or SideProblem."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        """The value, never None, that this JSON means."""
        return field.type.clean(raw, field)

    def dump(self, value: Any, field: FieldInfo) -> Any:
        """The value as JSON, in the one form that documents keep."""
        return field.type.dump(value, field)

    def show(self, value: Any, field: FieldInfo) -> str:
        """The value for people, within a sentence."""
        return field.type.show(value, field)


class TextLiteral(Literal):
    """Any text, whatever the field's own format: one may look for a part of an address."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if isinstance(raw, bool) or not isinstance(raw, str | int):
            raise SideProblem(_("Enter a text."))
        return clean_text(raw, LONGEST_TEXT, one_line=False)

    def show(self, value: Any, field: FieldInfo) -> str:
        return f"“{value}”"


class NumberLiteral(Literal):
    """A number with no more digits after the point than the field has: rounding would change the meaning."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise SideProblem(_("Enter a number."))
        value = field.type.clean(raw, field)
        if value is not None and value != to_decimal(str(raw).strip().removesuffix("%")):
            raise SideProblem(
                _("At most %(scale)s digits after the point are allowed.") % {"scale": scale_of(field)}
            )
        return value

    def show(self, value: Any, field: FieldInfo) -> str:
        if value != int(value):
            return field.type.show(value, field)
        sign = " %" if isinstance(field.type, Percent) else ""
        return format_decimal(int(value), locale=babel_locale()) + sign


class BooleanLiteral(Literal):
    """True or false."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if not isinstance(raw, bool):
            raise SideProblem(_("Choose yes or no."))
        return raw

    def show(self, value: Any, field: FieldInfo) -> str:
        return _("yes") if value else _("no")


class ChoiceLiteral(Literal):
    """A picklist value's key; one that is no longer offered is still known."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if not isinstance(raw, str) or not raw.strip():
            raise SideProblem(_("Choose one of the values."))
        if not field.choices and field.type.key not in ("picklist", "multi_picklist"):
            return self.free(raw, field)
        if raw not in field.choices:
            allowed = ", ".join(choice.label for choice in field.choices.values() if choice.active)
            raise SideProblem(
                _("“%(value)s” is not one of the values: %(allowed)s.")
                % {"value": raw[:80], "allowed": allowed[:400]}
            )
        return raw

    def free(self, raw: str, field: FieldInfo) -> Any:
        """A value of a field without a list, such as a currency."""
        return field.type.clean(raw, field)

    def dump(self, value: Any, field: FieldInfo) -> Any:
        return value


class ItemLiteral(ChoiceLiteral):
    """One of the items of a multi-picklist or of the tags."""

    def free(self, raw: str, field: FieldInfo) -> Any:
        return clean_text(raw, 60)

    def show(self, value: Any, field: FieldInfo) -> str:
        return field.type.show([value], field)


class DateLiteral(Literal):
    """A date as YYYY-MM-DD."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if not isinstance(raw, str):
            raise SideProblem(_("Enter a date that exists, as YYYY-MM-DD."))
        return FIELD_TYPES["date"].clean(raw, field)


class MomentLiteral(Literal):
    """A date, which means that day in the time zone, or a moment: in UTC, or with its offset."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if isinstance(raw, str) and len(raw.strip()) == 10:
            return FIELD_TYPES["date"].clean(raw, field)
        try:
            moment = datetime.fromisoformat(raw.strip())
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return aware.astimezone(UTC).replace(microsecond=0)
        except (AttributeError, ValueError, OverflowError):
            raise SideProblem(
                _("Enter a date as YYYY-MM-DD, or a moment in UTC as YYYY-MM-DD HH:MM:SS.")
            ) from None

    def dump(self, value: Any, field: FieldInfo) -> Any:
        return self._kind(value).dump(value, field)

    def show(self, value: Any, field: FieldInfo) -> str:
        return self._kind(value).show(value, field)

    def _kind(self, value: date) -> FieldType:
        return FIELD_TYPES["datetime" if isinstance(value, datetime) else "date"]


class PersonLiteral(Literal):
    """A person by id or e-mail address; documents keep the address."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if isinstance(raw, str) and "@" in raw:
            found = person_id(raw)
            if found is None:
                raise SideProblem(_("There is no person with the address %(email)s.") % {"email": raw[:254]})
            return found
        value = to_id(raw)
        if value is not None and person_email(value) is None:
            raise SideProblem(_("There is no person number %(id)s.") % {"id": value})
        return value

    def dump(self, value: Any, field: FieldInfo) -> Any:
        return person_email(value) or value

    def show(self, value: Any, field: FieldInfo) -> str:
        return shown(value, field)


class LinkLiteral(Literal):
    """A record by id."""

    def show(self, value: Any, field: FieldInfo) -> str:
        return shown(value, field)


class AnyLinkLiteral(LinkLiteral):
    """A record of any module, as a pair of module and id."""

    def parse(self, raw: Any, field: FieldInfo) -> Any:
        if not isinstance(raw, str) and not (isinstance(raw, list | tuple) and len(raw) == 2):
            raise SideProblem(_("Choose a record, as module:id."))
        return field.type.clean(raw, field)


LITERALS: Mapping[str, Literal] = {
    "text": TextLiteral(),
    "number": NumberLiteral(),
    "boolean": BooleanLiteral(),
    "choice": ChoiceLiteral(),
    "choices": ItemLiteral(),
    "date": DateLiteral(),
    "datetime": MomentLiteral(),
    "user": PersonLiteral(),
    "link": LinkLiteral(),
    "any_link": AnyLinkLiteral(),
}


def parse_literal(raw: Any, field: FieldInfo) -> Any:
    """The value that this JSON means for the field, never None; raises SideProblem."""
    if raw is None or isinstance(raw, dict):
        raise SideProblem(_("Enter a value."))
    try:
        value = LITERALS[field.type.family].parse(raw, field)
    except ValueProblem as problem:
        raise SideProblem(problem.message) from None
    if value is None:
        raise SideProblem(_("Enter a value."))
    return value
