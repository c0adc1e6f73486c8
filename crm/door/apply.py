"""The one door: every change of every record, from wherever it comes, goes through `apply`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.documents.generation import generation_moved, held_generation
from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Change, Notice, Outcome, Problem, Result, Source
from crm.door.collecting import without_collecting
from crm.door.derive import derive
from crm.door.ids import id_taker
from crm.door.intake import take_in
from crm.door.once import TRIES, in_one_transaction, is_of_the_machine
from crm.door.purging import PORTION, let_go, more_than_a_portion
from crm.door.reports import report_depth
from crm.door.stages.base import entry_stages, round_stages
from crm.door.stages.validation import check_values
from crm.door.taking_back import take_back
from crm.door.writing import write
from crm.models import User
from crm.modules.loading import registry

Mode = Literal["all", "each"]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """What is the same for all chunks of one call."""

    actor: User | None
    source: Source
    mode: Mode
    now: datetime
    cause: CauseNode
    options: Mapping[str, Any]
    automation: frozenset[str] | None
    trusted: bool
    portion: int | None = None  # only clears so many links to records that are purged


class _Refused(Exception):  # noqa: N818
    """Rolls a chunk back."""

    def __init__(self, results: list[Result], notices: list[Notice]) -> None:
        self.results, self.notices = results, notices


def apply(
    changes: Sequence[Change],
    *,
    actor: User | None,
    source: Source,
    mode: Mode = "all",
    label: str = "",
    cause: CauseNode | None = None,
    automation: frozenset[str] | None = None,
    options: Mapping[str, Any] | None = None,
    now: datetime | None = None,
    trusted: bool = False,
) -> Outcome:
    """Carries out changes of records, with everything that they bring about.

    `actor` is the person who asks, whose rights are applied; None is the system itself. In mode
    `all` one refusal refuses everything; in mode `each` refused changes come back with their problems
    and the others go in. `automation` names the stages that run (None: all of them); `options` are
    for stages, such as {"assignment": rule key}. `cause` is the cause to hang this call under.
    `trusted` says that the actor's rights on records and fields are not asked, only named: the caller
    has asked for a right of another kind, such as to manage people.
    Nothing raises for bad input: the outcome tells.
    """
    root = cause or CauseNode(source.value, label or (str(actor) if actor else source.value))
    moment = (now or timezone.now()).replace(microsecond=0)
    call = Call(actor, source, mode, moment, root, options or {}, automation, trusted)
    size = settings.CRM_CHUNK_SIZE[connection.vendor]
    chunks = [list(changes[start : start + size]) for start in range(0, len(changes), size)]
    if mode == "each":
        parts = [_each(call, chunk) for chunk in chunks]
        results, notices = [r for part, _n in parts for r in part], [n for _r, part in parts for n in part]
        return Outcome(results, notices, root.id)
    return _together(call, chunks)


def _joined(parts: list[tuple[list[Result], Batch]], root: CauseNode) -> Outcome:
    results = [result for part, _batch in parts for result in part]
    notices = [notice for _results, batch in parts for notice in batch.notices]
    return Outcome(results, notices, root.id)


def _together(call: Call, chunks: list[list[Change]]) -> Outcome:
    """All chunks in one transaction."""
    try:
        notices = _let_go_first(call, chunks)
        outcome = in_one_transaction(
            lambda: _joined([_chunk(call, chunk) for chunk in chunks], call.cause), call.cause
        )
        outcome.notices[:0] = notices
        return outcome
    except _Refused as refused:
        return Outcome(_all_refused(refused, chunks), refused.notices)
    except (IntegrityError, DataError):
        logger.exception("The database refused a batch.")
        return Outcome([Result(c, c.id, [_by_database()]) for chunk in chunks for c in chunk])


def _by_database() -> Problem:
    return Problem(None, "database", _("The database refused this change."))


def _all_refused(refused: _Refused, chunks: list[list[Change]]) -> list[Result]:
    """Results for every change of the call; those without a problem of their own were undone."""
    told = {id(result.change): result for result in refused.results}
    undone = Problem(None, "undone", _("Another change of the same call was refused."))
    results = []
    for chunk in chunks:
        for change in chunk:
            result = told.get(id(change)) or Result(change, change.id)
            if result.ok:
                result.problems.append(undone)
            results.append(result)
    return results


def _each(call: Call, changes: list[Change]) -> tuple[list[Result], list[Notice]]:
    """One chunk in its own transaction; a database error is narrowed down by halves."""
    try:
        notices = _let_go_first(call, [changes])
        results, batch = in_one_transaction(lambda: _chunk(call, changes), call.cause)
        return results, notices + batch.notices
    except DatabaseError as error:
        passes_on = not connection.in_atomic_block or is_of_the_machine(error)
        if isinstance(error, OperationalError) and passes_on:
            raise  # a lost connection or a full disk is no fault of one change
        logger.warning("The database refused one of %s changes.", len(changes), exc_info=True)
    if len(changes) == 1:
        return [Result(changes[0], changes[0].id, [_by_database()])], []
    half = len(changes) // 2
    parts = [_each(call, changes[:half]), _each(call, changes[half:])]
    return [r for part, _n in parts for r in part], [n for _r, part in parts for n in part]


def _let_go_first(call: Call, chunks: list[list[Change]]) -> list[Notice]:
    """Clears links to what is purged, a portion per transaction, while there are more than one may clear."""
    notices: list[Notice] = []
    portions = replace(call, portion=PORTION)
    for chunk in chunks:
        while more_than_a_portion(chunk):
            batch = in_one_transaction(partial(_portion, portions, chunk, chunks), call.cause)
            notices += batch.notices
            if not batch.drafts:
                break  # what is left can't be cleared ahead
    return notices


def clear_portion(
    changes: Sequence[Change], *, actor: User | None, source: Source, cause: CauseNode
) -> Outcome | None:
    """Clears a portion of the links to the records that the changes purge, for who goes step by step.

    None if so few are left, or none that can be cleared ahead, that the records can be purged now.
    """
    if not more_than_a_portion(changes):
        return None
    moment = timezone.now().replace(microsecond=0)
    call = Call(actor, source, "each", moment, cause, {}, None, False, PORTION)
    batch = in_one_transaction(partial(_portion, call, list(changes), []), cause)
    return Outcome([], batch.notices, cause.id) if batch.drafts else None


def _portion(call: Call, chunk: list[Change], chunks: list[list[Change]]) -> Batch:
    """Writes one portion, unless the call, as things are now, would be refused."""
    with held_generation():
        for other in chunks:
            if other is not chunk:
                _settled(call, other)
    return _chunk(call, chunk)[1]


@dataclass
class Decided:
    """A batch with the results of its changes."""

    batch: Batch
    results: list[Result] = field(default_factory=list)


def _chunk(call: Call, changes: list[Change]) -> tuple[list[Result], Batch]:
    """Decides and writes one chunk inside the caller's transaction.

    Somebody may have changed the configuration while the records were waited for; what was decided
    with the old one is then decided again.
    """
    with held_generation(), without_collecting(len(changes)):
        for attempt in range(1, TRIES + 1):
            try:
                batch, results = _settled(call, changes)
            except DatabaseError:
                raise
            except Exception:
                if attempt == TRIES or not generation_moved():
                    raise
                continue
            if not generation_moved():
                break
        write(batch)
        for stage in (*entry_stages(), *round_stages()):
            stage.write(batch)
        return results, batch


def _settled(call: Call, changes: list[Change]) -> tuple[Batch, list[Result]]:
    """A batch of which nothing is refused any more, and the result of every change.

    In mode `each`, changes that are refused late are left out and the rest is decided again.
    """
    results = {id(change): Result(change, change.id) for change in changes}
    remaining = changes
    while True:
        decided = decide(call, remaining)
        refused = [result for result in decided.results if not result.ok]
        for result in decided.results:
            results[id(result.change)] = result
        if refused and call.mode == "all":
            raise _Refused(list(results.values()), decided.batch.notices)
        if not any(result.id in decided.batch.drafts for result in refused):
            return decided.batch, list(results.values())
        gone = {id(result.change) for result in refused}
        remaining = [change for change in remaining if id(change) not in gone]


def decide(call: Call, changes: Sequence[Change]) -> Decided:
    """Works out in memory what the changes bring about; nothing is stored. Also the way to preview."""
    batch = Batch(
        registry=registry(),
        actor=call.actor,
        cause=call.cause,
        now=call.now,
        options=call.options,
        new_id=id_taker(),
        trusted=call.trusted,
    )
    results = take_in(batch, changes)
    for stage in entry_stages():
        stage.decide(batch, [draft for draft in batch.drafts.values() if not draft.is_refused])
    if call.mode == "all" and any(draft.problems for draft in batch.drafts.values()):
        return Decided(batch, _with_problems(batch, results))
    entered = dict(batch.drafts)
    for record_id in [draft.id for draft in batch.drafts.values() if draft.problems]:
        del batch.drafts[record_id]
    turned_away = let_go(batch, call.portion)
    if call.portion is not None:
        batch.drafts = {draft.id: draft for draft in turned_away}
    _rounds(call, batch)
    entered.update(batch.drafts)
    batch.drafts, sound = entered, batch.drafts
    results = _with_problems(batch, results)
    batch.drafts = sound
    return Decided(batch, results)


def _rounds(call: Call, batch: Batch) -> None:
    """Repeats the automation until nothing changes; whatever rules changed is validated at the end."""
    current = {draft.id: draft for draft in batch.drafts.values() if draft.automated}
    derive(batch, current.values())
    touched_at_all: dict[int, Draft] = {}
    chosen = call.automation
    stages = [stage for stage in round_stages() if chosen is None or stage.always or stage.key in chosen]
    for _round in range(settings.CRM_MAX_ROUNDS):
        batch.touched = {}
        for stage in stages:
            stage.decide(batch, list((current | batch.touched).values()))
            derive(batch, batch.touched.values())
        if not batch.touched:
            break
        current = batch.touched
        touched_at_all |= current
    else:
        report_depth(batch, list(current.values()), settings.CRM_MAX_ROUNDS)
    if touched_at_all:
        check_values(batch, list(touched_at_all.values()))
        take_back(batch, touched_at_all.values())


def _with_problems(batch: Batch, results: list[Result]) -> list[Result]:
    """The results, with the problems of their drafts and of records that stages made for them."""
    for draft in batch.drafts.values():
        if draft.parent is not None and draft.problems:
            first = draft
            while first.parent is not None:
                first = first.parent
            first.problems.extend(draft.problems)
    for result in results:
        if result.id is not None and result.id in batch.drafts:
            result.problems.extend(batch.drafts[result.id].problems)
    return results
