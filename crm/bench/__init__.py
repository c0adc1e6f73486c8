"""Measures of the speed budgets; `manage.py bench` runs them on scratch databases and prints a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One figure: its budget as text for people, and whether it holds (None: only for information)."""

    name: str
    value: float
    unit: str
    budget: str = ""
    holds: bool | None = None
