"""How right sides of conditions are entered: one kind for each input that an operator asks for.

A right side is kept as the condition's JSON, with texts as they were typed and `Typed` where a person or
record was named that has still to be found.
"""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.criteria.sides import UNITS
from crm.forms.criteria_values import LookupValue, ValueKind, offered_choices, value_kind
from crm.forms.kinds import Option
from crm.forms.lookups import Typed
from crm.modules.registry import FieldInfo

UNIT_LABELS = {"days": gettext_lazy("days"), "weeks": gettext_lazy("weeks"), "months": gettext_lazy("months")}


@dataclass
class Entry:
    """One control: its name in the form, what it is for, and the value's JSON."""

    name: str
    label: str | Promise
    raw: Any
    info: FieldInfo
    kind: ValueKind
    may_be_empty: bool = False
    shown: str = ""  # the name of a person or record
    target: str = ""
    record_id: str = ""
    options: list[Option] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What the control shows."""
        return self.kind.text(self.raw, self.info)

    @property
    def lines(self) -> bool:
        """Whether the text needs more than a line."""
        return "\n" in self.text or "\r" in self.text

    @property
    def parts(self) -> dict[str, str]:
        """Day and time."""
        parts: dict[str, str] = getattr(self.kind, "parts", dict)(self.raw)
        return parts

    @property
    def candidates(self) -> Any:
        """Those of the same name, to choose from."""
        return self.raw.candidates if isinstance(self.raw, Typed) else ()


def entry(name: str, label: str | Promise, raw: Any, info: FieldInfo, *, may_be_empty: bool = False) -> Entry:
    """A control for a value of the field."""
    kind = value_kind(info)
    return Entry(name, label, raw, info, kind, may_be_empty, options=kind.options(raw, info))


class InputKind:
    """Nothing to enter."""

    template: ClassVar[str] = "crm/criteria/inputs/none.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        """The right side as JSON, as it was typed."""
        return None

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        """The controls."""
        return []

    def carried(self, values: list[Any]) -> Any:
        """What becomes of values that were entered for another operator."""
        return None

    def template_for(self, info: FieldInfo) -> str:
        """The template with the controls."""
        return self.template


class OneInput(InputKind):
    """A value."""

    template = "crm/criteria/inputs/entries.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        return value_kind(info).read(data, f"{name}-value", info)

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        return [entry(f"{name}-value", gettext_lazy("value"), raw, info)]

    def carried(self, values: list[Any]) -> Any:
        return values[0] if values else None


@dataclass(frozen=True)
class TwoInput(InputKind):
    """Two values; they may be empty where a change from or to nothing is meant."""

    parts: tuple[tuple[str, str | Promise], ...]
    may_be_empty: bool = False
    template: ClassVar[str] = "crm/criteria/inputs/entries.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        return [value_kind(info).read(data, f"{name}-{part}", info) for part, _label in self.parts]

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        values = raw if isinstance(raw, list) and len(raw) == 2 else [None, None]
        return [
            entry(f"{name}-{part}", label, value, info, may_be_empty=self.may_be_empty)
            for (part, label), value in zip(self.parts, values, strict=True)
        ]

    def carried(self, values: list[Any]) -> Any:
        return [*values, None, None][:2]


class PeriodInput(InputKind):
    """A number of days, weeks or months."""

    template = "crm/criteria/inputs/period.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        n = data.get(f"{name}-n", "").strip()
        number = int(n) if n.isascii() and n.isdecimal() and len(n) < 10 else n
        return {"n": number, "unit": data.get(f"{name}-unit", "days")}

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        given = raw if isinstance(raw, dict) else {}
        unit = given.get("unit", "days")
        options = [Option(key, str(UNIT_LABELS[key]), key == unit) for key in UNITS]
        number = given.get("n", "")
        return [
            Entry(f"{name}-n", gettext_lazy("number"), number, info, ValueKind()),
            Entry(f"{name}-unit", gettext_lazy("unit"), unit, info, ValueKind(), options=options),
        ]


class ManyInput(InputKind):
    """Several values: boxes to tick, lines of text, or people and records with a search for more."""

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        return self._kind(info).read(data, name, info)

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        values = raw if isinstance(raw, list) else [] if raw is None else [raw]
        return self._kind(info).entries(name, values, info)

    def carried(self, values: list[Any]) -> Any:
        return values

    def template_for(self, info: FieldInfo) -> str:
        return self._kind(info).template

    def _kind(self, info: FieldInfo) -> InputKind:
        if isinstance(value_kind(info), LookupValue):
            return Chosen()
        return Lines() if info.type.family == "text" or info.type.key == "tags" else Boxes()


class Boxes(InputKind):
    """Boxes to tick, one for each of the field's values."""

    template = "crm/criteria/inputs/boxes.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        return [key for key in data.getlist(f"{name}-values") if key]

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        chosen = list(dict.fromkeys(key for key in raw if isinstance(key, str)))
        options = offered_choices(chosen, info)
        return [Entry(f"{name}-values", _("values"), chosen, info, value_kind(info), options=options)]


class Lines(InputKind):
    """Texts, one a line; a control for each where one of them has several lines itself."""

    template = "crm/criteria/inputs/lines.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        lines = [
            part
            for text in data.getlist(f"{name}-lines")
            for part in text.replace("\r\n", "\n").split("\n")
            if part.strip()
        ]
        whole = [text.replace("\r\n", "\n") for text in data.getlist(f"{name}-values")]
        return [text for text in whole if text.strip()] + lines

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        texts = [str(text) for text in raw]
        if any("\n" in text or "\r" in text for text in texts):
            whole = [Entry(f"{name}-values", _("value"), text, info, ValueKind()) for text in texts]
            return [*whole, Entry(f"{name}-lines", _("further values, one a line"), "", info, ValueKind())]
        lines = "\n".join(texts)
        return [Entry(f"{name}-lines", _("values, one a line"), lines, info, ValueKind())]


class Chosen(InputKind):
    """People or records: those chosen so far, each with a box to leave it out, and a search for another."""

    template = "crm/criteria/inputs/chosen.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        kept: list[Any] = [key for key in data.getlist(f"{name}-values") if key]
        further = value_kind(info).read(data, f"{name}-value", info)
        return kept if further is None else [*kept, further]

    def entries(self, name: str, raw: Any, info: FieldInfo) -> list[Entry]:
        open_ones = [value for value in raw if isinstance(value, Typed) and value.problem]
        found = [value for value in raw if value not in open_ones]
        chosen = [Entry(f"{name}-values", "", value, info, value_kind(info)) for value in found]
        return [
            *chosen,
            entry(f"{name}-value", gettext_lazy("another"), open_ones[0] if open_ones else None, info),
        ]


INPUTS: dict[str, InputKind] = {
    "none": InputKind(),
    "value": OneInput(),
    "values": ManyInput(),
    "range": TwoInput((("low", gettext_lazy("lowest")), ("high", gettext_lazy("highest")))),
    "from_to": TwoInput((("before", gettext_lazy("before")), ("after", gettext_lazy("after"))), True),
    "period": PeriodInput(),
}
