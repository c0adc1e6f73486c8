"""What can be done to many records at once: one class each. The engine of jobs does it chunk by chunk."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.bulk.selection import Selection
from crm.door import Change, Source, Verb, apply
from crm.door import Outcome as DoorOutcome
from crm.door.batch import CauseNode
from crm.door.share import Grantee, share_records
from crm.door.tags import add_tags, remove_tags
from crm.jobs.kinds import JobKind, JobProblem, Refusal, Step, cause_of, register_job_kind
from crm.lists.problems import ListProblem
from crm.models import Job, SharingGroup, User
from crm.modules.registry import ModuleInfo, UnknownModule
from crm.visibility import can


class BulkSession:
    """Goes through the selection in order of id."""

    def __init__(self, kind: BulkKind, job: Job) -> None:
        self.kind = kind
        self.cause: CauseNode = cause_of(job, Source.LIST.value)
        try:
            self.selection = Selection.kept(job.input)
            self.selection.where(job.person)
        except UnknownModule:
            raise JobProblem(_("The module is no longer there.")) from None
        except ListProblem as problem:
            raise JobProblem(problem.message) from None
        if not kind.allowed(job.person, self.selection.module):
            raise JobProblem(
                _("Your profile does not allow this in %s.") % self.selection.module.label_plural
            )

    def step(self, job: Job) -> Step:
        """The next records after the position."""
        size = settings.CRM_CHUNK_SIZE[connection.vendor]
        ids = self.selection.following(job.person, job.position.get("after", 0), size)
        if not ids:
            return Step(None)
        outcome = self.kind.act(job, ids, self.cause)
        refused = [result for result in outcome.results if not result.ok]
        names = self.selection.named(job.person, [result.id for result in refused if result.id])
        return Step(
            {"after": ids[-1]} if len(ids) == size else None,
            [(result.id or 0, result.id, self.kind.outcome) for result in outcome.results if result.ok],
            [Refusal(r.id or 0, r.problems, r.id, names.get(r.id or 0) or "") for r in refused],
            len(outcome.notices),
        )


class BulkKind(JobKind):
    """A bulk action. `verb` is the right that it needs on the module, beside that of mass updates."""

    can_undo = True
    verb: ClassVar[str] = "edit"
    outcome: ClassVar[str] = "updated"
    action: ClassVar[str | Promise]  # as a verb on a button

    @contextmanager
    def session(self, job: Job) -> Iterator[BulkSession]:
        """The selection and the cause."""
        yield BulkSession(self, job)

    def allowed(self, user: User, module: ModuleInfo) -> bool:
        """Whether the person's profile allows it in the module."""
        return can(user, "mass_update", module) and can(user, self.verb, module)

    def changes(self, _module: str, _ids: Sequence[int], _wishes: Mapping[str, Any]) -> list[Change]:
        """What it would ask of the door, for a preview; nothing where it changes no fields."""
        return []

    @abstractmethod
    def act(self, job: Job, ids: Sequence[int], cause: CauseNode) -> DoorOutcome:
        """Does it to these records."""


class ChangingKind(BulkKind):
    """Asks the door for the same of every record."""

    def act(self, job: Job, ids: Sequence[int], cause: CauseNode) -> DoorOutcome:
        """One batch; refused records come back."""
        changes = self.changes(job.module, ids, job.input)
        return apply(changes, actor=job.person, source=Source.LIST, mode="each", cause=cause)


class Update(ChangingKind):
    """Sets fields, the owner too."""

    key, icon = "bulk_update", "edit"
    label, action = gettext_lazy("Change of many records"), gettext_lazy("Change fields")

    def changes(self, module: str, ids: Sequence[int], wishes: Mapping[str, Any]) -> list[Change]:
        """The same values for each."""
        return [Change(Verb.EDIT, module, pk, dict(wishes["values"])) for pk in ids]


class Delete(ChangingKind):
    """Moves to the bin."""

    key, icon, verb, outcome = "bulk_delete", "trash", "delete", "deleted"
    label, action = gettext_lazy("Deletion of many records"), gettext_lazy("Delete")

    def changes(self, module: str, ids: Sequence[int], _wishes: Mapping[str, Any]) -> list[Change]:
        """All to the bin."""
        return [Change(Verb.BIN, module, pk) for pk in ids]


class Tag(BulkKind):
    """Puts tags on, and takes tags off."""

    key, icon, outcome = "bulk_tag", "tag", "tagged"
    label, action = gettext_lazy("Tags of many records"), gettext_lazy("Tag")

    def act(self, job: Job, ids: Sequence[int], cause: CauseNode) -> DoorOutcome:
        """First on, then off."""
        whole = None
        for work, tags in ((add_tags, job.input["add"]), (remove_tags, job.input["remove"])):
            if tags:
                whole = work(job.module, ids, tags, actor=job.person, cause=cause)
        return whole or DoorOutcome([])


class Share(BulkKind):
    """Shares with a person or group."""

    key, icon, outcome = "bulk_share", "share", "shared"
    label, action = gettext_lazy("Sharing of many records"), gettext_lazy("Share")

    def act(self, job: Job, ids: Sequence[int], cause: CauseNode) -> DoorOutcome:
        """The same for each; ends the job if the person or group is no longer there."""
        grantee = grantee_of(job.input["with"])
        if grantee is None:
            raise JobProblem(_("The person or group to share with is no longer there."))
        level = job.input["level"]
        return share_records(job.module, ids, grantee, level, actor=job.person, cause=cause)


def grantee_of(told: Sequence[Any]) -> Grantee | None:
    """The active person or the group that `["user" | "group", id]` means."""
    kind, pk = told
    if kind == "user":
        return User.objects.filter(pk=pk, is_active=True).first()
    return SharingGroup.objects.filter(pk=pk).first()


BULK_KINDS: dict[str, BulkKind] = {
    "update": Update(),
    "owner": Update(),
    "tag": Tag(),
    "share": Share(),
    "delete": Delete(),
}
for _kind in BULK_KINDS.values():
    register_job_kind(_kind)
