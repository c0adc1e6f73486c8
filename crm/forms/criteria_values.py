"""How single values of conditions stand in a form, one kind per family: as text in a control, and back.

What is read is the condition's JSON with texts as they were typed; `compile_criteria` judges them.
"""

# ruff: noqa: ARG002 — one signature for all kinds
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.fields.time import store_moment
from crm.forms.kinds import Option, active_currencies, choices_of
from crm.forms.lookups import PEOPLE, Typed
from crm.forms.numbers import read_number, write_number
from crm.modules.registry import FieldInfo


class ValueKind:
    """A line of text; in several lines where the value has some."""

    template: ClassVar[str] = "crm/criteria/values/line.html"
    input_type: ClassVar[str] = "text"
    input_mode: ClassVar[str] = ""

    def text(self, raw: Any, info: FieldInfo) -> str:
        """The value as its control shows it."""
        return "" if raw is None else str(raw)

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        """The value as JSON, as it was typed; None for an empty control."""
        return data.get(name, "").replace("\r\n", "\n") or None

    def options(self, raw: Any, info: FieldInfo) -> list[Option]:
        """The choices, where there are some."""
        return []

    def identity(self, info: FieldInfo) -> str:
        """Fields with the same identity take over each other's values."""
        return info.type.family


@dataclass(frozen=True)
class Wrong:
    """A text that can't be read as a value, and why."""

    text: str
    problem: str


class NumberValue(ValueKind):
    """A number as the person writes numbers, without zeros at the end that say nothing."""

    input_mode = "decimal"

    def text(self, raw: Any, info: FieldInfo) -> str:
        if isinstance(raw, Wrong):
            return raw.text
        text = super().text(raw, info)
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return write_number(number.normalize()) if number.is_finite() else text

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        text = data.get(name, "").strip()
        try:
            return read_number(text.removesuffix("%")) or None
        except ValueProblem as problem:
            return Wrong(text, problem.message)


class DateValue(ValueKind):
    """A date."""

    input_type = "date"


class MomentValue(ValueKind):
    """A day, and a time if one is meant, in the person's time zone.

    The moment that was shown comes along in UTC: an hour that comes twice when clocks change, and what no
    clock of the zone can show, are kept unless somebody types something else.
    """

    template = "crm/criteria/values/moment.html"
    input_type = "date"

    def text(self, raw: Any, info: FieldInfo) -> str:
        return self.parts(raw)["day"]

    def parts(self, raw: Any) -> dict[str, str]:
        """Day and time as the person's clock shows them, and the moment in UTC."""
        text = "" if raw is None else str(raw).strip()
        moment = _moment(text)
        if moment is None:
            day, _blank, time = text.replace("T", " ").partition(" ")
            return {"day": day, "time": time, "utc": ""}
        try:
            shown = timezone.localtime(moment).replace(tzinfo=None)
        except OverflowError:
            shown = moment.replace(tzinfo=None)
        day, _blank, time = shown.isoformat(" ", "seconds").partition(" ")
        return {"day": day, "time": time.removesuffix(":00"), "utc": store_moment(moment)}

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        day, time = data.get(name, "").strip(), data.get(f"{name}-time", "").strip()
        utc = data.get(f"{name}-utc", "")
        seen = self.parts(utc)
        if seen["utc"] and (day, time) in ((seen["day"], seen["time"]), (seen["day"], f"{seen['time']}:00")):
            return utc
        if not day or not time:
            return day or time or None
        try:
            typed = datetime.fromisoformat(f"{day} {time}")
            return store_moment(typed if typed.tzinfo else timezone.make_aware(typed))
        except (ValueError, OverflowError):
            return f"{day} {time}"


def _moment(text: str) -> datetime | None:
    """The moment in a text; None for a day, and for what is none."""
    if len(text) <= 10:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


class BooleanValue(ValueKind):
    """Yes or no."""

    template = "crm/criteria/values/select.html"

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        return {"yes": True, "no": False}.get(data.get(name, ""))

    def options(self, raw: Any, info: FieldInfo) -> list[Option]:
        return [
            Option("", "—", raw is None),
            Option("yes", _("yes"), raw is True),
            Option("no", _("no"), raw is False),
        ]


class ChoiceValue(ValueKind):
    """One of the field's values, or of the company's currencies."""

    template = "crm/criteria/values/select.html"

    def options(self, raw: Any, info: FieldInfo) -> list[Option]:
        chosen = raw if isinstance(raw, str) else ""
        return [Option("", "—", not chosen), *offered_choices([chosen] if chosen else [], info)]

    def identity(self, info: FieldInfo) -> str:
        return f"choice {info.module}.{info.key}"


def offered_choices(chosen: list[str], info: FieldInfo) -> list[Option]:
    """The values to choose from, in their order; chosen ones stand first where their own order differs."""
    if info.type.key == "currency":
        codes = active_currencies()
        codes += [code for code in chosen if code not in codes]
        options = [Option(code, code, code in chosen) for code in codes]
    else:
        options = choices_of(info, chosen)
    if [option.value for option in options if option.chosen] == chosen:
        return options
    by_value = {option.value: option for option in options}
    first = [by_value[value] for value in dict.fromkeys(chosen)]
    return first + [option for option in options if not option.chosen]


class LookupValue(ValueKind):
    """A person or a record, looked up by name; read as what was typed, to be found for all at once."""

    template = "crm/criteria/values/lookup.html"
    typed: ClassVar[type[Typed]] = Typed

    def target(self, data: QueryDict, name: str, info: FieldInfo) -> str:
        """Where to look: a module's key, or PEOPLE."""
        return PEOPLE if info.type.family == "user" else info.target or ""

    def read(self, data: QueryDict, name: str, info: FieldInfo) -> Any:
        typed = data.get(name, "").strip()
        if not typed:
            return None
        chosen = data.get(f"{name}-pick") or data.get(f"{name}-id", "")
        return self.typed(self.target(data, name, info), typed, chosen)

    def identity(self, info: FieldInfo) -> str:
        return f"{info.type.family} {info.target or ''}"


class AnyTyped(Typed):
    """A record of a module that was chosen beside its name."""


class AnyLookupValue(LookupValue):
    """A record of a module that is chosen first."""

    typed = AnyTyped

    def target(self, data: QueryDict, name: str, info: FieldInfo) -> str:
        return data.get(f"{name}-module", "")


VALUES: dict[str, ValueKind] = {
    "text": ValueKind(),
    "number": NumberValue(),
    "date": DateValue(),
    "datetime": MomentValue(),
    "boolean": BooleanValue(),
    "choice": ChoiceValue(),
    "choices": ChoiceValue(),
    "user": LookupValue(),
    "link": LookupValue(),
    "any_link": AnyLookupValue(),
}
PLAIN = ValueKind()


def value_kind(info: FieldInfo) -> ValueKind:
    """How values of the field are entered."""
    return VALUES.get(info.type.family, PLAIN)
