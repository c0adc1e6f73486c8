"""Which indexes a field that is sorted, searched or unique gets, and the job that builds them.

Fields come and go while the company works, so these indexes are no migrations: their names follow from
module, field and definition, and the job makes and drops them without stopping anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from hashlib import blake2s

from django.db import DatabaseError, connection, transaction

from crm.documents.generation import configuration_changed
from crm.models import Field, IndexState
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility.columns import can_be_searched, can_be_sorted, field_value, searched_value, spelt

PREFIX = "sb_"


@dataclass(frozen=True)
class IndexKind:
    """A use of a field that an index serves."""

    key: str
    unique: bool = False
    searched: bool = False

    def wanted(self, info: FieldInfo) -> bool:
        """Whether the field asks for this index, and the database can make it."""
        raise NotImplementedError

    def columns(self, value: str) -> str:
        """What stands behind the table's name, given the field's value."""
        raise NotImplementedError


class Sorted(IndexKind):
    """Everybody's rows in order; with the owner, so that other people's rows are passed by in the index."""

    def wanted(self, info: FieldInfo) -> bool:
        return info.sorted and can_be_sorted(info)

    def columns(self, value: str) -> str:
        return f'(({value}), "id", "owner_id")' if value != '"owner_id"' else '("owner_id", "id")'


class SortedPerOwner(IndexKind):
    """One owner's rows in order."""

    def wanted(self, info: FieldInfo) -> bool:
        return info.sorted and can_be_sorted(info) and info.key != "owner"

    def columns(self, value: str) -> str:
        return f'("owner_id", ({value}), "id")'


class Found(IndexKind):
    """The field's text, whole or from its beginning."""

    def wanted(self, info: FieldInfo) -> bool:
        return info.searched and can_be_searched(info)

    def columns(self, value: str) -> str:
        return f"(({value}) text_pattern_ops)" if connection.vendor == "postgresql" else f"(({value}))"


class FoundInside(IndexKind):
    """Three letters and more anywhere in the field's text; PostgreSQL with its extension pg_trgm only."""

    def wanted(self, info: FieldInfo) -> bool:
        return info.searched and can_be_searched(info) and has_trigrams()

    def columns(self, value: str) -> str:
        return f"USING gin (({value}) gin_trgm_ops)"


class Unique(IndexKind):
    """No two records outside the bin with the same value."""

    def wanted(self, info: FieldInfo) -> bool:
        return info.unique and can_be_sorted(info)

    def columns(self, value: str) -> str:
        return f"(({value}))"


KINDS: tuple[IndexKind, ...] = (
    Sorted("sort"),
    SortedPerOwner("own"),
    Found("find", searched=True),
    FoundInside("part", searched=True),
    Unique("only", unique=True),
)


@dataclass(frozen=True)
class IndexStatements:
    """The statement that makes an index and the one that drops it."""

    create: str
    drop: str


def index_statements(
    module: ModuleInfo, info: FieldInfo, *, concurrently: bool = False
) -> dict[str, IndexStatements]:
    """The indexes that a field asks for on the database in use, by name.

    The name says module and field and follows from the definition, so that a changed one gets another
    index. `concurrently` (PostgreSQL) lets the table be written meanwhile; not inside a transaction.
    """
    table = connection.ops.quote_name(module.model._meta.db_table)
    live = '"binned_at" IS NULL' + (f" AND \"module\" = '{module.key}'" if module.custom else "")
    quietly = "CONCURRENTLY " if concurrently and connection.vendor == "postgresql" else ""
    found = {}
    for kind in KINDS:
        if not kind.wanted(info):
            continue
        value = spelt(searched_value(info) if kind.searched else field_value(info), module.model)
        definition = f"{table} {kind.columns(value)} WHERE {live}"
        digest = blake2s(f"{module.key} {definition}".encode(), digest_size=5).hexdigest()
        name = f"{PREFIX}{kind.key}_{module.key[:18]}_{info.key[:18]}_{digest}"
        unique = "UNIQUE " if kind.unique else ""
        found[name] = IndexStatements(
            f'CREATE {unique}INDEX {quietly}"{name}" ON {definition}', _drop(name, quietly)
        )
    return found


