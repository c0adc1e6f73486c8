"""The order of a page, and the place in it where the next page begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from crm.models import Record, User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility.access import readable
from crm.visibility.columns import (
    NUMERIC_FAMILIES,
    can_be_empty,
    can_be_sorted,
    comparable,
    field_value,
    stored_value,
)
from crm.visibility.sql import raw
from crm.visibility.stretches import Behind, Beyond, Empty, Filled, Same, Stretch


class FieldRefused(Exception):  # noqa: N818 — reads as what it is
    """Sorting or filtering by this field is not for this person, or not possible."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class BadCursor(ValueError):  # noqa: N818
    """The place to go on from is not one that a page gave for this order."""


@dataclass(frozen=True)
class Sort:
    """The field to sort by, and the way; empty values come last both ways. By default, newest first."""

    field: str = "id"
    descending: bool = True

    @classmethod
    def parse(cls, text: str) -> Sort:
        """`-amount` is descending, `amount` ascending; an empty text is the default."""
        return cls(text.removeprefix("-"), text.startswith("-")) if text else cls()

    def __str__(self) -> str:
        return f"-{self.field}" if self.descending else self.field


PACK: dict[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("t", datetime.isoformat),
    date: ("y", date.isoformat),
    Decimal: ("d", str),
    str: ("s", str),
    int: ("i", int),
    bool: ("b", bool),
    type(None): ("n", lambda value: value),
}
UNPACK: dict[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "y": date.fromisoformat,
    "d": Decimal,
    "s": str,
    "i": int,
    "b": bool,
    "n": lambda value: value,
}
SALT = "crm.visibility.cursor"


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: its value in the sort field (None if empty) and its id."""

    sort: Sort
    value: Any
    id: int

    def encode(self) -> str:
        """Signed text for a link."""
        kind, pack = PACK[type(self.value)]
        return signing.dumps([str(self.sort), kind, pack(self.value), self.id], salt=SALT)

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """What `encode` made this text of; raises BadCursor."""
        try:
            sort, kind, value, record_id = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            raise BadCursor(_("The link to this page is damaged; begin at the first page.")) from None
        return cls(Sort.parse(sort), UNPACK[kind](value), record_id)


@dataclass(frozen=True)
class Order:
    """A sort that the viewer may use, as SQL."""

    sort: Sort
    model: type[Record]
    field: FieldInfo | None = None  # None: by id

    @property
    def nullable(self) -> bool:
        """Whether there can be rows without a value."""
        return self.field is not None and can_be_empty(self.field, self.model)

    @property
    def numeric(self) -> bool:
        """Whether the database keeps the sort value as a number, not as text."""
        return self.field is None or self.field.type.family in NUMERIC_FAMILIES

    def cursor(self, row: Record) -> Cursor:
        """The place of this row."""
        return Cursor(self.sort, row.pk if self.field is None else stored_value(self.field, row), row.pk)

    @property
    def key(self) -> Any:
        """What the rows are sorted by, before their id."""
        return F("id") if self.field is None else field_value(self.field)

    def value(self, after: Cursor) -> Any:
        """The cursor's value, as something that the key compares with."""
        return raw(after.id) if self.field is None else comparable(self.field, self.model, after.value)

    def stretches(self, after: Cursor | None) -> list[Stretch]:
        """The parts of the order that are left, from the cursor on."""
        if after is not None and after.sort != self.sort:
            raise BadCursor(_("The link to this page belongs to another order; begin at the first page."))
        if after is not None and after.value is None:
            return [Empty(*self._common, after_id=after.id)]
        found = [self._filled()] if after is None else self._behind(after)
        return [*found, Empty(*self._common)] if self.nullable else found

    @property
    def _common(self) -> tuple[Any, bool, bool]:
        return self.key, self.sort.descending, self.sort.field == "owner"

    def _filled(self) -> Stretch:
        return Filled(*self._common, nullable=self.nullable, numeric=self.numeric)

    def _behind(self, after: Cursor) -> list[Stretch]:
        key, _descending, by_owner = self._common
        value = self.value(after)
        # SQLite finds a pair in an index, but not where one of the two is an expression; and where the
        # owner is given as well, neither database sees that a pair behind another owner cannot be there.
        if not by_owner and (isinstance(key, F) or connection.vendor != "sqlite"):
            return [Behind(*self._common, value=value, after_id=after.id)]
        owner_id = after.value if by_owner else None
        return [
            Same(*self._common, value=value, after_id=after.id, owner_id=owner_id),
            Beyond(*self._common, value=value, owner_id=owner_id),
        ]


def order_of(user: User, module: ModuleInfo, sort: Sort) -> Order:
    """The order, if the viewer may use it; raises FieldRefused."""
    if sort.field == "id":
        return Order(sort, module.model)
    field = module.fields.get(sort.field)
    if field is None or sort.field not in readable(user, module):
        raise FieldRefused(sort.field, _("There is no field “%s” to sort by.") % sort.field)
    if not field.sorted or not can_be_sorted(field):
        advice = _("This list can't be sorted by %s: an admin has to mark the field as sorted.")
        raise FieldRefused(sort.field, advice % field.label)
    return Order(sort, module.model, field)
