"""The timeline of a record: who or which rule changed what, and what that was caused by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from crm.fields.links import Ref
from crm.models import Cause, History, User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.showing import Names, cell, load_names, pointers
from crm.views.timeline_words import ENTRY_ICONS, KINDS, told_text, what_happened
from crm.visibility import readable

SIZE = 20
DEEPEST = 16  # causes that lead to one change


@dataclass(frozen=True)
class Step:
    """One cause in a chain."""

    icon: str
    kind: str
    label: str


@dataclass(frozen=True)
class Move:
    """One field's change, with the causes that led to it, nearest first."""

    label: str
    before: str
    after: str
    chain: list[Step]


@dataclass(frozen=True)
class Entry:
    """What happened to the record at one moment."""

    id: int
    at: datetime
    what: str
    icon: str
    who: str
    chain: list[Step]
    moves: list[Move]
    note: str = ""


@dataclass(frozen=True)
class Timeline:
    """Some entries, newest first, and where the older ones begin."""

    entries: list[Entry]
    older: int | None


def read_timeline(user: User, module: ModuleInfo, record_id: int, before: int | None = None) -> Timeline:
    """The record's latest entries, or those before one; without what the person may not read."""
    rows = History.objects.filter(record_id=record_id).select_related("actor")
    found = list((rows.filter(pk__lt=before) if before else rows)[: SIZE + 1])
    shown, more = found[:SIZE], len(found) > SIZE
    allowed = readable(user, module)
    causes = _causes(shown)
    names = load_names(user, _pointers(module, shown, allowed))
    made = (_entry(module, row, allowed, causes, names) for row in shown)
    return Timeline([entry for entry in made if entry is not None], shown[-1].pk if more else None)


def _causes(rows: Sequence[History]) -> dict[int, Cause]:
    """The causes of these rows and of their fields, and everything that led to them."""
    wanted = {row.cause_id for row in rows}
    wanted.update(change[2] for row in rows for change in row.changes.values() if change[2])
    found: dict[int, Cause] = {}
    for _level in range(DEEPEST):
        if not wanted:
            break
        found |= Cause.objects.in_bulk(wanted)
        parents = {cause.parent_id for cause in found.values() if cause.parent_id is not None}
        wanted = parents - found.keys()
    return found


def _chain(cause_id: int | None, causes: dict[int, Cause]) -> list[Step]:
    steps: list[Step] = []
    while cause_id is not None and (cause := causes.get(cause_id)) is not None and len(steps) < DEEPEST:
        icon, kind = KINDS.get(cause.kind, ("bolt", cause.kind))
        steps.append(Step(icon, str(kind), cause.label))
        cause_id = cause.parent_id
    return steps


def _fields(
    module: ModuleInfo, row: History, allowed: Iterable[str]
) -> Iterator[tuple[FieldInfo, list[Any]]]:
    """The row's changes of fields that the person may read, in the order of the layout.

    Amounts in the company's currency are left out: they follow from the amount beside them.
    """
    for key, info in module.fields.items():
        if key in row.changes and key in allowed and "base_of" not in info.options:
            yield info, row.changes[key]


def _parse(info: FieldInfo, dumped: Any) -> Any:
    return info.type.empty if dumped is None else info.type.parse(dumped, info)


def _pointers(module: ModuleInfo, rows: Sequence[History], allowed: Iterable[str]) -> Iterator[int | Ref]:
    for row in rows:
        for info, change in _fields(module, row, allowed):
            for dumped in change[:2]:
                yield from pointers(module, {info.key: _parse(info, dumped)}, [info.key])


def _entry(
    module: ModuleInfo, row: History, allowed: frozenset[str], causes: dict[int, Cause], names: Names
) -> Entry | None:
    moves = _moves(module, row, allowed, causes, names)
    if row.kind == History.Kind.CREATE:  # what somebody entered is on the page; what rules added is told
        moves = [move for move in moves if move.chain]
    if row.kind == History.Kind.EDIT and not moves:
        return None
    chain = _chain(row.cause_id, causes)
    who = str(row.actor) if row.actor else chain[-1].label if chain else _("System")
    if len(chain) == 1 and chain[0].label == who:
        chain = []  # says nothing more
    return Entry(
        row.pk,
        row.at,
        what_happened(row),
        ENTRY_ICONS.get(row.kind, "edit"),
        who,
        chain,
        moves,
        told_text(row),
    )


def _moves(
    module: ModuleInfo, row: History, allowed: frozenset[str], causes: dict[int, Cause], names: Names
) -> list[Move]:
    moves = []
    for info, (before, after, cause_id) in _fields(module, row, allowed):
        texts = [cell(info, {info.key: _parse(info, dumped)}, names).text for dumped in (before, after)]
        own = cause_id if cause_id and cause_id != row.cause_id else None
        moves.append(Move(info.label, texts[0], texts[1], _chain(own, causes)))
    return moves
