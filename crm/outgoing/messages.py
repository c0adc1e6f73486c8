"""What goes out of the gate and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KEPT_BYTES = 64 * 1024  # of an answer's body


@dataclass(frozen=True)
class Request:
    """One HTTP request; `seconds` is the time it may take in all.

    Only the method is shown where a request is printed: addresses, headers and bodies may hold secrets.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 10


@dataclass(frozen=True)
class Answer:
    """What came back: the first KEPT_BYTES of the body, whether there was more, and how long it took.

    Outside of production nothing is sent: `kept` is true, and the status 0.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: bool = False
    seconds: float = 0
    kept: bool = False


class OutgoingProblem(Exception):  # noqa: N818 — told to people, not an accident
    """Why there is no answer; the message names at most the host, never the whole address."""


class NotAllowed(OutgoingProblem):
    """The request is not sent, now or later: its address, method or a header is not allowed."""


class NoAnswer(OutgoingProblem):
    """The receiver could not be reached or did not answer in time; later it may."""
