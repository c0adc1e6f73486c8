"""What goes into the door, and what comes out of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm.door.batch import CauseNode


class Verb(StrEnum):
    """What is done to a record."""

    CREATE = "create"
    EDIT = "edit"
    BIN = "bin"
    RESTORE = "restore"
    PURGE = "purge"


class Source(StrEnum):
    """Where a change comes from: the kind of its first cause."""

    PAGE = "page"
    LIST = "list"
    IMPORT = "import"
    API = "api"
    FORM = "form"
    ADMIN = "admin"
    RULE = "rule"
    ASSIGNMENT = "assignment"
    ACTION = "action"
    CLOCK = "clock"
    UNDO = "undo"
    SYSTEM = "system"


@dataclass(slots=True)
class Change:
    """One change of one record.

    `values` holds what somebody entered, by field key; fields that are not in it stay as they are.
    `version` is the version the person saw; if the record has moved on, fields that others changed in
    the meantime are not overwritten but reported. `system` allows fields that the system keeps.
    `copied` names values that come from another record and were not entered (by a merge, a conversion):
    the actor's field access does not count for them. `in_bin` reaches a record that is in the bin too;
    no automation runs on it. `ref` is the caller's own mark, such as a row number.
    """

    verb: Verb
    module: str
    id: int | None = None
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    version: int | None = None
    system: bool = False
    ref: Any = None
    copied: frozenset[str] = frozenset()
    in_bin: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a change was refused: which field, a code for programs, a message for people."""

    field: str | None
    code: str
    message: str
    detail: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(slots=True)
class Result:
    """How one change went."""

    change: Change
    id: int | None
    problems: list[Problem] = dataclasses.field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the change went in."""
        return not self.problems


@dataclass(slots=True)
class Notice:
    """Something that did not go as a rule wanted, while the change itself went in.

    `cause` is the rule's, if it got that far.
    """

    record_id: int
    label: str
    field: str | None
    message: str
    cause: CauseNode | None = None


@dataclass(slots=True)
class Outcome:
    """How a call went: a result per change, in the order given, and what rules could not do."""

    results: list[Result]
    notices: list[Notice] = dataclasses.field(default_factory=list)
    cause_id: int | None = None

    @property
    def ok(self) -> bool:
        """Whether every change went in."""
        return all(result.ok for result in self.results)

    @property
    def ids(self) -> list[int]:
        """The ids of the records whose changes went in."""
        return [result.id for result in self.results if result.ok and result.id is not None]

    @property
    def problems(self) -> list[Problem]:
        """Every reason for a refusal."""
        return [problem for result in self.results for problem in result.problems]

    def or_raise(self) -> Outcome:
        """Itself, or DoorRefused if anything was refused."""
        if not self.ok:
            raise DoorRefused(self)
        return self


class DoorRefused(Exception):  # noqa: N818 — reads as what happened
    """A change that the caller needed was refused."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("; ".join(f"{p.field or '-'}: {p.message}" for p in outcome.problems[:5]))
        self.outcome = outcome
