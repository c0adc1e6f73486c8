"""What Signalbox asks of a database connection beyond Django: functions SQLite lacks."""

from __future__ import annotations

from typing import Any


def lower(text: str | None) -> str | None:
    """`str.lower`, for SQL: ignoring case has one meaning in Python and on SQLite."""
    return None if text is None else str(text).lower()


def register_functions(*, connection: Any, **_kwargs: Any) -> None:
    """Gives each new SQLite connection the functions that formulas, search and ignoring case need.

    PostgreSQL has ways of its own. There, statements are not compiled to machine code: that takes longer
    than any page may.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
    if connection.vendor == "sqlite":
        from crm.formulas.sql import crm_formula
        from crm.search.texts import parts_of

        connection.connection.create_function("crm_lower", 1, lower, deterministic=True)
        connection.connection.create_function("crm_parts", 2, parts_of, deterministic=True)
        connection.connection.create_function("crm_formula", -1, crm_formula)
