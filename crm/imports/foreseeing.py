"""What an import would do: its first rows as the door would store them, and what is known of the whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from crm.door import CauseNode, Source
from crm.door.preview import Foreseen, preview
from crm.imports.chunks import Chunks, Line, Taken
from crm.imports.duplicates import OnDuplicate
from crm.imports.plan import ImportPlan
from crm.imports.preparation import Preparation
from crm.imports.problems import RowProblem
from crm.imports.reader import Row
from crm.imports.unknown import unknown_values
from crm.models import ImportLook

CREATE, UPDATE, SKIP, REFUSE = "create", "update", "skip", "refuse"


@dataclass
class ForeseenRow:
    """One row: what would become of it, and why."""

    row: Row
    becomes: str
    foreseen: Foreseen | None = None
    problems: list[RowProblem] = field(default_factory=list)


def foresee_rows(plan: ImportPlan, rows: list[Row]) -> list[ForeseenRow]:
    """These rows, decided on and not stored."""
    chunks = Chunks(plan, CauseNode(Source.IMPORT.value, ""))
    taken = Taken()
    sound = chunks.sound(plan.tables[0], rows, taken)
    lines = [line for line in sound if not _is_double(line, plan, chunks, taken)]
    changes = [chunks.change(line) for line in lines]
    automation, told = chunks.running(changes)
    answers = preview(
        changes, actor=plan.options.actor, source=Source.IMPORT, automation=automation, options=told
    )
    found = {line.row.number: ForeseenRow(line.row, REFUSE, problems=line.problems) for line in taken.refused}
    found |= {line.row.number: ForeseenRow(line.row, SKIP) for line in taken.skipped}
    for answer in answers:
        line = answer.change.ref
        problems = [RowProblem(problem.field, problem.code, problem.message) for problem in answer.problems]
        becomes = REFUSE if problems else CREATE if line.record_id is None else UPDATE
        found[line.row.number] = ForeseenRow(line.row, becomes, answer, problems)
    return [found[number] for number in sorted(found)]


def _is_double(line: Line, plan: ImportPlan, chunks: Chunks, taken: Taken) -> bool:
    if plan.keys is None or plan.options.duplicates is OnDuplicate.CREATE:
        return False
    key = plan.keys.key_of(line.values)
    ids = [] if key is None else plan.keys.existing([key]).get(key, [])
    return not chunks.meets(line, ids, taken)


@dataclass(frozen=True)
class Known:
    """What the look at the whole file tells already."""

    rows: int
    complete: bool
    unreadable: dict[str, int]
    reported: list[tuple[str, int]]  # by column, rows with a value that is to be reported


def foresee_whole(preparation: Preparation, plan: ImportPlan, look: ImportLook) -> Known:
    """The figures that are known before the import runs."""
    chosen = preparation.part("values")
    reported = []
    for one in unknown_values(plan, look):
        decided = chosen.get(one.column, {})
        count = sum(value.count for value in one.values if decided.get(value.text) is None)
        if count:
            reported.append((one.column, count))
    return Known(look.rows, look.complete, dict(look.unreadable), reported)
