"""What a search over all modules finds: the newest records of each that the person may see.

As many statements as it takes, however many modules there are: one asks the index for candidates of every
module, one which of them the person may see, and one reads what is shown of them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, TextField, Value

from crm.criteria.sources import source_of
from crm.documents.generation import held_generation
from crm.door.reading import Stored
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.search.conditions import Search, Searched
from crm.search.probing import MANY_OF_NEWEST, of_newest
from crm.search.query import Query, parse_query
from crm.search.texts import searched_fields
from crm.visibility import TooSlow, Viewer, can, readable
from crm.visibility.branches import reaches
from crm.visibility.limits import in_time
from crm.visibility.paging import newest_ids
from crm.visibility.rows import any_of, live_rows
from crm.visibility.sql import Among, Sql, compiled

SHOWN = 5
CANDIDATES = 1_000
"""So many of the newest records that match are looked at in each module, whoever may see them."""

GIVE_UP = 1.0
"""Seconds for the candidates of modules of which fields are hidden."""

PATIENCE = 0.15
"""Seconds after which no further module is searched to its end."""


@dataclass(frozen=True)
class Hit:
    """A record that was found, with what the person may read of its searched fields."""

    id: int
    name: str
    values: Sequence[tuple[FieldInfo, str]]


@dataclass
class Group:
    """What was found in a module: its number, exact or at least so many, and the newest."""

    module: ModuleInfo
    ids: list[int] = field(default_factory=list)
    exact: bool = True
    hits: list[Hit] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many were seen."""
        return len(self.ids)


def find(user: User, text: str, size: int = SHOWN) -> list[Group]:
    """The modules in which something was found, in their order, each with up to `size` hits.

    Without hits it is the numbers that are asked for.
    """
    with held_generation():
        query = parse_query(text)
        searches = {one.module.key: one for one in _searches(user, query)}
        groups = _candidates(searches)
        _keep_visible(user, groups)
        _search_to_the_end(user, searches, groups, max(size, 1))
        found = [group for group in groups if group.ids]
        if size:
            read_hits(user, found, size)
        return found


def _searches(user: User, query: Query) -> list[Search]:
    modules = sorted(registry().modules.values(), key=lambda module: module.position)
    searches = (Search(user, module, query) for module in modules if can(user, "view", module))
    return [search for search in searches if search]


def _candidates(searches: Mapping[str, Search]) -> list[Group]:
    """The newest records of each module that match, whoever may see them."""
    groups = {key: Group(search.module) for key, search in searches.items()}
    common: set[str] = set()
    if connection.vendor == "postgresql":
        for key, ids in _by_module({key: of_newest(search) for key, search in searches.items()}).items():
            if len(ids) >= MANY_OF_NEWEST:
                groups[key].ids, groups[key].exact = sorted(ids, reverse=True), False
                common.add(key)
    others = {key: search for key, search in searches.items() if key not in common}
    for key, ids in _by_index(others).items():
        groups[key].ids, groups[key].exact = sorted(ids, reverse=True)[:CANDIDATES], len(ids) <= CANDIDATES
    return list(groups.values())


def _by_index(searches: Mapping[str, Search]) -> dict[str, list[int]]:
    """What the index finds. It does not know fields: a word that a million hidden values have takes long.

    Then the modules with hidden fields are left out, so that nobody who types keeps the database busy.
    """
    open_ones = {key: search for key, search in searches.items() if search.sees_all}
    guard = nullcontext() if len(open_ones) == len(searches) else in_time(GIVE_UP)
    try:
        with guard:
            return _by_module({key: search.found(CANDIDATES + 1) for key, search in searches.items()})
    except TooSlow:
        return _by_module({key: search.found(CANDIDATES + 1) for key, search in open_ones.items()})


def _keep_visible(user: User, groups: list[Group]) -> None:
    """Leaves in each group what the person may see; one statement."""
    statements = {}
    for group in groups:
        if group.ids:
            rows = live_rows(group.module).filter(Among("id", group.ids))
            rows = rows.filter(any_of(reaches(Viewer(user, group.module)), loose=True))
            statements[group.module.key] = compiled(rows.values_list("id"))
    visible = _by_module(statements)
    for group in groups:
        group.ids = sorted(visible.get(group.module.key, ()), reverse=True)


def _search_to_the_end(user: User, searches: Mapping[str, Search], groups: list[Group], size: int) -> None:
    """Goes the other way round where many match and the person sees hardly any: through what they see."""
    start = time.monotonic()
    for group in groups:
        if group.exact or group.number >= size:
            continue
        if time.monotonic() - start > PATIENCE:
            return
        try:
            where = Q(Searched(searches[group.module.key]))
            ids = newest_ids(user, group.module, where=where, size=size + 1)
        except TooSlow:
            continue
        group.ids, group.exact = ids, len(ids) <= size


def hits_of(user: User, module: ModuleInfo, rows: Sequence[Stored]) -> list[Hit]:
    """Records that the person may see, as hits."""
    fields = _shown_fields(user, module)
    return [_hit(module, (row.id, *(row.values.get(info.key) for info in fields)), fields) for row in rows]


def read_hits(user: User, groups: Sequence[Group], size: int) -> None:
    """Reads the name and searched fields of each group's first records; one statement."""
    shown = {group.module.key: _shown_fields(user, group.module) for group in groups}
    most = max((len(fields) for fields in shown.values()), default=0)
    statements = {}
    for group in groups:
        values = [source_of(info).raw("") for info in shown[group.module.key]]
        values += [Value(None, output_field=TextField())] * (most - len(values))
        rows = group.module.rows().filter(Among("id", group.ids[:size])).order_by()
        statements[group.module.key] = compiled(rows.values_list("id", *values))
    found = _rows_by_module(statements)
    for group in groups:
        fields = shown[group.module.key]
        hits = {row[0]: _hit(group.module, row, fields) for row in found.get(group.module.key, ())}
        group.hits = [hits[pk] for pk in group.ids[:size] if pk in hits]


def _shown_fields(user: User, module: ModuleInfo) -> list[FieldInfo]:
    """The name and the searched fields, as far as the person may read them."""
    allowed = readable(user, module)
    fields = [module.fields["name"], *(info for info in searched_fields(module) if info.key != "name")]
    return [info for info in fields if info.key in allowed]


def _hit(module: ModuleInfo, row: Sequence[Any], fields: Sequence[FieldInfo]) -> Hit:
    values = [(info, str(value)) for info, value in zip(fields, row[1:], strict=False) if value is not None]
    name = next((value for info, value in values if info.key == "name"), "")
    others = [(info, value) for info, value in values if info.key != "name"]
    return Hit(row[0], name or f"{module.label} #{row[0]}", others)


def _by_module(statements: Mapping[str, Sql]) -> dict[str, list[int]]:
    """The ids that statements yield, by module; one statement, and none where there is nothing to ask."""
    return {key: [row[0] for row in rows] for key, rows in _rows_by_module(statements).items()}


def _rows_by_module(statements: Mapping[str, Sql]) -> dict[str, list[tuple[Any, ...]]]:
    if not statements:
        return {}
    keys = list(statements)
    text = " UNION ALL ".join(
        f"SELECT {place} AS place, part{place}.* FROM ({statements[key].text}) AS part{place}"
        for place, key in enumerate(keys)
    )
    params = tuple(param for key in keys for param in statements[key].params)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for place, *row in Sql(text, params).rows():
        found.setdefault(keys[place], []).append(tuple(row))
    return found
