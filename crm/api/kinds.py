"""How values stand in JSON, one kind per family of field types: told exactly, taken strictly.

What is told can be sent back as it is. `take` only looks at the form; the door cleans the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from crm.api.names import ApiNames
from crm.fields import ValueProblem
from crm.fields.links import Ref, to_id
from crm.fields.numbers import DIGITS, to_decimal
from crm.fields.text import clean_text
from crm.fields.time import store_moment
from crm.modules.registry import FieldInfo

LINE_KEYS = ("product", "text", "quantity", "price", "discount", "tax")
LINE_TOLD = (*LINE_KEYS, "net", "total")
LINE_NUMBERS = ("quantity", "price", "discount", "tax")


class Email(str):
    """An e-mail address that stands for a person, until somebody looks up whose it is."""

    __slots__ = ()


class Kind:
    """Plain JSON, as the field type dumps it. `form` says for people what is told and taken."""

    form: ClassVar[str] = "any JSON"

    def form_of(self, _info: FieldInfo) -> str:
        """The form of this field's values."""
        return self.form

    def tell(self, value: Any, info: FieldInfo, _names: ApiNames) -> Any:
        """A value, never None, as JSON."""
        return info.type.dump(value, info)

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        """JSON, never null, as the door takes it; raises ValueProblem."""
        return raw


class TextKind(Kind):
    """A string."""

    form = "string"

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        if not isinstance(raw, str):
            raise ValueProblem(_("Send a string."))
        return raw


class NumberKind(Kind):
    """A decimal is a string, so that no program rounds it; a whole number is a number."""

    form = 'decimal in a string, such as "1234.50"'

    def form_of(self, info: FieldInfo) -> str:
        return "integer" if info.type.key == "integer" else self.form

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise ValueProblem(_("Send a number, or a string with one."))
        return raw


class DateKind(TextKind):
    """A date."""

    form = "date, as YYYY-MM-DD"


class MomentKind(TextKind):
    """A moment in UTC; taken with any offset, and without one in the person's time zone."""

    form = "moment, as YYYY-MM-DDTHH:MM:SSZ"

    def tell(self, value: Any, _info: FieldInfo, _names: ApiNames) -> Any:
        return store_moment(value).replace(" ", "T") + "Z"


class BooleanKind(Kind):
    """True or false."""

    form = "true or false"

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        if not isinstance(raw, bool):
            raise ValueProblem(_("Send true or false."))
        return raw


class ChoiceKind(TextKind):
    """The key of a choice."""

    form = "string, the key of one of the choices"

    def form_of(self, info: FieldInfo) -> str:
        return self.form if info.choices else TextKind.form


class ChoicesKind(Kind):
    """Several keys, or tags."""

    form = "list of strings"

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        if not isinstance(raw, list) or not all(isinstance(part, str) for part in raw):
            raise ValueProblem(_("Send a list of strings."))
        return raw


class PersonKind(Kind):
    """A person."""

    form = '{"id", "name", "email"}; taken also as id or e-mail address'

    def tell(self, value: Any, _info: FieldInfo, names: ApiNames) -> Any:
        return names.person(value)

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        if isinstance(raw, str) and "@" in raw:
            return Email((clean_text(raw, 254) or "").lower())
        return _id(raw, None)


class LinkKind(Kind):
    """A record of the module that the field names."""

    form = '{"module", "id", "name"}; taken also as id'

    def tell(self, value: Any, info: FieldInfo, names: ApiNames) -> Any:
        return names.record(Ref(info.target or "", value))

    def take(self, raw: Any, info: FieldInfo) -> Any:
        return _id(raw, info.target)


class AnyLinkKind(Kind):
    """A record of any module."""

    form = '{"module", "id", "name"}; taken also as "module:id"'

    def tell(self, value: Any, _info: FieldInfo, names: ApiNames) -> Any:
        return names.record(value)

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        module, number = raw.partition(":")[::2] if isinstance(raw, str) else _parts(raw)
        if not isinstance(module, str) or not module:
            raise ValueProblem(_("Send the record's module and id."))
        return (module, _id(number, None))


class LinesKind(Kind):
    """Line items; net and total are told, and worked out anew whatever is sent."""

    form = "list of {" + ", ".join(f'"{key}"' for key in LINE_TOLD) + "}"

    def tell(self, value: Any, _info: FieldInfo, names: ApiNames) -> Any:
        return [self._line(line, names) for line in value]

    def _line(self, line: Mapping[str, Any], names: ApiNames) -> dict[str, Any]:
        product = names.record(Ref("products", line["product"])) if line["product"] else None
        return {key: line[key] for key in LINE_TOLD} | {"product": product}

    def take(self, raw: Any, _info: FieldInfo) -> Any:
        if not isinstance(raw, list) or not all(isinstance(line, dict) for line in raw):
            raise ValueProblem(_("Send a list of lines."))
        return [self._taken(line) for line in raw]

    def _taken(self, line: Mapping[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(line) - set(LINE_TOLD))
        if unknown:
            known = ", ".join(LINE_KEYS)
            message = _("A line has no “%(key)s”, but: %(known)s.")
            raise ValueProblem(message % {"key": unknown[0][:80], "known": known}, "unknown_field")
        taken = {key: line[key] for key in LINE_KEYS if line.get(key) is not None}
        if not isinstance(taken.get("text", ""), str):
            raise ValueProblem(_("Send a string."))
        for key in LINE_NUMBERS:
            if key in taken:
                taken[key] = _number(taken[key])
        if "product" in taken:
            taken["product"] = _id(taken["product"], "products")
        return taken


def _number(raw: Any) -> Any:
    """A number that lines can be computed with."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueProblem(_("Send a number, or a string with one."))
    if raw != "" and to_decimal(raw).adjusted() > DIGITS:
        raise ValueProblem(_("Numbers have at most 15 digits."), "too_long")
    return raw


def _id(raw: Any, module: str | None) -> int | None:
    """An id, alone or in an object as it is told."""
    if isinstance(raw, dict):
        named = raw.get("module", module)
        if module is not None and named != module:
            message = _("This field points at records of “%s”.")
            raise ValueProblem(message % module)
        raw = raw.get("id")
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise ValueProblem(_("Send an id, or an object with one."))
    return to_id(raw)


def _parts(raw: Any) -> tuple[Any, Any]:
    if not isinstance(raw, dict):
        raise ValueProblem(_("Send the record's module and id."))
    return raw.get("module"), raw.get("id")


PLAIN = Kind()
KINDS: dict[str, Kind] = {
    "text": TextKind(),
    "number": NumberKind(),
    "date": DateKind(),
    "datetime": MomentKind(),
    "boolean": BooleanKind(),
    "choice": ChoiceKind(),
    "choices": ChoicesKind(),
    "user": PersonKind(),
    "link": LinkKind(),
    "any_link": AnyLinkKind(),
    "lines": LinesKind(),
}


def kind_of(info: FieldInfo) -> Kind:
    """The kind of a field's values; plain JSON where a higher floor has a family of its own."""
    return KINDS.get(info.type.family, PLAIN)
