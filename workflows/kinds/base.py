"""What an action kind is: something that a rule, and everything else that acts, can do to a record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise

from crm.door import Batch, CauseNode, Draft
from crm.modules.registry import ModuleInfo
from workflows.kinds.forms import ActionForm
from workflows.kinds.references import Reference
from workflows.retries import USUAL, RetryPolicy

if TYPE_CHECKING:
    from workflows.models import ActionRun

Config = dict[str, Any]
CANCELLED = "cancelled"  # in a run's answer: why it was called off rather than carried out


class ActionProblem(ValueError):  # noqa: N818 — shown on the record, the change itself goes in
    """An action that could not be carried out; the message says why, `field` what it was about to set."""

    field: str | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """One action about to be carried out: on which record, why, and its place in the document."""

    batch: Batch
    draft: Draft
    cause: CauseNode
    place: str


class ActionKind:
    """A kind of action. One file in `workflows/kinds/` with one such class adds one.

    An action either does its work in memory while the change is decided on (`decide`), or asks for a
    run there, which a worker carries out after the commit (QueuedKind).
    """

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    offered: ClassVar[bool] = True  # whether an admin can choose it
    sets_record: ClassVar[bool] = False  # whether it changes the record itself, which a deleted one refuses
    form: ClassVar[type[ActionForm]]

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        """What is wrong with an action's settings, in words; nothing if it can be published."""
        raise NotImplementedError

    def describe(self, config: Config, module: ModuleInfo) -> str:
        """The action in plain words, in the active language."""
        raise NotImplementedError

    def prepare(self, config: Config, module: ModuleInfo) -> Any:
        """The settings as `decide` wants them; worked out once per configuration generation."""
        return config

    def paths(self, prepared: Any) -> frozenset[str]:
        """Paths over links that `decide` reads from the draft."""
        return frozenset()

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        """What valid settings name, so that it can be told where a thing is used."""
        return []

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        """What the action would do to this very record, in words; raises ActionProblem if it could not."""
        return [str(self.label)]

    def decide(self, firing: Firing, prepared: Any) -> None:
        """Carries the action out in the batch; raises ActionProblem."""
        raise NotImplementedError


class QueuedKind(ActionKind):
    """An action that is carried out when the record's values are final: by a worker after the commit.

    `transactional` kinds have effects in this database only: they happen exactly once, many runs in one
    transaction. Others (mail) happen at least once, one by one. Kinds `with_change` store their effect
    together with the change (`store`), and need a run only if they are to come later.
    """

    transactional: ClassVar[bool] = False
    with_change: ClassVar[bool] = False
    retries: ClassVar[RetryPolicy] = USUAL

    def decide(self, firing: Firing, prepared: Any) -> None:
        """Asks for a run, written with the change."""
        from workflows.outbox import enqueue

        enqueue(self, firing, prepared)

    def store(self, batch: Batch, asked: Sequence[tuple[Firing, Any]]) -> None:
        """Stores the effects of all firings of a kind `with_change` at once."""
        raise NotImplementedError

    def input(self, firing: Firing, prepared: Any) -> dict[str, Any]:
        """What the run needs to know, as plain JSON; asked when the record's values are final."""
        raise NotImplementedError

    def session(self) -> AbstractContextManager[Any]:
        """What the runs of one drain share, such as a connection."""
        return nullcontext()

    def run(self, run: ActionRun, session: Any) -> dict[str, Any]:
        """Carries the action out and returns the answer to keep; raises if it should be tried again.

        A RunProblem says what to keep and how long to wait, a NoFurtherTry that it is the end.
        """
        raise NotImplementedError

    def run_many(self, runs: Sequence[ActionRun], session: Any) -> list[dict[str, Any]]:
        """Carries out many runs of a transactional kind; the answers in order.

        An answer with CANCELLED says why the run was not carried out after all.
        """
        return [self.run(run, session) for run in runs]


ACTION_KINDS: dict[str, ActionKind] = {}


def register_action_kind(kind: type[ActionKind]) -> type[ActionKind]:
    """Makes an action kind known under its key; used as a decorator."""
    ACTION_KINDS[kind.key] = kind()
    return kind


def foreseen(kind: ActionKind, firing: Firing, prepared: Any) -> list[str]:
    """What an action would do to a record, in words; or why it could not."""
    try:
        return kind.foresee(firing, prepared)
    except ActionProblem as problem:
        return [f"{kind.label}: {problem}"]


def missing(config: Config, *keys: str) -> Iterable[str]:
    """The keys that have no value in the settings."""
    return (key for key in keys if config.get(key) in (None, "", [], {}))
