"""Quick search: the records in whose searched fields all typed words occur."""

from __future__ import annotations

from django.db.models import Q

from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.search.conditions import Search, Searched
from crm.search.probing import few_ids
from crm.search.query import clean_query, parse_query
from crm.visibility.sql import Named

__all__ = ["clean_query", "search_condition"]


def search_condition(user: User, module: ModuleInfo, text: str) -> Q | None:
    """The condition for a search; None without a text. Hidden fields are not looked at.

    Where few records match, whoever may see them, they are named: one statement here spares every later one
    the search. The caller asks who may see them.
    """
    if not clean_query(text):
        return None
    search = Search(user, module, parse_query(text))
    if not search:
        return Q(pk__in=())
    ids = few_ids(search)
    return Q(Searched(search)) if ids is None else Q(Named(ids))
