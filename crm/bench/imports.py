"""How quick the door is: an import against bare inserts, a mass update, one edit with many rules live."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Max
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.bench import Measure
from crm.bench.automation import publish_assignment_entries, publish_rules, retire_rules
from crm.bench.leads import make_fields, write_leads
from crm.door import Change, Source, Verb, apply
from crm.imports.duplicates import OnDuplicate
from crm.imports.mapping import Wishes
from crm.imports.plan import Options, plan_import
from crm.imports.reader import open_table
from crm.imports.run import ImportRun
from crm.models import Cause, History, Lead, User

ROWS, STORY_ROWS, ROUNDS, EDITS = 10_000, 2_500, 3, 150
IMPORT_BUDGET = {"postgresql": 0.7, "sqlite": 0.4}
UPDATE_BUDGET, EDIT_BUDGET, STORY_BUDGET = 5.0, 3.0, 1.0
RATINGS, COUNTRIES = ("high", "medium", "low"), ("Italy", "Spain", "Malta")
Rows = list[tuple[type[models.Model], list[models.Model]]]


def measures(vendor: str) -> Iterator[Measure]:
    """Fills the empty database in use and yields what was measured."""
    if connection.vendor != vendor:
        raise ValueError(f"This process works on {connection.vendor}.")
    make_fields()
    people = [
        User.objects.create_user(f"rep{number}@bench.example", name=f"Rep {number}") for number in range(5)
    ]
    publish_rules(20, tasks=True)
    assignment = publish_assignment_entries(10, people)
    with tempfile.TemporaryDirectory() as folder:
        yield from _imports(vendor, Path(folder), assignment)
        yield _story(vendor, Path(folder), assignment)
    yield _mass_update()
    yield from _edits()


def _rows(model: type[models.Model]) -> Any:
    """Django's own queryset of a model: that of records writes through the door only."""
    return models.QuerySet(model)


def _timed(work: Callable[[], Any]) -> float:
    """Seconds of wall clock, without a collection of garbage that others left."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _imports(vendor: str, folder: Path, assignment: str) -> Iterator[Measure]:
    """Rows a second of the import against bulk_create of all rows that it wrote, in alternate rounds."""
    quick, ratios = [], []
    _import(_file(folder, -500, 500), 500, assignment)  # caches are filled once
    for place in range(ROUNDS):
        before, path = _highest_keys(), _file(folder, place * ROWS, ROWS)
        seconds = _timed(lambda path=path: _import(path, ROWS, assignment))  # type: ignore[misc]
        written = _written_since(before)
        _take_out(written)
        bare = _timed(lambda written=written: _insert(written))  # type: ignore[misc]
        quick.append(ROWS / seconds)
        ratios.append(bare / seconds)
    budget = IMPORT_BUDGET[vendor]
    ratio = statistics.median(ratios)
    rows = f"{ROWS:,} leads, 37 columns, 20 rules"
    yield Measure(f"import of {rows}", round(statistics.median(quick)), "rows/s")
    yield Measure(f"import of {rows}, against bulk_create", ratio, "×", f"≥ {budget} ×", ratio >= budget)


def _file(folder: Path, start: int, count: int) -> Path:
    path = folder / f"leads{start}.csv"
    write_leads(path, count, start)
    return path


def _import(path: Path, count: int, assignment: str) -> None:
    options = Options(assignment=assignment, keys=("email",), duplicates=OnDuplicate.SKIP)
    run = ImportRun(plan_import("leads", [open_table(path)], Wishes(), options))
    run.run()
    if run.tally.created != count:
        raise AssertionError(run.tally.as_json())


def _highest_keys() -> dict[type[models.Model], int]:
    found: dict[type[models.Model], int] = {}
    for model in apps.get_models():
        if isinstance(model._meta.pk, models.IntegerField):
            found[model] = _rows(model).aggregate(last=Max("pk"))["last"] or 0
    return found


def _written_since(before: dict[type[models.Model], int]) -> Rows:
    """The rows of every table that were not there, those that others refer to first."""
    first = {Cause: 0, Lead: 1}
    found = [(model, list(_rows(model).filter(pk__gt=last))) for model, last in before.items()]
    return sorted(((model, rows) for model, rows in found if rows), key=lambda pair: first.get(pair[0], 2))


def _take_out(written: Rows) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for model, rows in reversed(written):
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"DELETE FROM {table} WHERE id >= %s", [min(row.pk for row in rows)])


def _insert(written: Rows) -> None:
    with transaction.atomic():
        for model, rows in written:
            _rows(model).bulk_create(rows)


def _story(vendor: str, folder: Path, assignment: str) -> Measure:
    """A fair's leads with assignment, rules, tasks and history."""
    starts = [10 * ROWS + place * STORY_ROWS for place in range(ROUNDS)]
    paths = [_file(folder, start, STORY_ROWS) for start in starts]
    seconds = statistics.median(
        _timed(lambda path=path: _import(path, STORY_ROWS, assignment))  # type: ignore[misc]
        for path in paths
    )
    name = f"{STORY_ROWS:,} leads imported with assignment, rules, tasks and history"
    if vendor != "postgresql":
        return Measure(name, seconds, "s")
    return Measure(name, seconds, "s", f"≤ {STORY_BUDGET:.0f} s", seconds <= STORY_BUDGET)


