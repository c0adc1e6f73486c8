"""Claims about pages: the right rows in the right order, each once, for every person, sort and filter."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.utils import timezone

from crm.criteria.sql import Infix
from crm.models import Field, Module, User
from crm.modules.loading import clear_registry, module
from crm.modules.registry import ModuleInfo
from crm.visibility import (
    BadCursor,
    Branch,
    Count,
    Cursor,
    FieldRefused,
    Reach,
    Sort,
    TooSlow,
    Viewer,
    WithIds,
    count,
    page,
    users_who_can,
    visible_ids,
    visible_to,
)
from crm.visibility.branches import BRANCHES, Asked
from crm.visibility.columns import field_value
from crm.visibility.limits import in_time
from tests.people import Company, grant, new_person
from tests.rows import leads, make_row, make_rows, share_row

NAMES = ["Ada", "ada", "Äpfel", "Zoë", "zoe", "Bär", "bar", "Σίσυφος", "李", None, None, "O'Neil", "100%"]


@pytest.fixture
def crowd(company: Company) -> Company:
    """Leads of many owners, a third of them without a company name, some shared with Cleo."""
    chance, now = Random(7), timezone.now()
    others = [new_person(f"P{place}", company.staff, company.reps) for place in range(12)]
    owners = [company.ada, company.ben, company.cleo, None, *others]
    found = make_rows(
        "leads",
        [
            {
                "name": chance.choice(NAMES),
                "company": chance.choice(NAMES),
                "status": chance.choice(["new", "junk", None]),
                "owner": chance.choice(owners),
                "created_at": now + timedelta(days=chance.randrange(20)),
            }
            for _place in range(300)
        ],
    )
    for row in found[::25]:
        share_row(row, user=company.cleo)
    return company


def walk(user: User, info: ModuleInfo, **options: Any) -> list[int]:
    """The ids of all pages."""
    ids: list[int] = []
    after = None
    while True:
        found = page(user, info, after=after, **options)
        assert found.ids == [row.pk for row in found.rows]
        ids += found.ids
        if found.next is None:
            return ids
        assert len(found.ids) == options["size"]
        after = Cursor.decode(found.next.encode())


def expected(rows: QuerySet[Any], info: ModuleInfo, sort: Sort) -> list[int]:
    """All rows in order, sorted by the database in one go: with a value first, then by id."""
    key = field_value(info.field(sort.field)) if sort.field != "id" else field_value(info.field("created_at"))
    if sort.field == "id":
        return list(rows.order_by("-id" if sort.descending else "id").values_list("pk", flat=True))
    keyed = rows.annotate(key=key)
    way = "-" if sort.descending else ""
    filled = keyed.filter(key__isnull=False).order_by(f"{way}key", f"{way}id")
    empty = keyed.filter(key__isnull=True).order_by(f"{way}id")
    return [*filled.values_list("pk", flat=True), *empty.values_list("pk", flat=True)]


PEOPLE = ["ada", "ben", "cleo", "admin"]


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    "sort", ["id", "-id", "name", "-name", "company", "-company", "status", "-created_at", "owner"]
)
def test_all_pages_together_are_all_visible_rows_in_order(crowd: Company, person: str, sort: str) -> None:
    user, order = getattr(crowd, person), Sort.parse(sort)
    for size in (7, 50):
        assert walk(user, leads(), sort=order, size=size) == expected(
            visible_to(user, leads()), leads(), order
        )


@pytest.mark.parametrize("person", PEOPLE)
def test_a_filter_gives_the_same_rows_by_every_way(
    crowd: Company, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, sort = getattr(crowd, person), Sort.parse("-name")
    where = Q(Infix(field_value(leads().field("company")), "=", Value("ada")))
    right = expected(visible_to(user, leads()).filter(where), leads(), sort)
    assert walk(user, leads(), where=where, sort=sort, size=5) == right
    monkeypatch.setattr("crm.visibility.paging.FEW_ROWS", 0)  # many in reach, many that match
    assert walk(user, leads(), where=where, sort=sort, size=5) == right
    monkeypatch.setattr("crm.visibility.paging.FEW_ROWS", len(right) + 20)  # few that match
    assert walk(user, leads(), where=where, sort=sort, size=5) == right


def test_owners_are_merged_without_looking_at_everybody_s_rows(
    crowd: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.visibility.reach.NEAREST", 1)
    for sort in (
        Sort("name", True),
        Sort("company", False),
        Sort(),
        Sort("owner", False),
        Sort("owner", True),
    ):
        right = expected(visible_to(crowd.ben, leads()), leads(), sort)
        for size in (3, 10, 50):
            assert walk(crowd.ben, leads(), sort=sort, size=size) == right


def test_many_shared_rows_are_found_by_walking_the_order(
    crowd: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.visibility.reach.FEW_IDS", 2)
    right = expected(visible_to(crowd.cleo, leads()), leads(), Sort("name", False))
    assert walk(crowd.cleo, leads(), sort=Sort("name", False), size=4) == right


def test_a_page_of_rows_that_come_and_go_neither_repeats_nor_fails(crowd: Company) -> None:
    first = page(crowd.admin, leads(), sort=Sort("name", False), size=10)
    assert first.next is not None
    make_row("leads", name="!", owner=crowd.ada)  # sorts before everything
    following = page(crowd.admin, leads(), sort=Sort("name", False), size=10, after=first.next)
    assert not set(first.ids) & set(following.ids)


def custom_field(key: str, kind: str, *, builtin: bool = False, **options: Any) -> None:
    devices = Module.objects.get(key="devices")
    Field.objects.create(
        module=devices, key=key, label=key, type=kind, builtin=builtin, sorted=True, options=options
    )


@pytest.fixture
def devices(company: Company) -> ModuleInfo:
    """A module of the company's own, with sorted fields of several types."""
    for key in ("devices", "rooms"):
        Module.objects.create(key=key, label=key, label_plural=key)
        grant(company.staff, key)
    custom_field("name", "text", builtin=True)
    custom_field("model", "text")
    custom_field("price", "money", scale=2)
    custom_field("bought", "date")
    custom_field("broken", "boolean")
    custom_field("seen_at", "datetime")
    clear_registry()
    chance = Random(3)
    make_rows("rooms", [{"name": "Room", "owner": company.ada, "custom": {"price": 1}}] * 5)
    kinds: dict[str, list[Any]] = {
        "model": ["X1", "x2", "Y"],
        "price": [-500, 0, 7, 100, 12_345_678_901_234],
        "bought": ["2026-01-31", "2026-02-01"],
        "broken": [True, False],
        "seen_at": ["2026-01-01 08:00:00", "2026-01-01 10:00:00"],
    }
    make_rows(
        "devices",
        [
            {
                "name": f"D{place}",
                "owner": company.ada,
                "custom": {key: chance.choice(some) for key, some in kinds.items() if chance.random() < 0.8},
            }
            for place in range(60)
        ],
    )
    return module("devices")


