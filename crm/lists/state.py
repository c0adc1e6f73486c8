"""What a list shows: what the address says, on top of what the chosen view says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.criteria import Criteria
from crm.lists import columns as list_columns
from crm.lists.builtin import View
from crm.lists.columns import Columns
from crm.lists.filters import read_filter, read_text, where_of, write_text
from crm.lists.problems import ListProblem
from crm.lists.saved import Views
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.views.finding import clean_query
from crm.visibility import Cursor, Sort, readable
from crm.visibility.columns import can_be_sorted

STEPS_BACK = 8  # pages that "previous" finds again; the addresses would grow too long with more
SHAPE = ("view", "q", "filter", "sort", "columns")
NEWEST = "-id"


@dataclass(frozen=True)
class Asked:
    """What an address, or a form that carries one, says of a list; not checked yet."""

    view: str = ""
    q: str = ""
    filter: str = ""
    sort: str = ""
    columns: str = ""
    after: str = ""
    trail: tuple[str, ...] = ()

    @classmethod
    def read(cls, data: QueryDict) -> Asked:
        """Of an address or of a posted form."""
        return cls(
            view=data.get("view", "")[:20],
            q=clean_query(data.get("q", "")),
            filter=data.get("filter", ""),
            sort=data.get("sort", "")[:80],
            columns=data.get("columns", ""),
            after=data.get("after", ""),
            trail=tuple(place for place in data.get("trail", "").split("~") if place)[-STEPS_BACK:],
        )

    @property
    def shape(self) -> dict[str, str]:
        """What decides which rows there are and how they look, without the place in them."""
        return {key: value for key in SHAPE if (value := getattr(self, key))}

    @property
    def changes(self) -> bool:
        """Whether more is asked for than a view."""
        return bool(self.shape.keys() - {"view"}) or bool(self.after)

    @property
    def query(self) -> str:
        """The address of the list that was asked for."""
        return written(self.shape)


@dataclass(frozen=True)
class ListState:
    """What the list shows to this person, checked."""

    user: User
    module: ModuleInfo
    view: View
    asked: Asked
    criteria: Criteria
    sort: str
    columns: Columns
    usual: tuple[str, ...]  # the columns of the view
    usual_sort: str  # its order
    notices: tuple[str, ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys of the columns."""
        return tuple(column.key for column in self.columns)

    @cached_property
    def where(self) -> Q | None:
        """What search and filter ask of a row."""
        return where_of(self.user, self.module, self.asked.q, self.criteria)

    @property
    def order(self) -> Sort:
        """The order; page() refuses one that this person may not use."""
        return Sort.parse(self.sort)

    @property
    def after(self) -> Cursor | None:
        """Where the page begins; raises BadCursor."""
        return Cursor.decode(self.asked.after) if self.asked.after else None

    @property
    def changed(self) -> bool:
        """Whether filter, order or columns are not those of the view."""
        return bool(self._given)

    @cached_property
    def _given(self) -> dict[str, str]:
        """The parts of the address in which the list differs from the view."""
        given = {
            "filter": self._filter(self.criteria.data),
            "sort": self._sort(self.sort),
            "columns": "" if self.keys == self.usual else ",".join(self.keys),
        }
        return {key: value for key, value in given.items() if value}

    def query(self, **changes: Any) -> str:
        """The address's query with changes; what is empty or as in the view is left out."""
        values: dict[str, Any] = {"view": self.asked.view, "q": self.asked.q} | self._given | changes
        if "sort" in changes:
            values["sort"] = self._sort(changes["sort"])
        if "filter" in changes:
            values["filter"] = self._filter(changes["filter"])
        return written({key: value for key, value in values.items() if value})

    def _filter(self, data: Mapping[str, Any]) -> str:
        return "" if same_filter(data, self.view.criteria) else write_text(data)

    def _sort(self, sort: str) -> str:
        return "" if sort == self.usual_sort else sort

    def next(self, cursor: Cursor) -> str:
        """The query of the next page, which knows the way back."""
        trail = [*self.asked.trail, self.asked.after or "-"][-STEPS_BACK:]
        return self.query(after=cursor.encode(), trail="~".join(trail))

    def previous(self) -> str | None:
        """The query of the page before; None on the first one."""
        if not self.asked.after:
            return None
        trail = self.asked.trail
        before = trail[-1] if trail else "-"
        return self.query(after="" if before == "-" else before, trail="~".join(trail[:-1]))


def written(values: Mapping[str, str]) -> str:
    """A query that stays short: brackets and colons of a filter need no escape."""
    return urlencode(values, safe="{}[]:,~", quote_via=quote)


def same_filter(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both ask the same; no conditions ask nothing, in whatever way that is written."""
    conditions = [data.get("conditions") or [] for data in (one, other)]
    return conditions[0] == conditions[1] and one.get("pattern") == other.get("pattern")


def read_state(user: User, module: ModuleInfo, asked: Asked, views: Views) -> ListState:
    """The state that was asked for; raises ListProblem.

    What an address names must be there. What a saved view names may be gone or hidden since: columns and
    order are then left out with a notice, but never its filter, since without it more rows would be shown.
    """
    view = views.view(asked.view)
    notices: list[str] = []
    usual = _view_columns(user, module, view, notices)
    columns, usual_sort = usual, _view_sort(user, module, view, notices)
    if asked.columns:
        columns = list_columns.named(user, module, filter(None, asked.columns.split(",")))
    return ListState(
        user=user,
        module=module,
        view=view,
        asked=asked,
        criteria=_criteria(user, module, asked, view),
        sort=asked.sort or usual_sort,
        columns=columns,
        usual=tuple(column.key for column in usual),
        usual_sort=usual_sort,
        notices=tuple(notices),
    )


def _criteria(user: User, module: ModuleInfo, asked: Asked, view: View) -> Criteria:
    if asked.filter:
        return read_filter(user, module, read_text(asked.filter))
    try:
        return read_filter(user, module, dict(view.criteria))
    except ListProblem as problem:
        advice = _("The filter of “%(view)s” can't be used: %(why)s")
        raise ListProblem(advice % {"view": view.name, "why": problem.message}) from None


def _view_sort(user: User, module: ModuleInfo, view: View, notices: list[str]) -> str:
    if not view.sort or view.sort == NEWEST:
        return NEWEST
    info = module.fields.get(Sort.parse(view.sort).field)
    if info is None or info.key not in readable(user, module) or not (info.sorted and can_be_sorted(info)):
        notices.append(_("The order of this view is left out: it needs a field that can't be sorted by."))
        return NEWEST
    return view.sort


def _view_columns(user: User, module: ModuleInfo, view: View, notices: list[str]) -> Columns:
    known = list_columns.offered(user, module)
    notices += list_columns.left_out(user, module, view.columns)
    keys = [key for key in view.columns if key in known] or list_columns.usual_keys(user, module)
    return tuple(known[key] for key in list_columns.with_name(keys, known))
