"""Why a file cannot be imported at all, and why one of its rows cannot."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


class ImportProblem(ValueError):  # noqa: N818 — a refusal with a message for people, not an accident
    """The file or what is asked of it cannot be used; nothing has been imported."""

    def __init__(self, message: str | Promise, code: str = "unusable") -> None:
        super().__init__(str(message))
        self.message, self.code = str(message), code


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one row is refused: the column (None: the whole row), a code for programs, a message for people."""

    column: str | None
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.column}: {self.message}" if self.column else self.message
