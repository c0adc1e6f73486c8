"""How often and when a queued action that failed is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import uniform
from typing import Any


@dataclass(frozen=True)
class RetryPolicy:
    """The waits after the first try, the second and so on; there is one try more than waits.

    `jitter` is the share of a wait by which it is longer or shorter at random, so that what failed together
    does not come back together. A receiver may ask for a longer wait, up to `longest`.
    """

    waits: tuple[timedelta, ...]
    jitter: float = 0
    longest: timedelta = timedelta(days=1)

    @property
    def tries(self) -> int:
        """How often an action is tried in all."""
        return len(self.waits) + 1

    def wait(self, attempts: int, asked: timedelta | None = None) -> timedelta:
        """How long to wait after so many tries, at least as long as the receiver asked for."""
        usual = self.waits[attempts - 1] * (1 + uniform(-self.jitter, self.jitter))
        return max(usual, min(asked, self.longest)) if asked else usual


USUAL = RetryPolicy((timedelta(minutes=1), timedelta(minutes=5)))


class RunProblem(Exception):  # noqa: N818 — kept with the run, not an accident
    """A try that failed; `answer` is kept with the run, `after` is the wait that the receiver asked for."""

    def __init__(
        self, message: str, *, answer: dict[str, Any] | None = None, after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.answer, self.after = answer or {}, after


class NoFurtherTry(RunProblem):
    """A try that failed for a reason that another one would not change."""