@pytest.mark.parametrize("key", ["model", "price", "bought", "broken", "seen_at", "name"])
@pytest.mark.parametrize("descending", [True, False])
def test_custom_fields_sort_like_built_in_ones(
    company: Company, devices: ModuleInfo, key: str, descending: bool
) -> None:
    sort = Sort(key, descending)
    ids = walk(company.ben, devices, sort=sort, size=7)
    assert ids == expected(visible_to(company.ben, devices), devices, sort)
    assert len(ids) == 60


def test_custom_numbers_sort_as_numbers(company: Company, devices: ModuleInfo) -> None:
    rows = page(company.ada, devices, sort=Sort("price", False), size=100).rows
    prices = [row.custom["price"] for row in rows if "price" in row.custom]
    assert prices == sorted(prices)
    assert prices[0] == -500


def test_empty_values_come_last_both_ways(company: Company) -> None:
    for name in ("b", None, "A"):
        make_row("leads", name=name, owner=company.ada)
    for descending, right in ((False, ["A", "b", None]), (True, ["b", "A", None])):
        assert [row.name for row in page(company.ada, leads(), sort=Sort("name", descending)).rows] == right


def test_sorting_by_a_hidden_an_unmarked_or_no_field_is_refused(company: Company) -> None:
    grant(company.staff, "leads", "view")
    with pytest.raises(FieldRefused, match="mark"):
        page(company.ada, leads(), sort=Sort("city", False))
    with pytest.raises(FieldRefused, match="no field"):
        page(company.ada, leads(), sort=Sort("nonsense", False))
    field = Field.objects.get(module__key="leads", key="company")
    company.staff.field_rights.create(field=field, access="hidden")
    grant(company.staff, "leads")
    with pytest.raises(FieldRefused, match="no field"):
        page(company.ada, leads(), sort=Sort("company", False))


