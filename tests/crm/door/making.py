"""Short ways to use the door in its own tests."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.door import Change, DoorRefused, Outcome, Source, Verb, apply
from crm.door.reading import Stored, read_records
from crm.models import Cause, History, User
from crm.modules.loading import module

NEEDED: dict[str, dict[str, Any]] = {
    "leads": {"last_name": "Lamb"},
    "contacts": {"last_name": "Cook"},
    "device_requests": {"name": "Laptop"},
}


def do(verb: Verb, key: str, *ids: int, actor: User | None, **values: Any) -> Outcome:
    """One verb on some records, as from a page."""
    return apply([Change(verb, key, pk, values) for pk in ids], actor=actor, source=Source.PAGE)


def make(key: str, actor: User | None, **values: Any) -> int:
    """A new record of the actor's."""
    owner = {"owner": actor.pk} if actor else {}
    given = {**NEEDED.get(key, {"name": "Thing"}), **owner, **values}
    outcome = apply([Change(Verb.CREATE, key, None, given)], actor=actor, source=Source.PAGE)
    return outcome.or_raise().ids[0]


def edit(key: str, pk: int, actor: User | None, version: int | None = None, **values: Any) -> Outcome:
    """One edit."""
    return apply([Change(Verb.EDIT, key, pk, values, version)], actor=actor, source=Source.PAGE)


def stored(key: str, pk: int) -> Stored:
    """The record as the database has it."""
    return read_records(module(key), [pk])[pk]


def value(key: str, pk: int, field: str) -> Any:
    """One stored value."""
    return stored(key, pk).values[field]


def exists(key: str, pk: int) -> bool:
    """Whether there is such a row, in the bin or not."""
    return bool(read_records(module(key), [pk]))


def history(pk: int, kind: str | None = None) -> list[History]:
    """The record's history, oldest first."""
    rows = History.objects.filter(record_id=pk).order_by("id")
    return list(rows.filter(kind=kind) if kind else rows)


def codes(outcome: Outcome) -> list[tuple[str | None, str]]:
    """Field and code of every problem."""
    return [(problem.field, problem.code) for problem in outcome.problems]


def refusal_codes(refused: DoorRefused) -> list[tuple[str | None, str]]:
    """Field and code of every problem of a refused verb."""
    return codes(refused.outcome)


def chain(cause: Cause | None) -> list[tuple[str, str]]:
    """Kind and label of a cause and of what led to it."""
    steps = []
    while cause is not None:
        steps.append((cause.kind, cause.label))
        cause = cause.parent
    return steps


def statements(changes: list[Change], actor: User | None, **call: Any) -> int:
    """How many statements a call takes, transaction marks and blocks of ids left out."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        apply(changes, actor=actor, source=Source.LIST, **call).or_raise()
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(marks) for query in captured.captured_queries)


def with_values(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a history row says the fields became."""
    return {key: change[1] for key, change in changes.items()}
