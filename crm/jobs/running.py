"""Does jobs step by step. A worker holds a job by a lease; a step stores its effects only if it still does.

A worker that dies gives the job back when its lease ends, and the next one goes on at the stored place. A
step that fails or kills its worker is tried three times; then the job stops with the reason, and goes on
from there when somebody asks for it.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.documents.generation import held_generation
from crm.door.batch import CauseNode
from crm.door.once import in_one_transaction
from crm.jobs.kinds import JOB_KINDS, JobProblem, Session, Step
from crm.jobs.telling import tell_end
from crm.jobs.waking import wake
from crm.middleware import zone_of
from crm.models import Job, JobChunk, JobRefusal, JobState

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MOST_TRIES = 3
SECONDS = 120  # that one worker stays with a job: less than a task's time-out
REFUSALS_KEPT = 100_000


class _Lost(Exception):  # noqa: N818
    """Another worker has the job: what this one did in its step is undone."""


def free_jobs() -> QuerySet[Job]:
    """Waiting jobs that no living worker holds, the oldest first."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())
    return Job.objects.filter(free, state=JobState.WAITING).order_by("pk")


def drain(seconds: float = SECONDS) -> dict[str, int]:
    """Does what waits, for at most so many seconds; returns how many jobs were ended and put off."""
    stop_at, counts = time.monotonic() + seconds, {"ended": 0, "put off": 0}
    for pk in list(free_jobs().values_list("pk", flat=True)):
        if time.monotonic() >= stop_at:
            break
        if (ended := run_job(pk, stop_at - time.monotonic())) is not None:
            counts["ended" if ended else "put off"] += 1
    return counts


def run_job(pk: int, seconds: float = SECONDS) -> bool | None:
    """Works on one job for a while: whether it ended; None if there was nothing to do or somebody has it."""
    worker = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:8]}"
    job = _claim(pk, worker)
    if job is None:
        return None
    with translation.override(job.person.language), timezone.override(zone_of(job.person)):
        try:
            ended = _work(job, time.monotonic() + seconds)
        except Exception as error:
            ended = _failed(job, error)
    if not ended:
        wake(job.pk)
    return ended


def _claim(pk: int, worker: str) -> Job | None:
    """Leases the job, and counts the try before it is made: a step that kills its worker ends, too."""
    now = timezone.now()
    claimed = (
        free_jobs().filter(pk=pk).update(lease_until=now + LEASE, lease_by=worker, attempts=F("attempts") + 1)
    )
    if not claimed:
        return None
    Job.objects.filter(pk=pk, started_at__isnull=True).update(started_at=now)
    return Job.objects.select_related("person", "cause").get(pk=pk)


def _work(job: Job, stop_at: float) -> bool:
    """Step after step; whether the job ended."""
    if job.attempts > MOST_TRIES:
        raise JobProblem(_("The worker died at each of %s tries.") % MOST_TRIES)
    if job.cancel_asked:
        return _cancelled(job)
    if not job.person.is_active:
        raise JobProblem(_("%s is no longer active.") % job.person)
    kind = JOB_KINDS[job.kind]
    with kind.session(job) as session:
        while True:
            kind.wait(session)
            with held_generation():
                ended = in_one_transaction(lambda: _step(job, session), session.cause)
            if ended:
                return True
            if Job.objects.filter(pk=job.pk, cancel_asked=True).exists():
                return _cancelled(job)
            if kind.can_pause and time.monotonic() >= stop_at:
                _let_go(job)
                return False


def _step(job: Job, session: Session) -> bool:
    """One step with its results; whether it was the last."""
    job.refresh_from_db(from_queryset=Job.objects.select_related("person"))
    step = session.step(job)
    _keep(job, step)
    job.position = {**(step.position or job.position)}
    job.done += step.done
    for _place, _record, outcome in step.outcomes:
        job.tally[outcome] = job.tally.get(outcome, 0) + 1
    for key, count in _counts_beside(step):
        if count:
            job.tally[key] = job.tally.get(key, 0) + count
    job.told = [*job.told, *step.told]
    job.cause_id = session.cause.id
    ended = step.position is None
    if ended:
        JOB_KINDS[job.kind].finish(job)
        job.succeed()
        job.finished_at = timezone.now()
    _store(job, ended)
    if ended:
        tell_end(job)
    return ended


