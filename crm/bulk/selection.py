"""The records that a bulk action is about: those that were ticked, or everything that a list shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Q
from django.http import QueryDict

from crm.lists.filters import read_filter, where_of, write_text
from crm.models import User
from crm.modules.loading import module as module_by_key
from crm.modules.registry import ModuleInfo
from crm.visibility import Count, count, readable, visible_ids, visible_to

MOST_TICKED = 1_000


@dataclass(frozen=True)
class Selection:
    """Chosen records of one module. `ids` None means all that match, up to the id `up_to`."""

    module: ModuleInfo
    ids: tuple[int, ...] | None
    q: str = ""
    filter: Mapping[str, Any] | None = None
    up_to: int = 0

    @classmethod
    def posted(cls, module: ModuleInfo, data: QueryDict) -> Selection:
        """What a list's form says; criteria that can't be read choose nothing."""
        if data.get("everything") != "1":
            texts = (text for text in data.getlist("record") if text.isascii() and text.isdecimal())
            ids = dict.fromkeys(int(text) for text in texts if len(text) < 19)
            return cls(module, tuple(ids)[:MOST_TICKED])
        try:
            chosen = json.loads(data.get("filter") or "{}")
        except ValueError:
            return cls(module, ())
        if not isinstance(chosen, dict):
            return cls(module, ())
        last = module.rows().aggregate(last=Max("id"))["last"] or 0
        return cls(module, None, data.get("q", ""), chosen, last)

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> Selection:
        """The selection of a job's input."""
        ids = data.get("ids")
        return cls(
            module_by_key(data["module"]),
            None if ids is None else tuple(ids),
            data.get("q", ""),
            data.get("filter"),
            data.get("up_to", 0),
        )

    def data(self) -> dict[str, Any]:
        """Plain JSON for a job's input."""
        ids = None if self.ids is None else list(self.ids)
        filter_ = None if self.filter is None else dict(self.filter)
        return {"module": self.module.key, "ids": ids, "q": self.q, "filter": filter_, "up_to": self.up_to}

    @property
    def filter_text(self) -> str:
        """The filter for a form."""
        return write_text(self.filter or {})

    def where(self, user: User) -> Q | None:
        """The condition of "all that match"; raises ListProblem."""
        return where_of(user, self.module, self.q, read_filter(user, self.module, self.filter or {}))

    def count(self, user: User) -> Count:
        """How many the person may see of them."""
        if self.ids is not None:
            return Count(len(visible_ids(user, self.module, self.ids)), True)
        return count(user, self.module, where=self.where(user))

    def following(self, user: User, after: int, size: int) -> list[int]:
        """The next ids above `after`, in order. What a change takes out of the list is behind already."""
        if self.ids is not None:
            return sorted(pk for pk in self.ids if pk > after)[:size]
        rows = visible_to(user, self.module).filter(self.where(user) or Q(), id__gt=after, id__lte=self.up_to)
        return list(rows.order_by("id").values_list("id", flat=True)[:size])

    def named(self, user: User, ids: Sequence[int]) -> dict[int, str]:
        """Names of those that the person may see and whose name they may read."""
        if not ids or "name" not in readable(user, self.module):
            return {}
        seen = visible_ids(user, self.module, ids)
        return dict(self.module.rows().filter(pk__in=seen).values_list("id", "name"))
