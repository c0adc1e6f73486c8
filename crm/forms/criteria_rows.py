"""One condition in the editor: what was chosen and typed, and which controls fit it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.criteria import operators_for
from crm.criteria.base import SideProblem
from crm.criteria.operators import Operator, operators_of
from crm.criteria.paths import Operand
from crm.fields.links import Ref
from crm.forms.criteria_fields import Fields, path_label
from crm.forms.criteria_inputs import INPUTS, Entry, InputKind
from crm.forms.criteria_lookups import KnownNames, pointer_of
from crm.forms.criteria_values import AnyTyped, LookupValue, Wrong, value_kind
from crm.forms.kinds import Option
from crm.forms.lookups import PEOPLE, Typed

VALUE, FIELD, ME = "value", "field", "me"


@dataclass
class Row:
    """A condition; `value` is its JSON as typed. Unsettled: its controls did not fit what was chosen."""

    name: str  # the prefix of its controls
    path: str = ""
    operator_key: str = ""
    value: Any = None
    operand: Operand | None = None
    operator: Operator | None = None
    events: bool = False
    number: int | None = None  # how the pattern names it; None while no field is chosen
    unsettled: bool = False
    fresh: bool = False  # the field has just been chosen
    errors: list[str] = field(default_factory=list)
    names: KnownNames | None = None
    place: int = 0  # among the shown ones
    other_label: str = ""
    other_options: str = ""

    @property
    def mode(self) -> str:
        """Whether it is compared with a value, another field or the current user."""
        if not isinstance(self.value, dict) or not self.compares:
            return VALUE
        return ME if "current_user" in self.value else FIELD if "field" in self.value else VALUE

    @property
    def compares(self) -> bool:
        """Whether the operator takes another field, too."""
        return bool(self.operator and getattr(self.operator.input, "fields", False))

    @property
    def input(self) -> InputKind:
        """How its right side is entered."""
        return INPUTS[self.operator.input.key] if self.operator else INPUTS["none"]

    @property
    def asked(self) -> str:
        """What the controls below are for, so that the answer can be read as that."""
        return f"{self.operator_key} {self.mode} {self.path}" if self.operand else ""

    @property
    def condition(self) -> dict[str, Any]:
        """The condition as JSON, to be compiled."""
        told = {"field": self.path, "operator": self.operator_key}
        value = plain(self.value)
        return told if value is None and self.input is INPUTS["none"] else told | {"value": value}

    @property
    def parts(self) -> list[Any]:
        """The values of its right side."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def typed(self) -> list[Typed]:
        """People and records that were named and have to be found."""
        return [value for value in self.parts if isinstance(value, Typed)]

    @property
    def mistakes(self) -> list[str]:
        """What was not found, or can't be read."""
        label = self.operand.label if self.operand else ""
        wrong = (part.problem for part in self.parts if isinstance(part, Typed | Wrong))
        return [f"{label}: {problem}" for problem in wrong if problem]

    @property
    def pointers(self) -> Iterator[Any]:
        """The people and records whose names its controls show."""
        if self.operand and isinstance(value_kind(self.operand.field), LookupValue) and self.mode == VALUE:
            for value in self.parts:
                yield pointer_of(plain(value), self.operand.field)

    # What templates show

    @property
    def label(self) -> str:
        """The chosen field, with the links that lead to it."""
        return path_label(self.operand) if self.operand else self.path

    @cached_property
    def operators(self) -> list[Option]:
        """The operators that fit; one that does not is shown as it is."""
        if not self.operand:
            return [Option(self.operator_key, self.operator_key, True)] if self.operator_key else []
        offers = operators_for(self.operand.field, events=self.events and self.operand.own)
        found = [Option(offer.key, offer.label, offer.key == self.operator_key) for offer in offers]
        known = any(option.chosen for option in found)
        return found if known else [Option(self.operator_key, self.operator_key, True), *found]

    @property
    def modes(self) -> list[Option]:
        """What it can be compared with."""
        if not self.compares or not self.operand:
            return []
        labels = {VALUE: _("value"), FIELD: _("another field")}
        if self.operand.family == "user":
            labels = {VALUE: _("person"), ME: _("the current user"), FIELD: _("another field")}
        return [Option(key, label, key == self.mode) for key, label in labels.items()]

    @property
    def template(self) -> str:
        """The template of its controls."""
        return self.input.template_for(self.operand.field) if self.operand else INPUTS["none"].template

    @property
    def other(self) -> str:
        """The path of the field that it is compared with."""
        return str(self.value.get("field") or "") if isinstance(self.value, dict) else ""

    @property
    def entries(self) -> list[Entry]:
        """The controls, with the names of people and records."""
        if not self.operand:
            return []
        found = self.input.entries(self.name, self.value, self.operand.field)
        for one in found:
            if isinstance(one.kind, LookupValue):
                self._name(one)
        return found

    def _name(self, one: Entry) -> None:
        if isinstance(one.raw, Typed) and one.raw.problem:
            one.target, one.shown = one.raw.target, one.raw.name
            return
        pointer = pointer_of(plain(one.raw), one.info)
        one.target = pointer.module if isinstance(pointer, Ref) else _target(one)
        if pointer is not None and self.names:
            one.shown, one.record_id = self.names.name(pointer), self.names.number(pointer)


