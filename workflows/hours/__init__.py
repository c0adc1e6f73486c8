"""Business hours: pure arithmetic on the times when somebody works."""

from workflows.hours.arithmetic import NeverOpen, add, between, is_open, next_opening, subtract
from workflows.hours.calendar import WALL_TIME, Calendar
from workflows.hours.periods import Period, PeriodProblem, Periods

__all__ = [
    "WALL_TIME", "Calendar", "NeverOpen", "Period", "PeriodProblem", "Periods", "add", "between", "is_open",
    "next_opening", "subtract",
]  # fmt: skip
