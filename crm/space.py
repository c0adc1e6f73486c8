"""The space that code runs in: production, or a sandbox. Caches, jobs and outgoing traffic ask it."""

from __future__ import annotations

from contextvars import ContextVar

PRODUCTION = "production"
_space: ContextVar[str] = ContextVar("space", default=PRODUCTION)


def current_space() -> str:
    """The name of the space that this code runs in."""
    return _space.get()