def _target(one: Entry) -> str:
    return PEOPLE if one.info.type.family == "user" else one.info.target or ""


def plain(value: Any) -> Any:
    """A right side as JSON: of names what was found, and nothing for what can't be read."""
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, Wrong):
        return None
    if not isinstance(value, Typed):
        return value
    if value.value and isinstance(value, AnyTyped):
        return f"{value.target}:{value.value}"
    return value.value or None


def stored_row(name: str, raw: Mapping[str, Any], fields: Fields, *, events: bool) -> Row:
    """The row of a condition's JSON."""
    path, key = raw.get("field"), raw.get("operator")
    row = Row(name, path if isinstance(path, str) else "", key if isinstance(key, str) else "", events=events)
    row.operand = _operand(fields, row.path)
    row.operator = operators_of(row.operand.family).get(row.operator_key) if row.operand else None
    row.value = raw.get("value")
    return row


def posted_row(name: str, data: QueryDict, fields: Fields, *, events: bool) -> Row:
    """The row as a form sent it; controls that were for another field or operator are read as those."""
    row = Row(name, data.get(f"{name}-field", ""), data.get(f"{name}-operator", ""), events=events)
    row.operand = _operand(fields, row.path)
    if row.operand is None:
        return row
    asked = data.get(f"{name}-asked")
    known = operators_of(row.operand.family)
    if row.operator_key not in known and asked is not None:
        row.operator_key = row.operators[1].value
        del row.operators
    row.operator = known.get(row.operator_key)
    row.fresh = asked == ""
    mode = data.get(f"{name}-mode", VALUE) if row.compares else VALUE
    _read(row, mode, asked, data, fields)
    return row


def _operand(fields: Fields, path: str) -> Operand | None:
    try:
        return fields.operand(path)
    except SideProblem:
        return None


def _read(row: Row, mode: str, asked: str | None, data: QueryDict, fields: Fields) -> None:
    """Reads the right side, by what its controls were made for."""
    assert row.operand is not None
    if mode == ME and row.operand.family == "user":
        row.value = {"current_user": True}
    elif mode == FIELD:
        row.value = {"field": data.get(f"{row.name}-other", "")}
    now = (row.input, value_kind(row.operand.field).identity(row.operand.field), mode)
    was, values = now, None
    if asked is not None:
        was, values = _seen(row.name, asked, data, fields)
    elif mode == VALUE:
        values = row.input.read(data, row.name, row.operand.field)
    row.unsettled = was != now
    if mode == VALUE:
        row.value = values if was == now else row.input.carried(_several(values) if was[1] == now[1] else [])


Shape = tuple[InputKind, str, str]
UNSEEN: Shape = (INPUTS["none"], "", "")


def _seen(name: str, asked: str, data: QueryDict, fields: Fields) -> tuple[Shape, Any]:
    """What the controls in the form were for, and what they say."""
    key, _blank, rest = asked.partition(" ")
    mode, _blank, path = rest.partition(" ")
    operand = _operand(fields, path)
    operator = operators_of(operand.family).get(key) if operand else None
    if operand is None or operator is None:
        return UNSEEN, None
    kind = INPUTS[operator.input.key]
    shape = (kind, value_kind(operand.field).identity(operand.field), mode)
    return shape, kind.read(data, name, operand.field) if mode == VALUE else None


def _several(value: Any) -> list[Any]:
    """The values that a right side consists of; none of a period."""
    if isinstance(value, list):
        return [part for part in value if part is not None]
    return [] if value is None or isinstance(value, dict) else [value]
