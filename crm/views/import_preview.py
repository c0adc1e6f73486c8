"""The last look before an import: the first rows as they would be stored, with what rules would do."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from crm.door.batch import Draft
from crm.imports.foreseeing import ForeseenRow, foresee_rows, foresee_whole
from crm.imports.plan import ImportPlan, plan_import
from crm.imports.preparation import NEW_FIELD, Preparation
from crm.imports.problems import ImportProblem, RowProblem
from crm.imports.starting import new_field, start_import
from crm.imports.uploading import first_rows
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.import_steps import Asked, import_step
from crm.views.showing import Names, cell, load_names, pointers
from crm.visibility import readable

ROWS = 10
CELLS = 6


@dataclass
class PreviewRow:
    """One row as it would be stored."""

    number: int
    becomes: str
    cells: list[tuple[str, str]] = field(default_factory=list)  # label and value
    effects: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@import_step("import_preview")
def preview(asked: Asked) -> HttpResponse:
    """Shows what would happen, and starts it."""
    problem = ""
    if "columns" not in asked.preparation.data:
        return asked.back()
    if asked.request.method == "POST":
        if "back" in asked.request.POST:
            return asked.back()
        try:
            start_import(asked.job)
        except ImportProblem as found:
            problem = found.message
        else:
            return redirect("job", asked.job.pk)
    preparation = asked.preparation
    try:
        plan = _plan(preparation)
    except ImportProblem as found:
        return asked.page("crm/imports/preview.html", [("", problem or found.message)], rows=[], known=None)
    rows = _shown(asked.request.user, plan, foresee_rows(plan, first_rows(preparation, ROWS)))
    return asked.page(
        "crm/imports/preview.html",
        [("", problem)] if problem else [],
        rows=rows,
        known=foresee_whole(preparation, plan, asked.look),
        new_fields=[
            new_field(column, asked.look, preparation.empty)
            for column, key in preparation.columns.items()
            if key == NEW_FIELD
        ],
    )


def _plan(preparation: Preparation) -> ImportPlan:
    job = preparation.job
    return plan_import(job.module, [preparation.table], preparation.wishes(), preparation.options())


def _shown(user: User, plan: ImportPlan, rows: list[ForeseenRow]) -> list[PreviewRow]:
    shown_fields = _shown_fields(user, plan)
    keys = [info.key for info in shown_fields]
    drafts = [
        row.foreseen.draft for row in rows if row.foreseen is not None and row.foreseen.draft is not None
    ]
    made = [draft for row in rows if row.foreseen is not None for draft in row.foreseen.made]
    wanted = [
        pointer for draft in drafts for pointer in pointers(plan.module, draft.after, [*keys, *_moved(rows)])
    ]
    wanted += [draft.after["owner"] for draft in made if draft.after.get("owner")]
    names = load_names(user, wanted)
    labels = {info.key: info.label for info in plan.module.fields.values()}
    return [_row(user, plan.module, row, shown_fields, names, labels) for row in rows]


def _shown_fields(user: User, plan: ImportPlan) -> list[FieldInfo]:
    """The first filled fields, and the owner."""
    filled = [key for keys in plan.columns.values() for key in keys]
    seen = readable(user, plan.module)
    keys = [key for key in dict.fromkeys([*filled[:CELLS], "owner"]) if key in seen]
    return [plan.module.fields[key] for key in keys]


def _moved(rows: list[ForeseenRow]) -> list[str]:
    return list({move.info.key for row in rows if row.foreseen for move in row.foreseen.moves if move.label})


def _row(
    user: User,
    module: ModuleInfo,
    row: ForeseenRow,
    fields: list[FieldInfo],
    names: Names,
    labels: dict[str, str],
) -> PreviewRow:
    shown = PreviewRow(
        row.row.number, row.becomes, problems=[_told(problem, labels) for problem in row.problems]
    )
    foreseen = row.foreseen
    if foreseen is None or foreseen.draft is None:
        shown.cells = [("", " · ".join(text for text in row.row.cells[:CELLS] if text))]
        return shown
    after = foreseen.draft.after
    shown.cells = [(info.label, cell(info, after, names).text) for info in fields]
    may_read = readable(user, module)
    shown.effects = [
        _("%(field)s: %(value)s, by %(rule)s")
        % {"field": move.info.label, "value": cell(move.info, after, names).text or "—", "rule": move.label}
        for move in foreseen.moves
        if move.label and move.info.key in may_read
    ]
    shown.effects += [_made(draft, names) for draft in foreseen.made]
    shown.effects += foreseen.words
    shown.effects += [f"{notice.label}: {notice.message}" for notice in foreseen.notices]
    return shown


def _made(draft: Draft, names: Names) -> str:
    told = {
        "module": draft.module.label,
        "name": draft.after.get("name") or "",
        "rule": draft.cause.label if draft.cause else "",
    }
    owner = names.people.get(draft.after.get("owner") or 0)
    text = _("%(module)s “%(name)s” is created by %(rule)s") % told
    return f"{text} ({owner})" if owner else text


def _told(problem: RowProblem, labels: dict[str, str]) -> str:
    label = labels.get(problem.column or "", problem.column or "")
    return (
        problem.message if not label or problem.message.startswith(label) else f"{label}: {problem.message}"
    )
