"""What Signalbox asks of a database connection beyond Django: functions SQLite lacks."""

from __future__ import annotations

from typing import Any


def lower(text: str | None) -> str | None:
    """`str.lower`, for SQL: ignoring case has one meaning in Python and on SQLite."""
    return None if text is None else str(text).lower()


def register_functions(*, connection: Any, **_kwargs: Any) -> None:
    """Gives each new SQLite connection `crm_lower`; PostgreSQL lowers with an ICU collation instead."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("crm_lower", 1, lower, deterministic=True)
