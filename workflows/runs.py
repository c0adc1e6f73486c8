"""Carries out queued actions: claims due rows, runs them, and keeps how it went.

A claim is a lease: a worker that dies gives its rows back when the lease ends. Effects in this database
happen exactly once, in one transaction with "done"; others at least once, with a key that stays the same.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.documents.generation import held_generation
from crm.door.storage import update_rows
from workflows.claims import LEASE, claim, due_runs
from workflows.kinds.base import ACTION_KINDS, CANCELLED, QueuedKind
from workflows.lanes import network_kinds, open_lanes
from workflows.models import ActionRun, RunState
from workflows.retries import USUAL, NoFurtherTry, RetryPolicy, RunProblem

logger = logging.getLogger(__name__)

AT_ONCE = 500
SECONDS = 200  # that one drain takes at most: less than a worker's time-out

SETTLED = ("id", "state", "answer", "finished_at", "lease_until", "lease_by")


def drain(limit: int = AT_ONCE, seconds: float = SECONDS) -> dict[str, int]:
    """Runs what is due, for at most so many seconds; returns how many were done, put off, failed."""
    worker = Worker(
        f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:8]}", time.monotonic() + seconds
    )
    with ExitStack() as worker.sessions, open_lanes(worker) as lanes:
        while time.monotonic() < worker.stop_at:
            lanes.fill()
            runs = claim(limit, worker.name, due_runs().exclude(kind__in=network_kinds()))
            worker.run_all(runs)
            if not runs and not lanes.busy:
                break
            lanes.settle(wait=not runs)
    return {key: worker.counts[key] for key in ("done", "retried", "failed")}


def retries_of(run: ActionRun) -> RetryPolicy:
    """The policy of the run's kind."""
    return getattr(ACTION_KINDS.get(run.kind), "retries", USUAL)


@dataclass
class Worker:
    """One drain: its name in leases, when to stop, what its runs share, and how they went."""

    name: str
    stop_at: float
    counts: Counter[str] = field(default_factory=Counter)
    sessions: ExitStack = field(default_factory=ExitStack)
    open: dict[str, Any] = field(default_factory=dict)

    def held(self, runs: Sequence[ActionRun]) -> QuerySet[ActionRun]:
        """Those of the runs that are still this worker's."""
        ids = [run.pk for run in runs]
        return ActionRun.objects.filter(pk__in=ids, state=RunState.WAITING, lease_by=self.name)

    def run_all(self, runs: Sequence[ActionRun]) -> None:
        """Runs claimed rows, kind by kind."""
        with held_generation():
            for key, group in groupby(sorted(runs, key=lambda run: run.kind), key=lambda run: run.kind):
                self.run_kind(key, list(group))

    def session(self, kind: QueuedKind) -> Any:
        """What the kind's runs share in this drain."""
        if kind.key not in self.open:
            self.open[kind.key] = self.sessions.enter_context(kind.session())
        return self.open[kind.key]

    def run_kind(self, key: str, runs: list[ActionRun]) -> None:
        """Runs claimed rows of one kind: together if all effects are in this database, else one by one."""
        kind = ACTION_KINDS.get(key)
        if not isinstance(kind, QueuedKind):
            for run in runs:
                self.settle_failed(run, _("There is no queued action “%s”.") % key)
            return
        if kind.transactional:
            self.run_together(kind, self.begin(runs))
            return
        for place, run in enumerate(runs):
            if time.monotonic() > self.stop_at:
                self.give_back(runs[place:])
                return
            if self.begin([run]):
                self.run_one(kind, run)

    def begin(self, runs: Sequence[ActionRun]) -> list[ActionRun]:
        """Counts the try before it is made, so that a run that kills its worker ends after the last, too."""
        ready = [run for run in runs if run.attempts < retries_of(run).tries]
        for run in runs:
            if run.attempts >= (tries := retries_of(run).tries):
                self.settle_failed(run, _("The last of %s tries was not finished: its worker died.") % tries)
        until = timezone.now() + LEASE
        if self.held(ready).update(attempts=F("attempts") + 1, lease_until=until) < len(ready):
            mine = set(self.held(ready).values_list("pk", flat=True))
            ready = [run for run in ready if run.pk in mine]
        for run in ready:
            run.attempts += 1
        return ready

    def run_together(self, kind: QueuedKind, runs: Sequence[ActionRun]) -> None:
        """Effects and "done" of all in one transaction; if that fails, each in its own."""
        try:
            self.counts["done"] += self.do(kind, runs)
        except Exception as error:
            if len(runs) == 1:
                self.settle_error(runs[0], error)
                return
            for run in runs:
                self.run_together(kind, [run])

    def do(self, kind: QueuedKind, runs: Sequence[ActionRun]) -> int:
        """The runs that are still this worker's, locked, carried out and settled."""
        with transaction.atomic():
            mine = set(self.held(runs).select_for_update().order_by("pk").values_list("pk", flat=True))
            locked = [copy(run) for run in runs if run.pk in mine]  # if this is undone, they still wait
            answers = kind.run_many(locked, self.session(kind))
            now = timezone.now()
            for run, answer in zip(locked, answers, strict=True):
                if CANCELLED in answer:
                    run.cancel(answer[CANCELLED])
                else:
                    run.succeed(answer)
            update_rows(
                ActionRun, SETTLED, [(run.pk, run.state, run.answer, now, None, None) for run in locked]
            )
        return len(locked)

    def run_one(self, kind: QueuedKind, run: ActionRun) -> None:
        """The effect is outside this database: first it, then "done"."""
        try:
            answer = kind.run(run, self.session(kind))
        except Exception as error:
            self.settle_error(run, error)
            return
        run.succeed(answer)
        self.settle(run, "done")

    def settle_error(self, run: ActionRun, error: Exception) -> None:
        """Another try after a while, or the end."""
        problem = error if isinstance(error, RunProblem) else RunProblem(f"{type(error).__name__}: {error}")
        message = str(problem)[:2000]
        logger.warning("Action run %s (%s), try %s: %s", run.pk, run.kind, run.attempts, message)
        run.answer = {**run.answer, **problem.answer}
        policy = retries_of(run)
        if run.attempts >= policy.tries or isinstance(problem, NoFurtherTry):
            self.settle_failed(run, message)
            return
        again = timezone.now() + policy.wait(run.attempts, problem.after)
        answer = {**run.answer, "error": message}
        changed = self.held([run]).update(due_at=again, answer=answer, lease_until=None, lease_by=None)
        self.counts["retried"] += changed

    def settle_failed(self, run: ActionRun, message: str) -> None:
        """The end: the error is kept, an admin can ask for another try."""
        run.fail(message)
        self.settle(run, "failed")

    def settle(self, run: ActionRun, how: str) -> None:
        """Writes the run's new state, if it is still this worker's to write."""
        self.counts[how] += self.held([run]).update(
            state=run.state, answer=run.answer, finished_at=timezone.now(), lease_until=None, lease_by=None
        )

    def give_back(self, runs: Sequence[ActionRun]) -> None:
        """Ends the lease of rows that were not begun."""
        self.held(runs).update(lease_until=None, lease_by=None)
