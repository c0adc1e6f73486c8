"""A kind of job for tests: rates leads, two at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crm.door import CauseNode, Change, Source, Verb, apply
from crm.jobs.kinds import JOB_KINDS, JobKind, Refusal, Step, cause_of
from crm.jobs.verbs import start_job
from crm.models import Job, User

AT_ONCE = 2


class RatingSession:
    """Rates the leads of `input["ids"]`; an id of 0 raises."""

    def __init__(self, job: Job) -> None:
        self.cause: CauseNode = cause_of(job, Source.LIST.value)

    def step(self, job: Job) -> Step:
        start = job.position.get("start", 0)
        ids = job.input["ids"][start : start + AT_ONCE]
        changes = [Change(Verb.EDIT, "leads", pk, {"rating": job.input["rating"]}) for pk in ids if pk]
        outcome = apply(changes, actor=job.person, source=Source.LIST, mode="each", cause=self.cause)
        if 0 in ids and not RatingKind.healed:
            raise RuntimeError("broken")
        done = [(r.change.id or 0, r.id, "updated") for r in outcome.results if r.ok]
        refused = [Refusal(r.change.id or 0, r.problems, r.id) for r in outcome.results if not r.ok]
        after = start + AT_ONCE
        return Step({"start": after} if after < len(job.input["ids"]) else None, done, refused)


class RatingKind(JobKind):
    """Sets the rating."""

    key, label, can_undo = "rating", "Rating", True
    healed = False

    @contextmanager
    def session(self, job: Job) -> Iterator[RatingSession]:
        yield RatingSession(job)


@pytest.fixture
def rating(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind, known during a test."""
    monkeypatch.setitem(JOB_KINDS, "rating", RatingKind())
    monkeypatch.setattr(RatingKind, "healed", False)


def ask(actor: User, ids: list[int], rating: str = "high", **more: object) -> Job:
    """A job that rates these leads."""
    values = {"ids": ids, "rating": rating}
    return start_job("rating", actor=actor, module="leads", title="Rate", input=values, **more)  # type: ignore[arg-type]
