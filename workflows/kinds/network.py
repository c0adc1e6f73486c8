"""Kinds whose runs wait for other machines: several at once, so that a slow one holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from workflows.kinds.base import QueuedKind

if TYPE_CHECKING:
    from workflows.models import ActionRun

Call = Callable[[], dict[str, Any]]


class NetworkKind(QueuedKind):
    """A queued kind whose runs are calls of other machines.

    Runs whose input has the same value under `lane_key` go to the same machine: few of them at once.
    """

    lane_key: ClassVar[str]

    def call(self, run: ActionRun, session: Any) -> Call:
        """Reads what the call needs and returns it; the call runs in a thread and asks no database.

        It returns the answer to keep, or raises a RunProblem.
        """
        raise NotImplementedError

    def run(self, run: ActionRun, session: Any) -> dict[str, Any]:
        return self.call(run, session)()