def _counts_beside(step: Step) -> tuple[tuple[str, int], ...]:
    """What the step counts that is no outcome of a row."""
    return (
        ("refused", len(step.refusals)),
        ("incomplete", len(step.incomplete)),
        ("notices", step.notices),
    )


def _keep(job: Job, step: Step) -> None:
    number = job.position.get("chunk", 0)
    if step.outcomes:
        number += 1
        JobChunk.objects.create(job=job, number=number, outcomes=[list(one) for one in step.outcomes])
    if step.position is not None:
        step.position = {**step.position, "chunk": number}
    kept = job.tally.get("refused", 0) + job.tally.get("incomplete", 0)
    room = max(REFUSALS_KEPT - kept, 0)
    JobRefusal.objects.bulk_create(
        JobRefusal(
            job=job,
            place=refusal.place,
            record_id=refusal.record_id,
            name=refusal.name[:255],
            problems=[
                {"field": problem.field, "code": problem.code, "message": problem.message}
                for problem in refusal.problems
            ],
            cells=None if refusal.cells is None else list(refusal.cells),
        )
        for refusal in [*step.refusals, *step.incomplete][:room]
    )


def _store(job: Job, ended: bool) -> None:
    """Writes what the step did to the job, if it is still this worker's; else undoes the step."""
    values = {
        "position": job.position,
        "done": job.done,
        "tally": job.tally,
        "told": job.told,
        "cause_id": job.cause_id,
        "state": job.state,
        "finished_at": job.finished_at,
        "attempts": 1,
        "lease_until": None if ended else timezone.now() + LEASE,
        "lease_by": None if ended else job.lease_by,
    }
    if not _held(job).update(**values):
        raise _Lost


def _held(job: Job) -> QuerySet[Job]:
    """The job, if it still waits and this worker holds it."""
    return Job.objects.filter(pk=job.pk, state=JobState.WAITING, lease_by=job.lease_by)


def _let_go(job: Job) -> None:
    """The worker turns to others; the job waits for the next, and this was no failed try."""
    _held(job).update(lease_until=None, lease_by=None, attempts=0)


def _cancelled(job: Job) -> bool:
    job.cancel()
    ended = {"state": job.state, "finished_at": timezone.now(), "lease_until": None, "lease_by": None}
    with transaction.atomic():
        if _held(job).update(**ended):
            tell_end(job)
    return True


def _failed(job: Job, error: Exception) -> bool:
    """Ends the job with the reason, or leaves it for another try; whether it ended."""
    if isinstance(error, _Lost):
        return True
    refused = isinstance(error, JobProblem)
    if not refused:
        logger.warning("Job %s (%s), try %s", job.pk, job.kind, job.attempts, exc_info=error)
    with transaction.atomic():
        fresh = Job.objects.select_for_update().get(pk=job.pk)
        if fresh.state != JobState.WAITING or fresh.lease_by != job.lease_by:
            return True
        if not refused and fresh.attempts < MOST_TRIES:
            _held(fresh).update(lease_until=None, lease_by=None)
            return False
        fresh.fail(str(error) if refused else f"{type(error).__name__}: {error}"[:2000])
        _held(fresh).update(
            state=fresh.state,
            error=fresh.error,
            finished_at=timezone.now(),
            lease_until=None,
            lease_by=None,
        )
        tell_end(fresh)
    return True


def root_cause(job: Job) -> CauseNode | None:
    """The job's cause as one to hang others under; None if it changed nothing."""
    return CauseNode("job", job.title, id=job.cause_id) if job.cause_id else None
