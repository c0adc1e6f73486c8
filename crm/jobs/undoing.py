"""Takes back what a job did: read backwards from the history of everything that it caused.

What it created goes to the bin, with what rules created because of it; fields get back what they had
before, if they still have what the job gave them. What somebody changed since stays, and is listed. No
rule runs on this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import Change, Problem, Source, Verb, apply
from crm.door.reading import Stored, read_records
from crm.door.share import take_back_share
from crm.jobs.kinds import JobKind, JobProblem, Refusal, Step, cause_of, register_job_kind
from crm.models import Cause, History, Job
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo

ROWS = 500
NO_STAGES: frozenset[str] = frozenset()

# Called first, with the undone job's root cause: each stops what still waits because of it, and tells
# what cannot be taken back. Higher floors add theirs.
ALSO_UNDONE: list[Callable[[int], list[str]]] = []


@dataclass
class Undoing:
    """One record on its way back: what it is now, and what it shall be."""

    module: ModuleInfo
    stored: Stored
    values: dict[str, Any] = field(default_factory=dict)
    binned: bool | None = None
    problems: list[Problem] = field(default_factory=list)

    def value(self, key: str) -> Any:
        """The field as it is, or as it will be after what was undone so far."""
        return self.values[key] if key in self.values else self.stored.values.get(key)

    @property
    def in_bin(self) -> bool:
        """Whether it is in the bin, or will be."""
        return self.stored.binned_at is not None if self.binned is None else self.binned

    def take_back(self, row: History) -> None:
        """Goes one step of the history back."""
        if row.kind == History.Kind.CREATE:
            self.binned = True
        elif row.kind == History.Kind.BIN:
            self.binned = False
        elif row.kind == History.Kind.RESTORE:
            self.binned = True
        elif row.kind == History.Kind.EDIT:
            for key, (before, after, _cause) in row.changes.items():
                self._field(self.module.fields.get(key), before, after)

    def _field(self, info: FieldInfo | None, before: Any, after: Any) -> None:
        if info is None or info.system or "base_of" in info.options:
            return
        if self.value(info.key) == _parsed(info, after):
            self.values[info.key] = _parsed(info, before)
            return
        shown = info.type.show(self.value(info.key), info)
        told = {"field": info.label, "value": shown or _("empty")}
        message = _("%(field)s was changed since (now: %(value)s); it stays.") % told
        self.problems.append(Problem(info.key, "changed_since", message))

    def changes(self) -> Iterator[Change]:
        """What the door is asked for."""
        key, pk = self.module.key, self.stored.id
        values = {name: value for name, value in self.values.items() if value != self.stored.values.get(name)}
        in_bin = self.stored.binned_at is not None
        if in_bin and self.binned is False:
            yield Change(Verb.RESTORE, key, pk, ref=self)
        if values and not (in_bin and self.in_bin):
            copied = frozenset(values)
            yield Change(Verb.EDIT, key, pk, values, version=self.stored.version, copied=copied, ref=self)
        if not in_bin and self.binned:
            yield Change(Verb.BIN, key, pk, ref=self)


def _parsed(info: FieldInfo, dumped: Any) -> Any:
    return info.type.empty if dumped is None else info.type.parse(dumped, info)


def caused_by(root_id: int) -> QuerySet[History]:
    """The history of everything that a root cause led to, the last first."""
    causes = Cause.objects.filter(Q(pk=root_id) | Q(root_id=root_id))
    return History.objects.filter(cause__in=causes.values("pk")).order_by("-id")


class UndoSession:
    """Walks through the history from its end."""

    def __init__(self, job: Job) -> None:
        if job.undoes is None or job.undoes.cause_id is None:
            raise JobProblem(_("There is nothing to undo."))
        self.root_id = job.undoes.cause_id
        self.cause = cause_of(job, Source.UNDO.value)

    def step(self, job: Job) -> Step:
        """Undoes the last rows before the position."""
        before = job.position.get("before")
        told = [] if before else [line for undo in ALSO_UNDONE for line in undo(self.root_id)]
        rows = caused_by(self.root_id)
        found = list((rows.filter(pk__lt=before) if before else rows)[:ROWS])
        step = self._undo(job, found)
        step.told = told
        step.position = {"before": found[-1].pk} if len(found) == ROWS else None
        return step

    def _undo(self, job: Job, rows: Iterable[History]) -> Step:
        records = self._read(rows)
        for row in rows:
            if row.kind == History.Kind.SHARE:
                take_back_share(row, actor=job.person, cause=self.cause)
            elif (record := records.get(row.record_id)) is not None:
                record.take_back(row)
        changes = [change for record in records.values() for change in record.changes()]
        outcome = apply(
            changes, actor=job.person, source=Source.UNDO, mode="each", cause=self.cause, automation=NO_STAGES
        )
        for result in outcome.results:
            result.change.ref.problems.extend(result.problems)
        moved = {change.id for change in changes}
        refused = [record for record in records.values() if record.problems]
        return Step(
            {},
            [
                (pk, pk, "undone" if pk in moved else "unchanged")
                for pk, record in records.items()
                if not record.problems
            ],
            [Refusal(r.stored.id, r.problems, r.stored.id, _name(r)) for r in refused],
            len(outcome.notices),
        )

    def _read(self, rows: Iterable[History]) -> dict[int, Undoing]:
        """The records of these rows that are still there."""
        by_module: dict[str, set[int]] = {}
        for row in rows:
            by_module.setdefault(row.module, set()).add(row.record_id)
        found: dict[int, Undoing] = {}
        for key, ids in by_module.items():
            module = registry().modules.get(key)
            if module is not None:
                rows_now = read_records(module, ids).items()
                found |= {pk: Undoing(module, stored) for pk, stored in rows_now}
        return found


def _name(record: Undoing) -> str:
    return str(record.stored.values.get("name") or f"{record.module.label} #{record.stored.id}")


class UndoKind(JobKind):
    """Takes back what another job did."""

    key = "undo"
    label = gettext_lazy("Undo")
    icon = "arrow-back-up"

    @contextmanager
    def session(self, job: Job) -> Iterator[UndoSession]:
        """Nothing is kept open."""
        yield UndoSession(job)


register_job_kind(UndoKind())