def _drop(name: str, quietly: str) -> str:
    return f'DROP INDEX {quietly}IF EXISTS "{name}"'


def build_indexes() -> dict[str, str]:
    """Makes the indexes that fields ask for and drops those that none asks for.

    Returns the new state of each field that was handled, as `module.field`. A failure (such as doubles
    under a unique index) is kept on the field and stops no other. Not for requests: on PostgreSQL tables
    stay writable meanwhile, on SQLite each index locks the database while it is made.
    """
    _install_trigrams()
    if connection.vendor == "postgresql" and connection.in_atomic_block:
        connection.check_constraints()  # a table with postponed checks takes no index
    concurrently = connection.vendor == "postgresql" and not connection.in_atomic_block
    wanted = {
        (module.key, info.key): index_statements(module, info, concurrently=concurrently)
        for module in registry().modules.values()
        for info in module.fields.values()
    }
    there = existing_indexes()
    for name in there.keys() - {name for statements in wanted.values() for name in statements}:
        _run(_drop(name, "CONCURRENTLY " if concurrently else ""))
    whole = {name for name, valid in there.items() if valid}
    states: dict[str, str] = {}
    for (module, key), (pk, state) in _states().items():
        statements = wanted.get((module, key), {})
        missing = [statements[name] for name in statements if name not in whole]
        if missing or state == IndexState.WAITING or (state != IndexState.READY and statements):
            states[f"{module}.{key}"] = _settle(pk, bool(statements), _make(missing))
    if states:  # the registry is read anew: it knows what is ready
        configuration_changed(actor=None, kind="index", key="indexes", what="edit", after=states)
    return states


def build_asked_indexes() -> dict[str, int]:
    """Does `build_indexes` if an admin's change asked for it; how many fields there are by new state."""
    if not Field.objects.filter(index_state=IndexState.WAITING).exists():
        return {}
    return dict(Counter(build_indexes().values()))


def _states() -> dict[tuple[str, str], tuple[int, str]]:
    rows = Field.objects.order_by("module__position", "position", "pk")
    found = rows.values_list("module__key", "key", "pk", "index_state")
    return {(module, key): (pk, state) for module, key, pk, state in found}


def _make(missing: Iterable[IndexStatements]) -> str:
    """Makes indexes; returns what went wrong, or an empty text."""
    try:
        for statements in missing:
            _run(statements.drop)  # one that was left half-made
            _run(statements.create)
    except DatabaseError as problem:
        return str(problem)
    return ""


def _run(statement: str) -> None:
    # CREATE INDEX CONCURRENTLY refuses to run in a transaction.
    guard = transaction.atomic() if connection.in_atomic_block else nullcontext()
    with guard, connection.cursor() as cursor:
        cursor.execute(statement)


def _settle(pk: int, built: bool, error: str) -> str:
    """Keeps on the field how it went; returns its state."""
    with transaction.atomic():
        row = Field.objects.select_for_update().get(pk=pk)
        row.ask_for_index()
        if error:
            row.index_failed(error)
        elif built:
            row.index_built()
        else:
            row.index_dropped()
        row.save(update_fields=["index_state", "index_error"])
    return str(row.index_state)


def has_trigrams() -> bool:
    """Whether text can be found by any part of it."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None


def _install_trigrams() -> None:
    if connection.vendor == "postgresql" and not has_trigrams():
        with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


EXISTING: Mapping[str, str] = {
    "postgresql": "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = current_schema() AND starts_with(c.relname, %s)",
    "sqlite": "SELECT name, 1 FROM sqlite_master WHERE type = 'index' AND substr(name, 1, 3) = %s",
}


def existing_indexes() -> dict[str, bool]:
    """The names of the indexes that this module made, and whether they are whole."""
    with connection.cursor() as cursor:
        cursor.execute(EXISTING[connection.vendor], [PREFIX])
        return {name: bool(valid) for name, valid in cursor.fetchall()}
