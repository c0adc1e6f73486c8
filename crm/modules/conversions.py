"""Which type a field's type may become, and how each value is carried over without losing anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.fields.time import store_moment
from crm.modules.problems import ModuleProblem
from crm.modules.registry import FieldInfo


def plain(value: Any, info: FieldInfo) -> str:
    """A value as text that reads the same in every language: labels, ISO dates, digits with a point."""
    if isinstance(value, datetime):
        return f"{store_moment(value.astimezone(UTC))}+00:00"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(plain(one, info) for one in value)
    if value in info.choices:
        return info.choices[value].source_label
    return str(info.type.dump(value, info))


@dataclass(frozen=True)
class Carried:
    """A value on its way from one type to another."""

    value: Any
    before: FieldInfo
    after: FieldInfo

    @property
    def text(self) -> str:
        """What it was, as plain text."""
        return plain(self.value, self.before)

    def text_of(self, new: Any) -> str:
        """What it becomes, as plain text."""
        return plain(new, self.after)


class Conversion:
    """Carries values of one type over to another: by their text, which stays the same."""

    def raw(self, carried: Carried) -> Any:
        """What the new type is to clean."""
        return carried.text

    def faithful(self, carried: Carried, new: Any) -> bool:
        """Whether nothing was lost."""
        return carried.text.casefold() == carried.text_of(new).casefold()


class Numbers(Conversion):
    """Between numbers: the same number."""

    def raw(self, carried: Carried) -> Any:
        return carried.value

    def faithful(self, carried: Carried, new: Any) -> bool:
        return Decimal(carried.value) == Decimal(new)


class NumberFromText(Conversion):
    """Text to a number: all of the text is the number, but for zeros at its end."""

    def faithful(self, carried: Carried, new: Any) -> bool:
        return carried.text_of(new).startswith(carried.text) and Decimal(carried.text) == Decimal(new)


class Rewritten(Conversion):
    """Text to a type that writes it in its own way, such as a phone number."""

    def faithful(self, carried: Carried, new: Any) -> bool:
        return bool(new) == bool(carried.value)


class SameChoice(Conversion):
    """A picklist to a multi-picklist: the same key, in a list."""

    def raw(self, carried: Carried) -> Any:
        return [carried.value]

    def faithful(self, carried: Carried, new: Any) -> bool:
        return bool(new == [carried.value])


CONVERSIONS: dict[tuple[str, str], Conversion] = {}


def allow(sources: Iterable[str], targets: Iterable[str], conversion: Conversion) -> None:
    """Lets fields of each source type become each target type."""
    targets = tuple(targets)
    CONVERSIONS.update({(source, target): conversion for source in sources for target in targets})


TEXTS = ("text", "long_text")
NUMBERS = ("integer", "decimal", "percent")
KINDS_OF_TEXT = ("email", "phone", "url", *TEXTS)
ANYTHING = (*NUMBERS, "money", "date", "datetime", "boolean", "picklist", "multi_picklist")

allow((*ANYTHING, *KINDS_OF_TEXT), TEXTS, Conversion())
allow(TEXTS, ("date", "datetime", "picklist", "multi_picklist", "email"), Conversion())
allow(TEXTS, ("phone", "url"), Rewritten())
allow(TEXTS, NUMBERS, NumberFromText())
allow(NUMBERS, NUMBERS, Numbers())
allow(("picklist",), ("multi_picklist",), SameChoice())
# The same type with other options: a longer text, more digits after the point.
for _kind in ("email", "phone", "url"):
    allow((_kind,), (_kind,), Conversion())


def conversion_for(before: FieldInfo, kind: str) -> Conversion:
    """How values get from a field's type to another; raises ModuleProblem with what is possible instead."""
    found = CONVERSIONS.get((before.type.key, kind))
    if found is None:
        possible = sorted(target for source, target in CONVERSIONS if source == before.type.key)
        message = _("A field of the type %(from)s can't become %(to)s. Possible are: %(possible)s.")
        told = {"from": before.type.key, "to": kind, "possible": ", ".join(possible) or _("none")}
        raise ModuleProblem(message % told, "type")
    return found


def converted(conversion: Conversion, value: Any, before: FieldInfo, after: FieldInfo) -> Any:
    """The value as the new type has it; raises ValueProblem if it does not fit or something would be lost."""
    carried = Carried(value, before, after)
    new = after.type.clean(conversion.raw(carried), after)
    if not conversion.faithful(carried, new):
        raise ValueProblem(_("“%s” would be changed.") % carried.text[:80])
    return new
