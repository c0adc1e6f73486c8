"""Claims about the indexes of fields: which there are, that queries use them, and how failures are told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, Value
from django.test.utils import CaptureQueriesContext

from crm.bench.filling import FIRST_ID, RARE_COMPANY, Cast, fill_leads, make_people, refresh_statistics
from crm.criteria.sql import Infix, Like
from crm.documents.generation import held_generation
from crm.models import Field, IndexState, Module, User
from crm.modules.loading import clear_registry, module
from crm.people.remembered import forget_everything
from crm.visibility import Sort, count, page
from crm.visibility.columns import field_value
from crm.visibility.dialects import dialect
from crm.visibility.indexes import build_indexes, existing_indexes, index_statements
from crm.visibility.order import order_of
from crm.visibility.rows import live_rows
from tests.people import Company
from tests.rows import leads, make_row

ROWS = 20_000
SORTS = [
    "id",
    "-id",
    "name",
    "-name",
    "company",
    "-company",
    "status",
    "-created_at",
    "-modified_at",
    "owner",
]


@pytest.fixture(scope="module")
def filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """20,000 leads of 2,000 people, with all indexes, rolled back at the end of the file."""
    with django_db_blocker.unblock(), transaction.atomic():
        clear_registry()
        forget_everything()
        cast = make_people()
        fill_leads(cast, 1, ROWS)
        build_indexes()
        refresh_statistics()
        yield cast
        transaction.set_rollback(True)


@pytest.fixture
def cast(filled: Cast, django_db_blocker: Any) -> Iterator[Cast]:
    """The filled database, opened for one test that only reads."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield filled
        transaction.set_rollback(True)  # one that failed on PostgreSQL shall not spoil the others


PEOPLE: dict[str, Callable[[Cast], User]] = {
    "rep": lambda cast: cast.rep,
    "rep by share": lambda cast: cast.rep_by_share,
    "manager": lambda cast: cast.manager,
    "sees all": lambda cast: cast.sees_all,
    "sees none": lambda cast: cast.sees_none,
    "chief": lambda cast: cast.chief,
}
WHOLE_TABLE = {"postgresql": "Seq Scan on crm_lead ", "sqlite": "SCAN crm_lead\n"}
SORTING = {"postgresql": "Sort", "sqlite": "TEMP B-TREE FOR ORDER BY"}


def plan(query: str) -> str:
    """How the database runs a query that it ran before."""
    with connection.cursor() as cursor:
        prefix = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{prefix} {query}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall()) + "\n"


