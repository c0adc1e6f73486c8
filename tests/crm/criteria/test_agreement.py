"""One meaning: the predicate and SQL agree on every value, in built-in and custom modules."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from crm.criteria import Context, Criteria, CriteriaProblems, compile_criteria, load_linked_values
from crm.modules.loading import module
from crm.modules.registry import ModuleInfo
from tests.crm.criteria.strategies import MODULES, World, contexts, criteria
from tests.crm.criteria.world import insert, rows_of

COMPARISONS = int(os.environ.get("CRITERIA_EXAMPLES", "20000"))
CRITERIA_EACH, RECORDS, LINKED = 12, 10, 3
pytestmark = [pytest.mark.slow]


class Tally:
    """How much was really compared."""

    def __init__(self) -> None:
        self.distinct: set[str] = set()
        self.results: Counter[bool] = Counter()
        self.operators: set[tuple[str, str]] = set()

    def add(self, compiled: Criteria, results: list[bool]) -> None:
        self.distinct.add(compiled.module + json.dumps(compiled.data))
        self.results.update(results)
        self.operators |= {(each.left.family, each.operator.key) for each in compiled.conditions}


def compiled(drawn: list[dict[str, Any]], info: ModuleInfo) -> list[Criteria]:
    """What compiles; a text of blanks only is none, and refused."""
    found = []
    for data in drawn:
        try:
            found.append(compile_criteria(data, info))
        except CriteriaProblems as problems:
            note(str(problems))
            if not all("Enter a value" in problem.message for problem in problems.problems):
                raise
    return found


def draw_records(
    data: st.DataObject, world: World, main: ModuleInfo, chosen: list[Criteria]
) -> dict[str, Any]:
    """Values of the fields that the criteria read, for records of each module on their way."""
    reads: dict[str, set[str]] = {main.key: set()}
    for each in chosen:
        for operand in each.operands:
            for key in (hop.module.key for hop in operand.hops if hop.module):
                reads.setdefault(key, set())
        for key, field in each.reads:
            reads[key].add(field)
    records: dict[str, dict[int, dict[str, Any]]] = {}
    for key, fields in reads.items():
        infos = [module(key).field(field) for field in sorted(fields)]
        one = st.fixed_dictionaries({info.key: world.stored(info) for info in infos})
        count = RECORDS if key == main.key else LINKED
        records[key] = dict(
            zip(world.ids[key], data.draw(st.lists(one, min_size=count, max_size=count)), strict=False)
        )
    return records


@pytest.mark.django_db
def test_sql_and_predicate_agree(world: list[int], dummy_virtual_fields: None) -> None:
    tally, there = Tally(), World(world, RECORDS, LINKED)

    # Short runs: in a long one hypothesis mostly varies what it drew before; here criteria shall be new.
    @settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        if data.draw(st.integers(0, 9)) == 0:  # each run begins with the simplest example
            return
        info = module(data.draw(st.sampled_from(MODULES)))

        context = replace(data.draw(contexts), user=data.draw(st.none() | st.sampled_from(world)))
        drawn = data.draw(
            st.lists(
                criteria(info, there), min_size=CRITERIA_EACH, max_size=CRITERIA_EACH, unique_by=json.dumps
            )
        )
        chosen = compiled(drawn, info)
        records = draw_records(data, there, info, chosen)
        with transaction.atomic():
            for key, rows in records.items():
                insert(module(key), rows)
            for each in chosen:
                tally.add(each, agree(each, info, context, records[info.key]))
            transaction.set_rollback(True)

    # Each run has a seed of its own, told by that of the whole test run: where CI is set, hypothesis
    # would draw the same examples in every run.
    while sum(tally.results.values()) < COMPARISONS or len(tally.distinct) < COMPARISONS / 10:
        seed(random.getrandbits(64))(compare)()
    evaluations = sum(tally.results.values())
    print(f"{len(tally.distinct)} criteria, {evaluations} comparisons, {dict(tally.results)}")  # noqa: T201
    assert min(tally.results[True], tally.results[False]) > evaluations * 0.1


def load(info: ModuleInfo, each: Criteria, records: dict[int, dict[str, Any]]) -> Any:
    """What the records link to, for a message."""
    return load_linked_values(info, each.linked_paths, records) if each.linked_paths else {}


def agree(
    each: Criteria, info: ModuleInfo, context: Context, records: dict[int, dict[str, Any]]
) -> list[bool]:
    """Compares for one criteria; returns the predicate's results."""
    rows = rows_of(info, each.linked_paths, records)
    fitting = {record_id for record_id, row in rows.items() if each.matches(row, context)}
    found = set(info.rows().filter(each.q(context)).values_list("pk", flat=True))
    if found != fitting:
        only = {"SQL": found - fitting, "the predicate": fitting - found}
        told = {where: {record_id: records[record_id] for record_id in ids} for where, ids in only.items()}
        pytest.fail(f"{each.data} in {info.key}, {context}: only {told}, linked {load(info, each, records)}")
    assert compile_criteria(each.data, info).data == each.data
    return [record_id in fitting for record_id in rows]
