"""Deleting for good what is in a module's bin: some records, or all that the person finds there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import Change, Source, Verb, apply
from crm.door.apply import clear_portion
from crm.door.batch import CauseNode
from crm.door.bin import in_bin
from crm.jobs.kinds import JobKind, JobProblem, Refusal, Step, cause_of, register_job_kind
from crm.jobs.verbs import start_job
from crm.models import Job, User
from crm.modules.loading import module as module_by_key
from crm.modules.registry import ModuleInfo, UnknownModule
from crm.visibility import can, readable


def start_purge(
    module: ModuleInfo, *, actor: User, ids: Sequence[int] | None = None, q: str = "", total: int | None
) -> Job:
    """A job that deletes these records for good; without ids, all in the bin that match the search."""
    number = _("all") if total is None else str(total)
    chosen = {"ids": None if ids is None else sorted(ids), "q": q, "until": timezone.now().isoformat()}
    return start_job(
        "purge",
        actor=actor,
        module=module.key,
        title=_("Bin of %(modules)s: %(number)s") % {"modules": module.label_plural, "number": number},
        input=chosen,
        total=total,
    )


def binned(user: User, module: ModuleInfo, chosen: Mapping[str, Any]) -> Any:
    """The chosen records, as far as they are in the person's bin since before the job was asked for."""
    until = datetime.fromisoformat(chosen["until"])
    rows = in_bin(user, module, chosen["q"]).filter(binned_at__lte=until)
    return rows if chosen["ids"] is None else rows.filter(pk__in=chosen["ids"])


class PurgeSession:
    """Goes through the chosen records in order of id."""

    def __init__(self, job: Job) -> None:
        self.cause: CauseNode = cause_of(job, Source.PAGE.value)
        try:
            self.module = module_by_key(job.module)
        except UnknownModule:
            raise JobProblem(_("The module is no longer there.")) from None
        if not can(job.person, "delete", self.module):
            raise JobProblem(_("Your profile does not allow this in %s.") % self.module.label_plural)

    def step(self, job: Job) -> Step:
        """The next records after the position; where many links point at them, first some of those links."""
        size = settings.CRM_CHUNK_SIZE[connection.vendor]
        rows = binned(job.person, self.module, job.input).filter(pk__gt=job.position.get("after", 0))
        ids = list(rows.order_by("id").values_list("id", flat=True)[:size])
        if not ids:
            return Step(None)
        changes = [Change(Verb.PURGE, self.module.key, pk) for pk in ids]
        cleared = clear_portion(changes, actor=job.person, source=Source.PAGE, cause=self.cause)
        if cleared is not None:
            return Step({"after": ids[0] - 1}, notices=len(cleared.notices))
        names = self._names(job.person, ids)
        outcome = apply(changes, actor=job.person, source=Source.PAGE, mode="each", cause=self.cause)
        return Step(
            {"after": ids[-1]} if len(ids) == size else None,
            [(result.id or 0, None, "purged") for result in outcome.results if result.ok],
            [
                Refusal(r.id or 0, r.problems, None, names.get(r.id or 0) or f"#{r.id}")
                for r in outcome.results
                if not r.ok
            ],
            len(outcome.notices),
        )

    def _names(self, user: User, ids: Sequence[int]) -> dict[int, str]:
        if "name" not in readable(user, self.module):
            return {}
        return dict(self.module.rows().filter(pk__in=ids).values_list("id", "name"))


class Purge(JobKind):
    """Deletes for good; nothing of it can be taken back."""

    key, icon, leaves_records = "purge", "trash", False
    label = gettext_lazy("Deletion for good")

    @contextmanager
    def session(self, job: Job) -> Iterator[PurgeSession]:
        """Nothing is kept open."""
        yield PurgeSession(job)


register_job_kind(Purge())
