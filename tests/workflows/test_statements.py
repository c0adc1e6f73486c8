"""What rules cost: statements do not grow with the rules, nor with the records."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.door import Change, Source, Verb, apply
from crm.models import User
from tests.workflows import rules as r

pytestmark = pytest.mark.django_db
RATINGS = ("high", "medium", "low")


def make_rules(first: int, last: int) -> None:
    """Rules that read own fields and linked ones, of all modes; none of them fires."""
    for number in range(first, last):
        criteria = r.when(("company", "is", f"Company {number}"), ("owner.active", "is", False))
        mode = ("every", "becomes", "once")[number % 3]
        r.live_rule(f"rule_{number}", criteria, [r.task("Never {{owner.email}}")], mode=mode)


def statements(work: Any) -> int:
    """How many statements the work takes, once everything is in the caches."""
    work()
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_a_hundred_rules_take_as_many_statements_as_one(ada: User, lead: int) -> None:
    turn = iter(range(1000))

    def work() -> None:
        r.edit(ada, lead, rating=RATINGS[next(turn) % 3]).or_raise()

    make_rules(0, 1)
    one = statements(work)
    make_rules(1, 100)
    assert statements(work) == one


def test_rules_that_read_nothing_else_take_no_statement(ada: User, lead: int) -> None:
    turn = iter(range(1000))

    def work() -> None:
        r.edit(ada, lead, rating=RATINGS[next(turn) % 3]).or_raise()

    none = statements(work)
    for number in range(20):
        criteria = r.when(("company", "is", f"Company {number}"))
        r.live_rule(f"rule_{number}", criteria, [r.task("Never")])
    assert statements(work) == none


def test_statements_do_not_grow_with_the_records_that_rules_act_on(ada: User) -> None:
    actions = [
        r.update("status", "contacted"),
        r.task("Call {{name}} of {{owner}}"),
        r.mail({"to": "superior"}, body="{{owner.email}}"),
        r.notify({"to": "owner"}),
    ]
    r.live_rule("acts", r.when(("rating", "is", "high")), actions, mode="once")
    counts = []
    for count in (20, 20, 200):
        values = [{"last_name": f"L{n}", "owner": ada.pk, "rating": "high"} for n in range(count)]
        changes = [Change(Verb.CREATE, "leads", values=one) for one in values]
        with CaptureQueriesContext(connection) as queries:
            apply(changes, actor=ada, source=Source.API).or_raise()
        counts.append(len(queries))
    assert counts[2] - counts[1] <= 12  # ids of the tasks, taken in blocks