def statements(work: Callable[[], Any]) -> list[str]:
    """The statements of one request."""
    work()
    with CaptureQueriesContext(connection) as queries, held_generation():
        work()
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("person", PEOPLE)
def test_a_page_looks_at_no_whole_table_and_costs_few_statements(cast: Cast, person: str, sort: str) -> None:
    user, order = PEOPLE[person](cast), Sort.parse(sort)
    middle = order_of(user, leads(), order).cursor(leads().rows().get(pk=FIRST_ID + ROWS // 2))
    for cursor in (None, page(user, leads(), sort=order).next, middle):
        found = statements(lambda cursor=cursor: page(user, leads(), sort=order, after=cursor))
        assert len(found) <= 9
        for statement in (text for text in found if "crm_lead" in text):
            steps = plan(statement)
            assert WHOLE_TABLE[connection.vendor] not in steps, steps
            if cursor is not None:  # an index leads there; nothing before it is read
                assert "SCAN crm_lead " not in steps, steps


@pytest.mark.parametrize("sort", SORTS)
def test_who_sees_all_walks_an_index_and_sorts_nothing(cast: Cast, sort: str) -> None:
    first = next(
        text
        for text in statements(lambda: page(cast.sees_all, leads(), sort=Sort.parse(sort)))
        if "ORDER BY" in text and "crm_lead" in text
    )
    assert SORTING[connection.vendor] not in plan(first)


def effort(work: Callable[[], Any]) -> int:
    """How many hundreds of instructions SQLite's machine carries out for it."""
    work()
    counted = iter(range(10**9))
    connection.ensure_connection()
    connection.connection.set_progress_handler(lambda: next(counted) < 0, 100)
    try:
        with held_generation():
            work()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return next(counted)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts SQLite's instructions")
@pytest.mark.parametrize("sort", ["owner", "-owner"])
def test_a_list_by_owner_asks_no_more_owners_than_it_shows(
    cast: Cast, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.visibility.reach.NEAREST", 50)  # as if there were many more rows of others

    def work() -> None:
        page(cast.manager, leads(), sort=Sort.parse(sort))

    one_by_one = effort(work)
    monkeypatch.setattr(dialect(), "owner_by_owner", lambda walk, owners: None)
    assert one_by_one < effort(work) / 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts SQLite's instructions")
def test_rows_with_one_sort_key_are_not_looked_for_among_all_owners(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Sort("company", False)
    one_of_some = leads().rows().get(pk=FIRST_ID + 5)  # more of the rare company follow
    after = order_of(cast.chief, leads(), order).cursor(one_of_some)

    def work() -> None:
        page(cast.chief, leads(), sort=order, after=after)

    few = effort(work)
    monkeypatch.setattr("crm.visibility.reach._ends_soon", lambda walk: False)
    assert few < effort(work) * 0.8


def is_company(name: str) -> Q:
    return Q(Infix(field_value(leads().field("company")), "=", Value(name.lower())))


@pytest.mark.parametrize("person", PEOPLE)
def test_a_rare_filter_is_looked_up(cast: Cast, person: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.visibility.paging.FEW_ROWS", 100)
    found = statements(lambda: page(PEOPLE[person](cast), leads(), where=is_company(RARE_COMPANY)))
    assert len(found) <= 11
    for statement in (text for text in found if "crm_lead" in text):
        steps = plan(statement)
        assert WHOLE_TABLE[connection.vendor] not in steps, steps


@pytest.mark.parametrize("person", PEOPLE)
def test_a_count_costs_few_statements(cast: Cast, person: str) -> None:
    assert len(statements(lambda: count(PEOPLE[person](cast), leads()))) <= 4


@pytest.mark.postgres
def test_part_of_a_text_is_found_by_index_on_postgresql(cast: Cast) -> None:
    rows = live_rows(leads()).filter(Like(field_value(leads().field("email")), "%lead1234%"))
    assert "sb_part_leads_email" in rows.values("id").explain()


def index_names(key: str, module_key: str = "leads") -> set[str]:
    start = f"_{module_key}_{key}_"
    return {name.split("_")[1] for name in existing_indexes() if start in name}


def test_a_field_gets_the_indexes_that_it_asks_for_and_loses_them(company: Company) -> None:
    assert build_indexes()["leads.company"] == IndexState.READY
    assert index_names("company") >= {"sort", "own", "find"}
    assert build_indexes() == {}
    field = Field.objects.get(module__key="leads", key="company")
    field.sorted = False
    field.ask_for_index()
    field.save()
    clear_registry()
    assert build_indexes() == {"leads.company": IndexState.READY}
    assert not {"sort", "own"} & index_names("company")
    Field.objects.filter(pk=field.pk).update(searched=False)
    Field.objects.filter(pk=field.pk).update(index_state=IndexState.WAITING)
    clear_registry()
    assert build_indexes() == {"leads.company": IndexState.NONE}
    assert index_names("company") == set()


@pytest.fixture
def devices(company: Company) -> Module:
    devices = Module.objects.create(key="devices", label="Device", label_plural="Devices")
    for key, kind, more in (
        ("serial", "text", {"unique": True, "sorted": True}),
        ("price", "money", {"sorted": True, "options": {"scale": 2}}),
        ("note", "long_text", {"sorted": True, "searched": True}),
    ):
        Field.objects.create(module=devices, key=key, label=key, type=kind, **more)
    Module.objects.create(key="rooms", label="Room", label_plural="Rooms")
    clear_registry()
    return devices


def test_custom_fields_are_indexed_in_the_json_column_for_their_module_only(devices: Module) -> None:
    states = build_indexes()
    assert states["devices.serial"] == states["devices.price"] == IndexState.READY
    assert "devices.note" not in states
    assert index_names("serial", "devices") == {"sort", "own", "only"}
    info = module("devices")
    for create in (found.create for found in index_statements(info, info.field("price")).values()):
        assert "\"module\" = 'devices'" in create
        assert "price" in create
    row = make_row("devices", custom={"serial": "A1"})
    make_row("rooms", custom={"serial": "A1"})
    with pytest.raises(IntegrityError), transaction.atomic():
        make_row("devices", custom={"serial": "a1"})  # case is ignored
    assert row.pk


def test_a_unique_field_with_doubles_says_so_and_stops_no_other(devices: Module) -> None:
    for _place in range(2):
        make_row("devices", custom={"serial": "A1"})
    states = build_indexes()
    assert states["devices.serial"] == IndexState.FAILED
    assert states["devices.price"] == IndexState.READY
    field = Field.objects.get(module=devices, key="serial")
    assert "unique" in field.index_error.lower() or "duplicate" in field.index_error.lower()


def test_indexes_of_a_field_that_is_gone_are_dropped(devices: Module) -> None:
    build_indexes()
    Field.objects.filter(module=devices, key="price").update(active=False)
    clear_registry()
    build_indexes()
    assert index_names("price", "devices") == set()


def test_long_texts_get_no_index(devices: Module) -> None:
    info = module("devices")
    assert index_statements(info, info.field("note")) == {}
