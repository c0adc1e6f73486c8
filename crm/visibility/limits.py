"""How long a list may look for its rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

SECONDS = 5.0
SOON = 0.3
STEPS = 20_000  # SQLite's virtual machine looks at the clock after so many instructions


class TooSlow(Exception):  # noqa: N818 — reads as what it is
    """The rows could not be found in time; the message says what to do about it."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This takes too long. Filter by fields that are marked as searched or sorted, "
                "or ask an admin to mark them."
            )
        )


def in_time(seconds: float = SECONDS) -> AbstractContextManager[None]:
    """Raises TooSlow if one of the statements inside takes longer."""
    return _postgresql(seconds) if connection.vendor == "postgresql" else _sqlite(seconds)


@contextmanager
def _postgresql(seconds: float) -> Iterator[None]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != "57014":
            raise
        raise TooSlow from None


@contextmanager
def _sqlite(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    end = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    except OperationalError as error:
        if "interrupted" not in str(error):
            raise
        raise TooSlow from None
    finally:
        connection.connection.set_progress_handler(None, 0)
