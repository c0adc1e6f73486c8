"""What criteria are judged with: a row, a context; and what they answer with: lines and problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.utils.functional import cached_property


class Row(Protocol):
    """A record as criteria read it: values as the architecture says, `None` for an empty one."""

    def value(self, path: str) -> Any:
        """The value now; `path` is a field's key or goes over links, such as `account.industry`."""

    def before(self, path: str) -> Any:
        """The value of an own field before the change."""

    @property
    def is_new(self) -> bool:
        """Whether the change creates the record."""


Test = Callable[[Row], bool]


class DictRow:
    """A row made of dictionaries: own values by key, and linked and virtual ones by path.

    Without `before` the record is new. What is missing is empty.
    """

    __slots__ = ("_before", "_linked", "_values")

    def __init__(
        self,
        values: Mapping[str, Any],
        linked: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
    ) -> None:
        self._values = values
        self._linked = linked or {}
        self._before = before

    def value(self, path: str) -> Any:
        """The own value, else the linked one."""
        values = self._values
        return values[path] if path in values else self._linked.get(path)

    def before(self, path: str) -> Any:
        """The own value before the change; empty for a new record."""
        return None if self._before is None else self._before.get(path)

    @property
    def is_new(self) -> bool:
        """Whether there is nothing before."""
        return self._before is None


@dataclass(frozen=True)
class Context:
    """When, where and for whom criteria are judged.

    `now` is an aware moment, of which the whole second counts; `time_zone` (a name or tzinfo) says when
    a day begins; `user` is the current user, as an id or a person, or None where nobody is.
    """

    now: datetime
    time_zone: tzinfo | str = UTC
    user: Any = None

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("`now` needs a time zone")

    @cached_property
    def zone(self) -> tzinfo:
        """The time zone."""
        return ZoneInfo(self.time_zone) if isinstance(self.time_zone, str) else self.time_zone

    @cached_property
    def moment(self) -> datetime:
        """Now in UTC, to the whole second."""
        return self.now.astimezone(UTC).replace(microsecond=0)

    @cached_property
    def today(self) -> date:
        """The date in the time zone."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def user_id(self) -> int | None:
        """The id of the current user."""
        found: int | None = getattr(self.user, "pk", self.user)
        return found


@dataclass(frozen=True)
class Problem:
    """Something wrong with criteria: in which condition (from 1; None: the whole), on which field."""

    number: int | None
    field: str | None
    message: str

    def __str__(self) -> str:
        return self.message if self.number is None else f"{self.number}: {self.message}"


class CriteriaProblems(ValueError):  # noqa: N818 — reported to the person who wrote them
    """Criteria that can't be used; `problems` says why, one per mistake."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class SideProblem(ValueError):  # noqa: N818
    """A condition's field, operator or right side is wrong; the message says how."""


@dataclass(frozen=True)
class Line:
    """One condition of an explanation, in the active language."""

    number: int
    field: str
    operator: str
    expected: str
    found: str
    result: bool


@dataclass(frozen=True)
class Explanation:
    """The overall result, and a line per condition."""

    result: bool
    lines: tuple[Line, ...] = field(default=())
