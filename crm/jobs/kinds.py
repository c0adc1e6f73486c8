"""What a kind of job is. A new kind is one class that registers itself; the engine knows none by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from django.utils.functional import Promise

from crm.door import CauseNode, Problem
from crm.models import Job


class JobProblem(Exception):  # noqa: N818 — reads as what it is
    """The job cannot be asked for or cannot go on; the message is for people."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not done, or not whole; `place` is its number in the file or its record's id."""

    place: int
    problems: Sequence[Problem]
    record_id: int | None = None
    name: str = ""
    cells: Sequence[str] | None = None


Outcome = tuple[int, int | None, str]  # place, record id, what became of it: created, updated, skipped …


@dataclass(slots=True)
class Step:
    """What one step did, and where the next one begins (None: nothing is left)."""

    position: Mapping[str, Any] | None
    outcomes: Sequence[Outcome] = ()
    refusals: Sequence[Refusal] = ()
    notices: int = 0
    told: Sequence[str] = field(default_factory=list)
    incomplete: Sequence[Refusal] = ()  # went in at an earlier step, but not whole

    @property
    def done(self) -> int:
        """How many rows or records the step took."""
        return len(self.outcomes) + len(self.refusals)


class Session(Protocol):
    """A job at work in one process: keeps what is dear to open again, such as a file."""

    cause: CauseNode  # the one cause of everything that the job does

    def step(self, job: Job) -> Step:
        """Does what begins at `job.position`, inside the engine's transaction.

        It may be called again for the same place, if the transaction was undone.
        """
        ...


class JobKind(ABC):
    """One kind of job."""

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str] = "checklist"
    can_undo: ClassVar[bool] = False
    listed: ClassVar[bool] = True  # whether people see it among their jobs
    leaves_records: ClassVar[bool] = True  # whether the records that it was about can be looked at afterwards
    gives_file: ClassVar[bool] = False  # whether its file is a result, for its person to download
    can_pause: ClassVar[bool] = True  # whether a worker may leave it between two steps to the next one
    again: ClassVar[str] = ""  # the page on which the same can be asked for again; it takes the module's key
    again_label: ClassVar[str | Promise] = ""

    @abstractmethod
    def session(self, job: Job) -> AbstractContextManager[Session]:
        """Opens the job for work; raises JobProblem if it cannot be done (any more)."""

    def columns(self, _job: Job) -> Sequence[str] | None:
        """The headings of its refusals' cells, where they have cells."""
        return None

    def wait(self, session: Session) -> None:  # noqa: B027 — most kinds have nothing to wait for
        """Called before each step, outside of its transaction, for what is at work elsewhere."""

    def files(self, job: Job) -> list[str]:
        """The names in the storage of the files that belong to the job, and go with it."""
        return [str(job.file.name)] if job.file else []

    def finish(self, job: Job) -> None:  # noqa: B027 — most kinds have nothing to do at the end
        """Called once when the job is done, in the transaction of its last step."""


JOB_KINDS: dict[str, JobKind] = {}


def register_job_kind(kind: JobKind) -> None:
    """Makes a kind of job known."""
    JOB_KINDS[kind.key] = kind


def cause_of(job: Job, kind: str) -> CauseNode:
    """The job's cause: the row that it has already, or a new one with its first change."""
    return CauseNode(kind, job.title, detail={"job": job.pk}, id=job.cause_id)
