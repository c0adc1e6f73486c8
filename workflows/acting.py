"""Actions that are due for records without a change of theirs: scheduled ones, and those of the clock.

They go through the door as edits that enter nothing: the record is locked, what is chosen is decided on
what it is then, and everything that the actions change passes the same rounds and guards as any other
change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria import Context
from crm.criteria.base import Row
from crm.door import CauseNode, Change, Outcome, Source, Verb, apply
from workflows.rule_documents import Action, CompiledRule

DUE = "due"
Choose = Callable[[Row, Context], Sequence[Action] | None]


@dataclass(eq=False)
class Due:
    """Something that is due for one record.

    `choose` is asked under the record's lock which actions are to be carried out; None says that the record
    no longer fits. `reads` names the linked paths that it looks at. `rule` is the key of the rule that must
    not fire on what these actions change. `acted` tells afterwards whether they were, `problem` why
    the record was not reached.
    """

    module: str
    record_id: int
    choose: Choose
    label: str
    reads: frozenset[str] = frozenset()
    document_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    parent: CauseNode | None = None
    rule: str = ""
    schedules: CompiledRule | None = None  # whose actions may come later
    acted: bool = False
    problem: str = ""


def act_on(dues: Sequence[Due], *, label: str, source: Source = Source.CLOCK) -> Outcome:
    """Carries out what is due; each tells how it went. Run it in a transaction to store more with it."""
    by_record: dict[tuple[str, int], list[Due]] = {}
    for due in dues:
        due.acted, due.problem = False, ""
        by_record.setdefault((due.module, due.record_id), []).append(due)
    changes = [Change(Verb.EDIT, module, pk, ref=(module, pk)) for module, pk in by_record]
    due_of = {pk: group for (_module, pk), group in by_record.items()}
    outcome = apply(changes, actor=None, source=source, mode="each", label=label, options={DUE: due_of})
    for result in outcome.results:
        if not result.ok:
            gone = any(problem.code == "not_found" for problem in result.problems)
            told = (
                _("The record is no longer there.")
                if gone
                else "; ".join(problem.message for problem in result.problems)
            )
            for due in by_record[result.change.ref]:
                due.acted, due.problem = False, told
    return outcome
