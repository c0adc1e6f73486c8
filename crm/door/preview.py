"""What changes would bring about, with the rules: decided as always, and then not written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.documents.generation import held_generation
from crm.door.apply import Call, decide
from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Change, Notice, Problem, Source
from crm.models import User
from crm.modules.registry import FieldInfo

# Higher floors say in words what a draft would set going beside its values, such as a mail.
FORESEES: list[Callable[[Batch, Draft], Sequence[str]]] = []


@dataclass(frozen=True)
class Move:
    """A field that would change; `label` names the rule that changes it, if it is not the change itself."""

    info: FieldInfo
    before: Any
    after: Any
    label: str


@dataclass
class Foreseen:
    """What one change would do."""

    change: Change
    draft: Draft | None
    moves: list[Move] = field(default_factory=list)
    made: list[Draft] = field(default_factory=list)  # records that rules would create
    words: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def preview(
    changes: Sequence[Change],
    *,
    actor: User | None,
    source: Source,
    automation: frozenset[str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> list[Foreseen]:
    """One answer per change, in order, as if each could be refused alone. Stores nothing; for few."""
    cause = CauseNode(source.value, str(actor) if actor else source.value)
    moment = timezone.now().replace(microsecond=0)
    call = Call(actor, source, "each", moment, cause, options or {}, automation=automation, trusted=False)
    with transaction.atomic(), held_generation():
        decided = decide(call, changes)
        answers = [
            _foreseen(result.change, result.id, result.problems, decided.batch) for result in decided.results
        ]
        transaction.set_rollback(True)  # the ids of new records go back, and the locks
    return answers


def _foreseen(change: Change, pk: int | None, problems: list[Problem], batch: Batch) -> Foreseen:
    draft = batch.drafts.get(pk) if pk is not None else None
    answer = Foreseen(change, draft, problems=list(problems))
    if draft is None or problems:
        return answer
    answer.moves = [_move(draft, key) for key in draft.changed()]
    answer.made = [other for other in batch.drafts.values() if other.parent is draft]
    answer.words = [line for foresee in FORESEES for line in foresee(batch, draft)]
    answer.notices = [notice for notice in batch.notices if notice.record_id == pk]
    return answer


def _move(draft: Draft, key: str) -> Move:
    cause = draft.causes.get(key)
    return Move(
        draft.module.field(key), draft.before_value(key), draft.after.get(key), cause.label if cause else ""
    )
