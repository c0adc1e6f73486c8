"""Which indexes a field that is sorted, searched or unique gets, and the job that builds them.

Fields come and go while the company works, so these indexes are no migrations: their names follow from
module, field and definition, and the job makes and drops them without stopping anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from hashlib import blake2s

from django.db import DatabaseError, connection, transaction

from crm.documents.generation import configuration_changed
from crm.models import Field, IndexState
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility.columns import can_be_searched, can_be_sorted, field_value, searched_value, spelt

PREFIX = "sb_"
LOCK = 0x5B1D  # names the job among PostgreSQL's advisory locks
ASKED = (IndexState.WAITING, IndexState.BUILDING)


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
    stay writable meanwhile, on SQLite each index locks the database while it is made. If somebody else is
    at it, this does nothing.
    """
    with _only_one() as alone:
        return _build() if alone else {}


def _build() -> dict[str, str]:
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
    states: dict[str, str] = {}
    for (module, key), (pk, state) in _states().items():
        statements = wanted.get((module, key), {})
        missing = any(not there.get(name) for name in statements)
        if missing or state in ASKED or (state != IndexState.READY and statements):
            states[f"{module}.{key}"] = _make_of(pk, statements)
    if states:  # the registry is read anew: it knows what is ready
        configuration_changed(actor=None, kind="index", key="indexes", what="edit", after=states)
    return states


def indexes_are_asked() -> bool:
    """Whether an admin's change asked for indexes that are not there yet, or a job left one half-made."""
    return Field.objects.filter(index_state__in=ASKED).exists()


def build_asked_indexes() -> dict[str, int]:
    """Does `build_indexes` if an admin's change asked for it; how many fields there are by new state."""
    return dict(Counter(build_indexes().values())) if indexes_are_asked() else {}


@contextmanager
def _only_one() -> Iterator[bool]:
    """Whether this is the only job at work.

    PostgreSQL's lock belongs to the connection: it stays while the database is still busy with what a job
    asked for that was killed, and goes with the connection. On SQLite each index locks the database.
    """
    if connection.vendor != "postgresql":
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", [LOCK])
        alone = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(current_schema()))", [LOCK])


def _make_of(pk: int, statements: Mapping[str, IndexStatements]) -> str:
    """Makes what a field misses; its new state. Meanwhile an admin sees that it is being built.

    What is there is asked again: since the job began, another one may have made it.
    """
    there = existing_indexes() if statements else {}
    missing = [statements[name] for name in statements if not there.get(name)]
    if missing:
        _keep(pk, Field.index_begun)
    try:
        _make(missing)
    except DatabaseError as problem:
        error = str(problem)
        if connection.vendor == "sqlite" and "locked" in error:
            return _keep(pk)  # somebody has the database for long: the next job does it
        return _keep(pk, lambda row: row.index_failed(error))
    return _keep(pk, Field.index_built if statements else Field.index_dropped)


def _states() -> dict[tuple[str, str], tuple[int, str]]:
    rows = Field.objects.order_by("module__position", "position", "pk")
    found = rows.values_list("module__key", "key", "pk", "index_state")
    return {(module, key): (pk, state) for module, key, pk, state in found}


def _make(missing: Iterable[IndexStatements]) -> None:
    for statements in missing:
        _run(statements.drop)  # one that was left half-made
        _run(statements.create)


def _run(statement: str) -> None:
    # CREATE INDEX CONCURRENTLY refuses to run in a transaction.
    guard = transaction.atomic() if connection.in_atomic_block else nullcontext()
    with guard, connection.cursor() as cursor:
        cursor.execute(statement)


def _keep(pk: int, step: Callable[[Field], None] = lambda _row: None) -> str:
    """Keeps on the field how it goes, by default that it waits; returns its state."""
    with transaction.atomic():
        row = Field.objects.select_for_update().get(pk=pk)
        row.ask_for_index()
        step(row)
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