def test_a_cursor_is_bound_to_its_order_and_cannot_be_made_up(crowd: Company) -> None:
    cursor = page(crowd.admin, leads(), sort=Sort("name", False), size=5).next
    assert cursor is not None
    with pytest.raises(BadCursor):
        page(crowd.admin, leads(), sort=Sort("name", True), after=cursor)
    for text in ("", "nonsense", cursor.encode()[:-2], cursor.encode() + "x"):
        with pytest.raises(BadCursor):
            Cursor.decode(text)


def test_without_the_right_to_view_a_page_is_empty(company: Company) -> None:
    make_row("leads", owner=company.ada)
    grant(company.staff, "leads", "create")
    assert page(company.ada, leads()).ids == []
    assert count(company.ada, leads()) == Count(0, True)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_count_is_exact_up_to_its_cap(crowd: Company, person: str) -> None:
    user = getattr(crowd, person)
    number = visible_to(user, leads()).count()
    assert count(user, leads()) == Count(number, True)
    assert count(user, leads(), cap=number) == Count(number, True)
    assert count(user, leads(), cap=number - 1) == Count(number - 1, False)
    assert count(user, leads(), cap=None) == Count(number, True)
    where = Q(status="junk")
    junk = visible_to(user, leads()).filter(where).count()
    assert count(user, leads(), where=where) == Count(junk, True)


def test_a_filter_that_takes_too_long_is_stopped_with_advice(crowd: Company) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000000)"
    with pytest.raises(TooSlow, match="searched or sorted"), in_time(0.05), connection.cursor() as cursor:
        cursor.execute(f"{numbers} SELECT count(*) FROM n")
    assert page(crowd.ada, leads()).ids  # the connection still works


class FirstLead(Branch):
    """A reason that a higher floor might have: the very first lead is for Cleo."""

    key = "first"

    def reach(self, viewer: Viewer) -> Reach | None:
        first = viewer.module.rows().order_by("id").values_list("id", flat=True)[:1]
        return WithIds(first) if viewer.user.name.startswith("Cleo") else None

    def people(self, asked: Asked) -> Q | None:
        first = asked.module.rows().order_by("id").values_list("id", flat=True).first()
        return Q(name__startswith="Cleo") if asked.record_id == first else None


@pytest.fixture
def first_lead_is_cleos() -> Iterator[None]:
    BRANCHES.append(FirstLead())
    yield
    BRANCHES.pop()


def test_a_higher_floor_adds_a_branch(company: Company, first_lead_is_cleos: None) -> None:
    first, second = (make_row("leads", owner=company.ada).pk for _place in range(2))
    assert page(company.cleo, leads()).ids == [first]
    assert visible_ids(company.cleo, leads(), [first, second]) == {first}
    assert company.cleo in users_who_can("view", leads(), first)
    assert company.cleo not in users_who_can("view", leads(), second)


def test_a_filter_that_misses_the_beginning_of_the_order_is_sorted_instead(
    crowd: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.visibility.paging.FEW_ROWS", 0)
    monkeypatch.setattr("crm.visibility.paging.Merging.first", _slow)
    monkeypatch.setattr("crm.visibility.paging.Merging.count", _slow)
    for user in (crowd.admin, crowd.ben, crowd.cleo):
        for sort in (Sort("company", False), Sort("name", True)):
            right = expected(visible_to(user, leads()).filter(company=None), leads(), sort)
            assert walk(user, leads(), where=Q(company=None), sort=sort, size=5) == right
        assert count(user, leads(), where=Q(company=None)).number == len(right)


def _slow(*_args: Any) -> None:
    raise TooSlow


@pytest.mark.parametrize("sort", ["amount", "-amount", "close_date", "-close_date", "stage"])
def test_amounts_and_dates_of_built_in_modules_sort(company: Company, sort: str) -> None:
    chance, deals = Random(5), module("deals")
    make_rows(
        "deals",
        [
            {
                "name": f"D{place}",
                "owner": company.ada,
                "stage": chance.choice(["won", "lost"]),
                "amount": chance.choice([None, Decimal("-3.50"), Decimal("10.00"), Decimal("9.90")]),
                "close_date": chance.choice([None, date(2026, 1, 31), date(2026, 2, 1)]),
            }
            for place in range(40)
        ],
    )
    order = Sort.parse(sort)
    assert walk(company.ben, deals, sort=order, size=6) == expected(
        visible_to(company.ben, deals), deals, order
    )
