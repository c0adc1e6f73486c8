"""What rules did and may not stand: taken back and told, while the change that they reacted to goes in."""

from __future__ import annotations

from collections.abc import Iterable

from crm.door.batch import Batch, Draft, default_of
from crm.door.changes import Notice, Problem
from crm.door.derive import derive


def take_back(batch: Batch, drafts: Iterable[Draft]) -> None:
    """Sets back values that stages gave and that are not allowed, and drops records that they made wrongly.

    Problems of what a person entered stay, and refuse the change.
    """
    for draft in [draft for draft in drafts if draft.problems]:
        if draft.parent is not None and draft.is_new:
            _drop(batch, draft)
            continue
        given = [problem for problem in draft.problems if problem.field in draft.causes]
        for problem in given:
            _set_back(batch, draft, problem)
        if given:
            draft.problems = [problem for problem in draft.problems if problem not in given]
            derive(batch, [draft])


def _set_back(batch: Batch, draft: Draft, problem: Problem) -> None:
    """The value that was entered, else the one before, else the default."""
    key = problem.field or ""
    cause = draft.causes.pop(key, None)
    if cause is None:
        return  # a second problem of the same field
    draft.moved = None
    if key in draft.entered:
        draft.after[key] = draft.entered[key]
    elif draft.before is not None:
        draft.after[key] = draft.before.get(key)
    else:
        draft.after[key] = default_of(draft.module.field(key))
    batch.notices.append(Notice(draft.id, cause.label, key, problem.message, cause))


def _drop(batch: Batch, draft: Draft) -> None:
    """The record is not made, nor what was made because of it; the record that led to it is told."""
    parent, cause = draft.parent, draft.cause
    if parent is None or batch.drafts.pop(draft.id, None) is None:
        return
    for problem in draft.problems:
        message = f"{draft.module.label}: {problem.message}"
        batch.notices.append(Notice(parent.id, cause.label if cause else "", None, message, cause))
    for child in [other for other in batch.drafts.values() if other.parent is draft]:
        _drop(batch, child)
