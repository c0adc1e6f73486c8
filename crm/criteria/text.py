"""Ignoring case: one function in Python and in SQL.

`str.lower()`, and a final sigma counts as a sigma. Lowering Σ is the only lowering that looks at its
neighbours, and PostgreSQL's ICU and Python know different editions of Unicode, so they disagree about
some neighbours; without the final form they agree on every text (see docs/criteria.md).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Func, TextField

FINAL_SIGMA, SIGMA = "ς", "σ"


def fold(text: str) -> str:
    """The text as it is compared when case is ignored."""
    return text.lower().replace(FINAL_SIGMA, SIGMA)


class Folded(Func):
    """`fold` in SQL; written without parameters, so that an index on the same expression is used."""

    arity = 1

    def __init__(self, expression: Any) -> None:
        super().__init__(expression, output_field=TextField())

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> Any:
        template = f"replace(lower((%(expressions)s) COLLATE \"und-x-icu\"), '{FINAL_SIGMA}', '{SIGMA}')"
        return self.as_sql(compiler, connection, template=template)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> Any:
        template = f"replace(crm_lower(%(expressions)s), '{FINAL_SIGMA}', '{SIGMA}')"
        return self.as_sql(compiler, connection, template=template)


def like_pattern(text: str, before: str, after: str) -> str:
    """A pattern for LIKE … ESCAPE '\\' with the text taken literally between `before` and `after`."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{before}{escaped}{after}"
