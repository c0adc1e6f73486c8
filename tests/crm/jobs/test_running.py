"""Jobs: step by step, resumed where they stopped, never twice, cancelled, failed with a reason, undone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.door import Change, Source, Verb, apply
from crm.jobs import running
from crm.jobs.kinds import JobProblem
from crm.jobs.running import drain, run_job
from crm.jobs.undoing import ALSO_UNDONE
from crm.jobs.verbs import cancel_job, continue_job, jobs_of, undo_job
from crm.models import History, Job, JobRefusal, JobState, Lead, Task, User
from tests.crm.door.making import make, stored, value
from tests.crm.jobs.rating import RatingKind, ask, rating
from tests.people import Company
from tests.workflows.rules import live_rule, when

__all__ = ["rating"]
pytestmark = pytest.mark.usefixtures("rating")


def leads(owner: User, count: int) -> list[int]:
    return [make("leads", owner, last_name=f"Lead {number}", rating="low") for number in range(count)]


def ratings(ids: list[int]) -> list[str | None]:
    return [value("leads", pk, "rating") for pk in ids]


def test_a_job_does_everything_and_says_how_it_went(company: Company) -> None:
    ids = [*leads(company.ada, 3), make("leads", company.cleo, last_name="Hers")]
    job = ask(company.ada, ids, total=4)
    assert drain() == {"ended": 1, "put off": 0}
    job.refresh_from_db()
    assert (job.state, job.done, job.tally) == (JobState.DONE, 4, {"updated": 3, "refused": 1})
    assert ratings(ids) == ["high", "high", "high", None]
    refusal = JobRefusal.objects.get(job=job)
    assert (refusal.place, refusal.problems[0]["code"]) == (ids[3], "not_found")
    assert [len(chunk.outcomes) for chunk in job.chunks.all()] == [2, 1]
    assert drain() == {"ended": 0, "put off": 0}


def test_a_job_has_one_cause_and_only_its_person_sees_it(company: Company) -> None:
    ids = leads(company.ada, 3)
    job = ask(company.ada, ids)
    drain()
    job.refresh_from_db()
    causes = set(History.objects.filter(record_id__in=ids, kind="edit").values_list("cause_id", flat=True))
    assert causes == {job.cause_id}
    assert list(jobs_of(company.ada)) == [job]
    assert list(jobs_of(company.ben)) == []


def test_a_worker_that_died_gives_the_job_back_and_nothing_is_done_twice(company: Company) -> None:
    ids = leads(company.ada, 4)
    job = ask(company.ada, ids)
    claimed = running._claim(job.pk, "first")
    assert claimed is not None
    with running.JOB_KINDS["rating"].session(claimed) as session:
        running._step(claimed, session)
    assert run_job(job.pk) is None  # the lease still holds
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run_job(job.pk) is True
    assert ratings(ids) == ["high"] * 4
    assert History.objects.filter(record_id__in=ids, kind="edit").count() == 4


def test_a_step_of_a_worker_that_lost_its_job_is_undone(company: Company) -> None:
    ids = leads(company.ada, 2)
    job = ask(company.ada, ids)
    claimed = running._claim(job.pk, "first")
    assert claimed is not None
    Job.objects.filter(pk=job.pk).update(lease_by="second")
    claimed.lease_by = "first"
    original = Job.refresh_from_db

    def keeps_its_name(self: Job, **options: object) -> None:
        original(self, **options)  # type: ignore[arg-type]
        self.lease_by = "first"

    with pytest.MonkeyPatch.context() as patch, running.JOB_KINDS["rating"].session(claimed) as session:
        patch.setattr(Job, "refresh_from_db", keeps_its_name)
        with pytest.raises(running._Lost):
            running.in_one_transaction(lambda: running._step(claimed, session))
    assert ratings(ids) == ["low", "low"]


def test_a_step_that_fails_three_times_stops_the_job_with_the_reason_until_somebody_continues_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = leads(company.ada, 3)
    job = ask(company.ada, [ids[0], ids[1], 0, ids[2]])
    assert [run_job(job.pk) for _try in range(3)] == [False, False, True]
    job.refresh_from_db()
    assert (job.state, job.error, job.done) == (JobState.FAILED, "RuntimeError: broken", 2)
    assert ratings(ids) == ["high", "high", "low"]
    monkeypatch.setattr(RatingKind, "healed", True)
    continue_job(job)
    assert run_job(job.pk) is True
    job.refresh_from_db()
    assert (job.state, ratings(ids)) == (JobState.DONE, ["high"] * 3)
    with pytest.raises(JobProblem, match="not stopped"):
        continue_job(job)


def test_a_job_that_nobody_works_on_is_cancelled_at_once_and_a_busy_one_after_its_step(
    company: Company,
) -> None:
    ids = leads(company.ada, 4)
    waiting = ask(company.ada, ids)
    cancel_job(waiting)
    assert run_job(waiting.pk) is None
    busy = ask(company.ada, ids)
    claimed = running._claim(busy.pk, "worker")
    assert claimed is not None
    cancel_job(busy)
    busy.refresh_from_db()
    assert busy.state == JobState.WAITING
    assert running._work(claimed, running.time.monotonic() + 60) is True
    busy.refresh_from_db()
    assert (busy.state, busy.done) == (JobState.CANCELLED, 2)
    with pytest.raises(JobProblem, match="ended already"):
        cancel_job(busy)


def test_a_job_of_somebody_who_left_does_nothing(company: Company) -> None:
    ids = leads(company.ada, 1)
    job = ask(company.ada, ids)
    User.objects.filter(pk=company.ada.pk).update(is_active=False)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, ratings(ids)) == (JobState.FAILED, ["low"])
    assert "no longer active" in job.error


def test_undo_restores_what_the_job_changed_and_lists_what_others_changed_since(company: Company) -> None:
    ids = leads(company.ada, 3)
    job = ask(company.ada, ids)
    drain()
    again = [Change(Verb.EDIT, "leads", ids[1], {"rating": "medium"})]
    apply(again, actor=company.ben, source=Source.PAGE).or_raise()
    job.refresh_from_db()
    undo = undo_job(job, actor=company.ada)
    drain()
    undo.refresh_from_db()
    assert ratings(ids) == ["low", "medium", "low"]
    assert (undo.state, undo.tally) == (JobState.DONE, {"undone": 2, "refused": 1})
    problem = JobRefusal.objects.get(job=undo).problems[0]
    assert (problem["field"], problem["code"]) == ("rating", "changed_since")
    assert "Medium" in problem["message"]
    with pytest.raises(JobProblem, match="undone already"):
        undo_job(job, actor=company.ada)


def test_undo_also_takes_back_what_rules_did_and_runs_no_rule_itself(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {"subject": "Call", "due_days": 1}
    live_rule("hot", when(("rating", "is", "high")), [("create_task", task)], mode="every")
    live_rule(
        "cold", when(("rating", "is", "low")), [("update_field", {"field": "company", "value": "Cold"})]
    )
    ids = leads(company.ada, 2)
    before = [stored("leads", pk).values["company"] for pk in ids]
    job = ask(company.ada, ids)
    drain()
    assert Task.objects.live().count() == 2
    told: list[int] = []
    monkeypatch.setattr(
        "crm.jobs.undoing.ALSO_UNDONE", [lambda root: told.append(root) or ["One mail has gone."]]
    )
    job.refresh_from_db()
    undo = undo_job(job, actor=company.ada)
    drain()
    undo.refresh_from_db()
    assert Task.objects.live().count() == 0
    assert ratings(ids) == ["low", "low"]
    assert [stored("leads", pk).values["company"] for pk in ids] == before
    assert (told, undo.told) == ([job.cause_id], ["One mail has gone."])


def test_undo_bins_what_was_created(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def creates(self: object, job: Job) -> object:
        rows = [Change(Verb.CREATE, "leads", values={"last_name": f"New {n}"}) for n in range(3)]
        outcome = apply(rows, actor=job.person, source=Source.IMPORT, cause=self.cause)  # type: ignore[attr-defined]
        return running.Step(None, [(n, result.id, "created") for n, result in enumerate(outcome.results)])

    monkeypatch.setattr("tests.crm.jobs.rating.RatingSession.step", creates)
    job = ask(company.ada, [])
    drain()
    job.refresh_from_db()
    assert Lead.objects.live().count() == 3
    undo_job(job, actor=company.ada)
    drain()
    assert (Lead.objects.live().count(), Lead.objects.count()) == (0, 3)
    assert ALSO_UNDONE is not None
