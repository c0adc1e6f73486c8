"""What a field type is: how a value of it is cleaned, stored, told and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise

if TYPE_CHECKING:
    from crm.modules.registry import FieldInfo


class ValueProblem(ValueError):  # noqa: N818 — a problem with a value, reported, not an accident
    """A value that a field does not take; the message says what is allowed."""

    def __init__(self, message: str | Promise, code: str = "invalid") -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.code = code


class FieldType:
    """A kind of value. Values in memory are plain Python; `None` is the only empty value.

    `family` says which operators of the criteria language fit: text, number, date, datetime, boolean,
    choice, choices, user, link, any_link or lines.
    """

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    family: ClassVar[str]
    custom: ClassVar[bool] = True  # an admin may make fields of this type
    empty: ClassVar[Any] = None

    def clean(self, raw: Any, field: FieldInfo) -> Any:
        """What somebody entered (text from a form or file, or a Python or JSON value) as a value.

        Raises ValueProblem with a message that says what is allowed. Whether a person or record
        exists is asked later, for the whole batch at once.
        """
        raise NotImplementedError

    def store(self, value: Any, field: FieldInfo) -> Any:
        """A value, never None, as it is kept in the JSON column of custom values."""
        return self.dump(value, field)

    def load(self, stored: Any, field: FieldInfo) -> Any:
        """The value that `store` made this of."""
        return self.parse(stored, field)

    def dump(self, value: Any, _field: FieldInfo) -> Any:
        """A value as plain JSON, exact and readable: for history, documents and the API."""
        return value

    def parse(self, dumped: Any, _field: FieldInfo) -> Any:
        """The value that `dump` made this of."""
        return dumped

    def to_columns(self, value: Any, _field: FieldInfo) -> tuple[Any, ...]:
        """What goes into the field's columns."""
        return (value,)

    def from_columns(self, columns: tuple[Any, ...], _field: FieldInfo) -> Any:
        """The value in the field's columns."""
        return columns[0]

    def show(self, value: Any, _field: FieldInfo) -> str:
        """The value for people, in the active language; an empty one is an empty text."""
        return "" if value is None else str(value)


FIELD_TYPES: dict[str, FieldType] = {}


def register_field_type(kind: type[FieldType]) -> type[FieldType]:
    """Makes a field type known under its key; used as a decorator."""
    FIELD_TYPES[kind.key] = kind()
    return kind
