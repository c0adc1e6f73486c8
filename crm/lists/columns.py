"""Which fields a list can show, and which ones it does as long as nobody chose others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria import virtual_fields
from crm.fields.choices import Picklist
from crm.lists.problems import ListProblem
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.showing import NUMBERS, told_fields
from crm.visibility import readable
from crm.visibility.columns import can_be_sorted

USUAL = 6
MOST = 30
PREFERRED = {
    "leads": ("name", "company", "status", "rating", "phone", "owner"),
    "accounts": ("name", "type", "industry", "city", "phone", "owner"),
    "contacts": ("name", "account", "title", "email", "phone", "owner"),
    "deals": ("name", "account", "stage", "amount", "close_date", "owner"),
    "products": ("name", "code", "category", "price", "tax", "on_sale"),
    "quotes": ("name", "number", "account", "status", "total", "owner"),
    "invoices": ("name", "number", "account", "status", "total", "due_date"),
    "campaigns": ("name", "type", "status", "start_date", "budget", "owner"),
    "cases": ("name", "number", "account", "status", "priority", "owner"),
    "tasks": ("name", "status", "priority", "due_date", "related", "owner"),
}
TOO_LONG = frozenset({"long_text", "lines", "multi_picklist", "tags"})
WIDTHS = {
    "integer": 7, "decimal": 8, "money": 11, "percent": 7, "date": 9, "datetime": 9, "boolean": 6,
    "phone": 10, "email": 12, "number": 7, "currency": 6, "user": 11, "long_text": 16, "tags": 12,
    "multi_picklist": 12, "lines": 16,
}  # fmt: skip
USUAL_WIDTH = 11
NAME_WIDTH = 16


Load = Callable[[ModuleInfo, Collection[int]], Mapping[int, Any]]


@dataclass(frozen=True)
class ListColumn:
    """A field as a column of a list; `load` gives the values of one that records have not in themselves."""

    info: FieldInfo
    load: Load | None = None

    @property
    def virtual(self) -> bool:
        """Whether the record itself does not have the value."""
        return self.load is not None

    @property
    def key(self) -> str:
        """The field's key."""
        return self.info.key

    @property
    def label(self) -> str:
        """The heading."""
        return self.info.label

    @property
    def is_number(self) -> bool:
        """Whether it is set at the right."""
        return self.info.type.key in NUMBERS

    @property
    def sortable(self) -> bool:
        """Whether a click on the heading sorts."""
        return not self.virtual and self.info.sorted and can_be_sorted(self.info)

    @property
    def width(self) -> int:
        """How much room it asks for, in rem: a value of a picklist is never cut."""
        if self.key == "name":
            return NAME_WIDTH
        if isinstance(self.info.type, Picklist):
            longest = max((len(choice.label) for choice in self.info.choices.values()), default=0)
            return min(max(longest // 2 + 3, 7), 16)
        return WIDTHS.get(self.info.type.key, USUAL_WIDTH)


Columns = tuple[ListColumn, ...]


def offered(user: User, module: ModuleInfo) -> dict[str, ListColumn]:
    """Every column that the person may choose, by key: readable fields, then virtual ones."""
    allowed = readable(user, module)
    found = {info.key: ListColumn(info) for info in told_fields(module) if info.key in allowed}
    for virtual in virtual_fields(module):
        found.setdefault(virtual.key, ListColumn(virtual.info(module), virtual.load))
    return found


def usual_keys(user: User, module: ModuleInfo) -> tuple[str, ...]:
    """The columns as long as nobody chose others: the name and a few that tell most."""
    allowed = readable(user, module)
    keys = PREFERRED.get(module.key) or _by_layout(module)
    return tuple(key for key in keys if key in module.fields and key in allowed)


def _by_layout(module: ModuleInfo) -> list[str]:
    """The name, then what can be sorted, picklists first, then as in the form; the owner last."""
    last = ("name", "owner", "currency")
    fields = [info for info in module.fields.values() if _fits(info) and info.key not in last]
    fields.sort(key=lambda info: (not info.sorted, info.type.family != "choice"))
    return ["name", *(info.key for info in fields[: USUAL - 2]), "owner"]


def _fits(info: FieldInfo) -> bool:
    return info.section != "system" and info.type.key not in TOO_LONG and "base_of" not in info.options


def named(user: User, module: ModuleInfo, keys: Iterable[str]) -> Columns:
    """The columns with these keys, without doubles, the name first; raises ListProblem for others."""
    known = offered(user, module)
    wanted = list(dict.fromkeys(keys))
    unknown = [key for key in wanted if key not in known]
    if unknown:
        raise ListProblem(_("There is no column “%s” here, or you may not read it.") % unknown[0][:60])
    if len(wanted) > MOST:
        raise ListProblem(_("A list has at most %s columns.") % MOST)
    return tuple(known[key] for key in with_name(wanted, known))


def with_name(keys: Iterable[str], known: Mapping[str, ListColumn]) -> list[str]:
    """The keys with the name in front: it is the link to the record."""
    rest = [key for key in keys if key != "name"]
    return ["name", *rest] if "name" in known else rest


def left_out(user: User, module: ModuleInfo, keys: Iterable[str]) -> Iterator[str]:
    """In words, what of a saved view's columns can't be shown. The label of a hidden field is not told."""
    known = offered(user, module)
    missing = [key for key in keys if key not in known]
    hidden = sum(key in module.fields for key in missing)
    for key in missing:
        if key not in module.fields:
            yield _("The column “%s” is left out: there is no such field any more.") % key
    if hidden:
        yield _("A column of this view is left out, since your profile does not show that field.")


def showing(module: ModuleInfo, columns: Columns) -> ModuleInfo:
    """The module with its virtual columns as fields, so that their values are shown like any other."""
    virtual = {column.key: column.info for column in columns if column.virtual}
    return replace(module, fields={**module.fields, **virtual}) if virtual else module
