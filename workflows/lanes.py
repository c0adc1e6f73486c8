"""Runs that wait for other machines: in threads, few per machine, beside the other work of a drain.

Each machine is a lane. A lane begins with one run at a time, and gets more once one went well; after one that
failed slowly it gets no more in this drain. So machines that hang cost a drain one time-out, and nobody else
waits for them. Threads make the calls only; the main thread reads and writes the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from workflows.claims import claim, due_runs
from workflows.kinds.base import ACTION_KINDS
from workflows.kinds.network import Call, NetworkKind
from workflows.models import ActionRun

if TYPE_CHECKING:
    from workflows.runs import Worker

AT_ONCE = 16
AT_ONCE_PER_LANE = 3
SECONDS = 60  # that one drain begins calls: the clock has other work, and what is left wakes the next drain
SLOW = 3.0  # seconds after which a failure closes its lane
PAUSE = 0.25  # seconds between looks for other work, while calls are under way

Lane = tuple[str, str]


def network_kinds() -> list[str]:
    """The keys of the kinds whose runs go through lanes."""
    return [key for key, kind in ACTION_KINDS.items() if isinstance(kind, NetworkKind)]


@dataclass(frozen=True)
class Under:
    """A call under way: for which run, in which lane, since when."""

    run: ActionRun
    lane: Lane
    begun: float


@dataclass
class Lanes:
    """The calls of one drain."""

    worker: Worker
    pool: ThreadPoolExecutor
    stop_at: float
    calls: dict[Future[dict[str, Any]], Under] = field(default_factory=dict)
    proven: set[Lane] = field(default_factory=set)
    closed: set[Lane] = field(default_factory=set)

    @property
    def busy(self) -> bool:
        """Whether calls are under way."""
        return bool(self.calls)

    def fill(self) -> None:
        """Begins as many due runs as there is room for."""
        while (free := AT_ONCE - len(self.calls)) > 0 and monotonic() < self.stop_at:
            runs = claim(free, self.worker.name, self.due())
            if sum(self.begin(run) for run in runs) == 0:
                return

    def due(self) -> QuerySet[ActionRun]:
        """Due runs of lanes that have room."""
        some = Q(pk__in=())
        full = self.full()
        for key, kind in ACTION_KINDS.items():
            if isinstance(kind, NetworkKind):
                names = [name for of, name in full if of == key]
                some |= Q(kind=key) & ~Q(**{f"input__{kind.lane_key}__in": names}) if names else Q(kind=key)
        return due_runs().filter(some)

    def full(self) -> set[Lane]:
        """The lanes that get no more for now."""
        under = Counter(call.lane for call in self.calls.values())
        return self.closed | {lane for lane, count in under.items() if count >= self.room(lane)}

    def room(self, lane: Lane) -> int:
        """How many calls a lane may have at once."""
        return AT_ONCE_PER_LANE if lane in self.proven else 1

    def begin(self, run: ActionRun) -> bool:
        """Begins a call in its lane, or gives the run back where the lane is full."""
        kind = ACTION_KINDS[run.kind]
        assert isinstance(kind, NetworkKind)
        lane = (run.kind, str(run.input.get(kind.lane_key)))
        if lane in self.full():
            self.worker.give_back([run])
            return False
        if self.worker.begin([run]):
            self.submit(kind, run, lane)
        return True

    def submit(self, kind: NetworkKind, run: ActionRun, lane: Lane) -> None:
        """Hands the call to a thread, with the space that this one is in."""
        try:
            call: Call = kind.call(run, self.worker.session(kind))
        except Exception as error:
            self.worker.settle_error(run, error)
            return
        self.calls[self.pool.submit(copy_context().run, call)] = Under(run, lane, monotonic())

    def settle(self, *, wait: bool) -> None:
        """Writes how calls went that have ended; waits a moment for one if there is nothing else to do."""
        for future in ended(self.calls, PAUSE if wait else 0):
            under = self.calls.pop(future)
            self.finish(under, future)

    def finish(self, under: Under, future: Future[dict[str, Any]]) -> None:
        """Writes how a call went, and what that says of its lane."""
        try:
            answer = future.result()
        except Exception as error:
            if monotonic() - under.begun > SLOW:
                self.closed.add(under.lane)
            self.worker.settle_error(under.run, error)
            return
        self.proven.add(under.lane)
        under.run.succeed(answer)
        self.worker.settle(under.run, "done")

    def wait_for_all(self) -> None:
        """Writes how all calls went; each has a time-out of its own."""
        while self.busy:
            self.settle(wait=True)


def ended(calls: dict[Future[dict[str, Any]], Under], seconds: float) -> set[Future[dict[str, Any]]]:
    """The calls that have ended, within so many seconds if none has yet."""
    return wait(calls, timeout=seconds, return_when=FIRST_COMPLETED).done if calls else set()


@contextmanager
def open_lanes(worker: Worker) -> Iterator[Lanes]:
    """Lanes for one drain; at its end what is under way is waited for."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="lane")
    lanes = Lanes(worker, pool, min(worker.stop_at, monotonic() + SECONDS))
    try:
        yield lanes
        lanes.wait_for_all()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
