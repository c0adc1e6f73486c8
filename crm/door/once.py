"""One transaction, tried again if the database stopped it for a reason that passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from crm.door.batch import CauseNode

T = TypeVar("T")
TRIES = 3
DEADLOCK, SERIALIZATION = "40P01", "40001"


def is_deadlock(error: BaseException) -> bool:
    """Whether the database broke a deadlock at our cost, so that the same again can go well."""
    return getattr(error.__cause__, "sqlstate", None) in (DEADLOCK, SERIALIZATION)


def passes(error: DatabaseError) -> bool:
    """Whether the error is the work of others at the same time: looked at anew, all is plain.

    A key that somebody else took, or a record that was deleted for good in between, is found and
    named by the checks of the next try.
    """
    return isinstance(error, IntegrityError) or (isinstance(error, OperationalError) and is_deadlock(error))


MACHINE_STATES = ("08", "53", "57", "58")  # PostgreSQL: connection, resources, operator, system
MACHINE_CODES = (
    5,
    6,
    7,
    8,
    10,
    13,
    14,
)  # SQLite: busy, locked, memory, read-only, input/output, full, no file


def is_of_the_machine(error: BaseException) -> bool:
    """Whether no change is at fault, such as for a full disk: the others would fare no better."""
    state = getattr(error.__cause__, "sqlstate", None)
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return (state or "")[:2] in MACHINE_STATES or (code is not None and code & 0xFF in MACHINE_CODES)


def in_one_transaction(work: Callable[[], T], cause: CauseNode | None = None) -> T:
    """Runs the work in a transaction, again if that helps; causes that were not stored lose their ids.

    Inside somebody else's transaction it is tried once: only the outermost can start again.
    """
    known = [(node, node.id) for node in cause.line()] if cause is not None else []
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return work()
        except BaseException as error:
            for node, node_id in known:
                node.id = node_id
            again = isinstance(error, DatabaseError) and passes(error) and not connection.in_atomic_block
            if not again or attempt == TRIES:
                raise
    raise AssertionError("unreachable")