def _mass_update() -> Measure:
    """An edit of 10,000 leads through the door against Django's bulk_update of the same columns."""
    ratio = statistics.median(_mass_update_round(place) for place in range(ROUNDS))
    name = f"mass update of {ROWS:,} leads, 20 rules, against bulk_update"
    return Measure(name, ratio, "×", f"≥ {UPDATE_BUDGET:.0f} ×", ratio >= UPDATE_BUDGET)


def _mass_update_round(place: int) -> float:
    before: list[Lead] = list(_rows(Lead).order_by("id")[:ROWS])
    values = {"rating": RATINGS[place], "country": COUNTRIES[place], "employees": 77 + place * 300}
    changes = [Change(Verb.EDIT, "leads", lead.pk, values) for lead in before]
    door = _timed(lambda: apply(changes, actor=None, source=Source.LIST, mode="each").or_raise())
    after: list[Lead] = list(_rows(Lead).order_by("id")[:ROWS])
    pairs = list(zip(before, after, strict=True))
    columns = [
        column.name
        for column in Lead._meta.concrete_fields
        if any(getattr(old, column.attname) != getattr(new, column.attname) for old, new in pairs)
    ]
    return _timed(lambda: _bulk_update(after, columns)) / door


def _bulk_update(leads: list[Lead], columns: list[str]) -> None:
    with transaction.atomic():
        _rows(Lead).bulk_update(leads, columns, batch_size=500)


def _edits() -> Iterator[Measure]:
    """One edit with 100 rules live against a bare save with a row of history; statements as with one rule."""
    retire_rules()
    publish_rules(1)
    with_one = _statements()
    publish_rules(100)
    with_many = _statements()
    lead = _rows(Lead).order_by("id").first()
    assert lead is not None
    times: dict[str, list[float]] = {"door": [], "bare": []}
    for number in range(EDITS):
        times["door"].append(_timed_quickly(lambda number=number: _edit(lead.pk, number)))  # type: ignore[misc]
        times["bare"].append(_timed_quickly(lambda number=number: _save(lead.pk, number)))  # type: ignore[misc]
    door, bare = statistics.median(times["door"]), statistics.median(times["bare"])
    yield Measure("one edit, 100 rules", door * 1000, "ms")
    ratio = door / bare
    name = "one edit, 100 rules, against save and history"
    yield Measure(name, ratio, "×", f"≤ {EDIT_BUDGET:.0f} ×", ratio <= EDIT_BUDGET)
    yield Measure("statements of one edit, 100 rules", with_many, "", f"≤ {with_one}", with_many <= with_one)


def _timed_quickly(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _edit(lead_id: int, number: int) -> None:
    values = {"phone": f"030 {number}", "employees": number}
    apply([Change(Verb.EDIT, "leads", lead_id, values)], actor=None, source=Source.PAGE).or_raise()


def _save(lead_id: int, number: int) -> None:
    """What a plain Django view would do: read, save, write down what changed."""
    with transaction.atomic():
        lead = _rows(Lead).select_for_update().get(pk=lead_id)
        cause = Cause.objects.create(kind="page", at=timezone.now(), label="bench")
        lead.phone, lead.employees = f"040 {number}", number + 1000
        models.Model.save(lead)
        History.objects.create(
            record_id=lead_id, module="leads", kind="edit", at=timezone.now(), cause=cause, generation=1,
            version=1, changes={"phone": [None, lead.phone, None]},
        )  # fmt: skip


def _statements() -> int:
    lead = _rows(Lead).order_by("id").first()
    assert lead is not None
    _edit(lead.pk, 1)
    with CaptureQueriesContext(connection) as queries:
        _edit(lead.pk, 2)
    return len(queries)
