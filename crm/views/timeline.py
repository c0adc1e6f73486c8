"""The timeline of a record: who or which rule changed what, and what that was caused by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from crm.fields.links import Ref
from crm.models import Cause, History, User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.showing import Names, cell, load_names, pointers
from crm.views.timeline_words import (
    ENTRY_ICONS,
    KINDS,
    SHOWS,
    day_words,
    reported_text,
    told_text,
    what_happened,
)
from crm.visibility import readable

SIZE = 20
DEEPEST = 16  # causes that lead to one change
LEADING_TO = """
WITH RECURSIVE chain(id) AS (
    SELECT id FROM crm_cause WHERE id IN (%s)
    UNION SELECT above.parent_id FROM crm_cause above JOIN chain ON above.id = chain.id
    WHERE above.parent_id IS NOT NULL
) SELECT * FROM crm_cause WHERE id IN (SELECT id FROM chain)"""


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
    is_set: bool = False  # of several values: what was removed, and what was added

    @property
    def told(self) -> str:
        """The change in a few words."""
        words = f"− {self.before} + {self.after}" if self.is_set else f"{self.before} → {self.after}"
        return Truncator(f"{self.label}: {words}").chars(120)


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

    @property
    def day(self) -> date:
        """The day on which it happened, for the person."""
        return timezone.localtime(self.at).date()


@dataclass(frozen=True)
class Day:
    """What happened on one day; no heading where the entries before are of the same day."""

    heading: str
    entries: list[Entry]


@dataclass(frozen=True)
class Timeline:
    """Some entries by day, newest first, which sort they are of, and where the older ones begin."""

    days: list[Day]
    older: int | None
    show: str = ""
    shows: Mapping[str, str | Promise] = field(default_factory=lambda: {key: SHOWS[key][0] for key in SHOWS})


def read_timeline(
    user: User, module: ModuleInfo, record_id: int, before: int | None = None, show: str = ""
) -> Timeline:
    """The record's latest entries, or those before one; without what the person may not read.

    `show` is a key of SHOWS and chooses a sort of entries; all, if it is unknown.
    """
    show = show if show in SHOWS else ""
    rows = History.objects.filter(record_id=record_id).select_related("actor")
    if show:
        rows = rows.filter(kind__in=SHOWS[show][1])
    # The entry before is read again: its day is the one that has its heading already.
    found = list((rows.filter(pk__lte=before) if before else rows)[: SIZE + 2])
    last = found.pop(0) if found and found[0].pk == before else None
    shown, more = found[:SIZE], len(found) > SIZE
    allowed = readable(user, module)
    causes = _causes(shown)
    names = load_names(user, _pointers(module, shown, allowed))
    made = (_entry(module, row, allowed, causes, names) for row in shown)
    days = _by_day([entry for entry in made if entry is not None], last)
    return Timeline(days, shown[-1].pk if more else None, show)


def _by_day(entries: list[Entry], last: History | None) -> list[Day]:
    told = timezone.localtime(last.at).date() if last is not None else None
    days = []
    for day, group in groupby(entries, key=lambda entry: entry.day):
        days.append(Day("" if day == told else day_words(day), list(group)))
    return days


def _causes(rows: Sequence[History]) -> dict[int, Cause]:
    """The causes of these rows and of their fields, and everything that led to them."""
    wanted = {row.cause_id for row in rows}
    wanted.update(change[2] for row in rows for change in row.changes.values() if change[2])
    if not wanted:
        return {}
    first = ", ".join(["%s"] * len(wanted))
    return {cause.pk: cause for cause in Cause.objects.raw(LEADING_TO % first, sorted(wanted))}


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
    note = reported_text(row, module, allowed) if row.kind == History.Kind.REPORT else told_text(row)
    if row.kind == History.Kind.REPORT and not note:
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
        note,
    )


def _moves(
    module: ModuleInfo, row: History, allowed: frozenset[str], causes: dict[int, Cause], names: Names
) -> list[Move]:
    moves = []
    for info, (before, after, cause_id) in _fields(module, row, allowed):
        values = [_parse(info, dumped) for dumped in (before, after)]
        is_set = info.type.family == "choices"
        if is_set:
            had, has = (list(value or []) for value in values)
            values = [[one for one in had if one not in has], [one for one in has if one not in had]]
        texts = [cell(info, {info.key: value}, names).text for value in values]
        own = cause_id if cause_id and cause_id != row.cause_id else None
        moves.append(Move(info.label, texts[0], texts[1], _chain(own, causes), is_set))
    return sorted(moves, key=lambda move: bool(move.chain))  # what the person did comes first
