"""Why a list, or a change of a saved view, is refused."""

from __future__ import annotations

from django.utils.functional import Promise


class ListProblem(ValueError):  # noqa: N818 — a refusal with a message for people, not an accident
    """Part of what a list should show is unknown, or not for this person."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = str(message)


class ViewProblem(ListProblem):
    """A change of a saved view that cannot be made; `field` says what to correct, None means the whole."""

    def __init__(self, message: str | Promise, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
