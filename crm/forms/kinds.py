"""Kinds of controls, one class each: how a value becomes the text of a form field, and how that is read back.

A control only carries text (or a list of texts); the door cleans it. A type without a control of its
own gets a line of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.forms.numbers import read_number, write_number
from crm.models import Currency
from crm.modules.registry import FieldInfo


@dataclass(frozen=True)
class Option:
    """One choice of a select or a group of check boxes."""

    value: str
    label: str
    chosen: bool


class Kind:
    """A line of text."""

    template = "crm/controls/input.html"
    input_type: ClassVar[str] = "text"
    input_mode: ClassVar[str] = ""
    empty: ClassVar[Any] = ""

    def text(self, value: Any, _info: FieldInfo) -> Any:
        """The value as the control has it."""
        return "" if value is None else str(value)

    def read(self, data: QueryDict, name: str) -> Any:
        """What was posted, as `text` would give it; None if the control was not in the form."""
        text = data.get(name)
        return None if text is None else text.replace("\r\n", "\n")

    def given(self, text: str, _info: FieldInfo) -> Any:
        """A text in a program's notation, such as one from an address, as the control has it."""
        return text

    def plain(self, text: Any, _info: FieldInfo) -> Any:
        """The control's text in a program's notation, for the door; raises ValueProblem."""
        return text

    def options(self, _text: Any, _info: FieldInfo) -> list[Option]:
        """The choices, where there are some."""
        return []

    def attributes(self, _text: Any, _info: FieldInfo) -> dict[str, str]:
        """Further attributes of the HTML element."""
        return {}


KINDS: dict[str, Kind] = {}
PLAIN = Kind()


def control_of(*types: str) -> Any:
    """Makes a kind of control the one of these field types; used as a decorator."""

    def register(kind: type[Kind]) -> type[Kind]:
        KINDS.update(dict.fromkeys(types, kind()))
        return kind

    return register


@control_of("text")
class Line(Kind):
    """A line of text, not longer than the field."""

    def attributes(self, _text: Any, info: FieldInfo) -> dict[str, str]:
        return {"maxlength": str(info.options.get("length", 255))}


@control_of("email")
class Email(Kind):
    """An e-mail address."""

    input_type, input_mode = "email", "email"


@control_of("phone")
class Phone(Kind):
    """A phone number."""

    input_type, input_mode = "tel", "tel"


@control_of("url")
class Url(Kind):
    """A web address; not the browser's own check, which refuses one without https://."""

    input_mode = "url"


@control_of("integer", "decimal", "money")
class Number(Kind):
    """A number, as the person writes numbers."""

    input_mode = "decimal"

    def text(self, value: Any, _info: FieldInfo) -> str:
        return "" if value is None else write_number(value)

    def given(self, text: str, info: FieldInfo) -> str:
        try:
            return self.text(info.type.clean(text, info), info)
        except ValueProblem:
            return text

    def plain(self, text: str, _info: FieldInfo) -> str:
        return read_number(text)


@control_of("percent")
class Percent(Number):
    """A percentage, without zeros at the end."""

    def text(self, value: Any, _info: FieldInfo) -> str:
        return "" if value is None else write_number(value.normalize())

    def plain(self, text: str, _info: FieldInfo) -> str:
        return read_number(text.strip().removesuffix("%"))


@control_of("date")
class Day(Kind):
    """A date."""

    input_type = "date"


@control_of("datetime")
class Moment(Kind):
    """A date and time in the person's time zone; seconds only where there are some."""

    input_type = "datetime-local"

    def text(self, value: Any, _info: FieldInfo) -> str:
        if value is None:
            return ""
        local = timezone.localtime(value)
        return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")

    def attributes(self, text: Any, _info: FieldInfo) -> dict[str, str]:
        return {"step": "1"} if len(text) > 16 else {}


@control_of("long_text")
class Area(Kind):
    """Several lines of text."""

    template = "crm/controls/textarea.html"


@control_of("boolean")
class Check(Kind):
    """A switch; an empty hidden field before it tells that it was in the form."""

    template = "crm/controls/check.html"

    def text(self, value: Any, _info: FieldInfo) -> str:
        return "on" if value else ""

    def read(self, data: QueryDict, name: str) -> str | None:
        given = data.getlist(name)
        return given[-1] if given else None


@control_of("picklist")
class Select(Kind):
    """One of the field's values."""

    template = "crm/controls/select.html"

    def options(self, text: Any, info: FieldInfo) -> list[Option]:
        return [Option("", "—", not text), *choices_of(info, [text])]


def choices_of(info: FieldInfo, chosen: list[str]) -> list[Option]:
    """The active values, and chosen ones that are no longer offered."""
    found = []
    for key, choice in info.choices.items():
        if choice.active:
            found.append(Option(key, choice.label, key in chosen))
        elif key in chosen:
            found.append(Option(key, _("%s (no longer offered)") % choice.label, True))
    unknown = [Option(key, key, True) for key in chosen if key and key not in info.choices]
    return found + unknown


def active_currencies() -> list[str]:
    """The codes of the currencies that can be chosen."""
    return list(Currency.objects.filter(active=True).order_by("code").values_list("code", flat=True))


@control_of("currency")
class CurrencySelect(Select):
    """One of the company's active currencies."""

    def options(self, text: Any, _info: FieldInfo) -> list[Option]:
        codes = active_currencies()
        if text and text not in codes:
            codes.append(text)
        return [Option("", "—", not text), *(Option(code, code, code == text) for code in codes)]


@control_of("multi_picklist")
class Checks(Kind):
    """Several of the field's values."""

    template = "crm/controls/checks.html"
    empty = []

    def text(self, value: Any, _info: FieldInfo) -> list[str]:
        return list(value or [])

    def read(self, data: QueryDict, name: str) -> list[str] | None:
        return [key for key in data.getlist(name) if key] if name in data else None

    def options(self, text: Any, info: FieldInfo) -> list[Option]:
        return choices_of(info, text)


@control_of("tags")
class Tags(Kind):
    """Words with commas between them."""

    def text(self, value: Any, _info: FieldInfo) -> str:
        return ", ".join(value or [])
