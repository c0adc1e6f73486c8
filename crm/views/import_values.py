"""What becomes of values that their fields don't know: each is decided on once, for the whole file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from crm.imports.plan import ImportPlan
from crm.imports.preparation import Preparation
from crm.imports.problems import ImportProblem
from crm.imports.unknown import UnknownColumn, UnknownValue, unknown_values
from crm.views.import_steps import Asked, import_step

SHOWN = 50  # values of one column that are decided on one by one
EMPTY, REPORT, OTHER, USE = "empty", "report", "other", "use:"
Choice = tuple[str, str, bool]


@dataclass(frozen=True)
class ValueRow:
    """One unknown value in the form."""

    name: str
    value: UnknownValue
    choices: list[Choice]
    can_type: bool
    typed: str
    problem: str


@dataclass(frozen=True)
class ColumnValues:
    """The unknown values of one column in the form."""

    found: UnknownColumn
    rows: list[ValueRow]
    rest: int  # values that are not shown one by one
    rest_name: str
    rest_choices: list[Choice]


@import_step("import_values")
def values(asked: Asked) -> HttpResponse:
    """Shows unknown values with the closest; keeps what is chosen."""
    preparation = asked.preparation
    if "columns" not in preparation.data:
        return asked.back()
    try:
        plan = preparation.plan()
    except ImportProblem:
        return asked.back()
    found = unknown_values(plan, asked.look)
    form = ValuesForm(preparation, found)
    if asked.request.method != "POST":
        return asked.page("crm/imports/values.html", columns=form.columns())
    problems = form.read(asked.request.POST, plan)
    if "back" in asked.request.POST:
        return asked.back()
    if problems:
        return asked.page("crm/imports/values.html", problems, columns=form.columns(dict(problems)))
    return asked.next()


class ValuesForm:
    """What is decided of each value: a text instead, empty, or None: reported as an error."""

    def __init__(self, preparation: Preparation, found: list[UnknownColumn]) -> None:
        self.preparation = preparation
        self.found = found
        self.chosen: dict[str, dict[str, str | None]] = preparation.part("values")
        self.typed: dict[str, str] = {}

    def _names(self) -> Iterator[tuple[UnknownColumn, str, UnknownValue]]:
        for place, one in enumerate(self.found):
            for number, value in enumerate(one.values[:SHOWN]):
                yield one, f"value-{place}-{number}", value

    def decided(self, found: UnknownColumn, value: UnknownValue) -> str | None:
        """What was chosen for it, else the closest if that is plain, else a report."""
        chosen = self.chosen.get(found.column, {})
        if value.text in chosen:
            return chosen[value.text]
        return value.near[0] if value.near else None

    def read(self, post: Mapping[str, Any], plan: ImportPlan) -> list[tuple[str, str]]:
        """Keeps what was posted; tells which typed names are no records."""
        problems: list[tuple[str, str]] = []
        records = {link.column: link.records for link in plan.links}
        for one, name, value in self._names():
            column = self.chosen.setdefault(one.column, {})
            how = post.get(name, "")
            if how.startswith(USE):
                column[value.text] = how.removeprefix(USE)
            elif how in (EMPTY, REPORT):
                column[value.text] = "" if how == EMPTY else None
            elif how == OTHER and one.column in records:
                typed = self.typed[name] = post.get(f"{name}-other", "").strip()
                records[one.column].look_up([typed])
                if typed and records[one.column].found.get(typed):
                    column[value.text] = typed
                else:
                    told = {"module": records[one.column].module.label, "name": typed}
                    problems.append((name, _("There is no %(module)s “%(name)s” that you may see.") % told))
        self._rest(post)
        self.preparation.save(values=self.chosen)
        return problems

    def _rest(self, post: Mapping[str, Any]) -> None:
        for place, one in enumerate(self.found):
            how = post.get(f"rest-{place}")
            if how in (EMPTY, REPORT):
                left = dict.fromkeys(
                    (value.text for value in one.values[SHOWN:]), "" if how == EMPTY else None
                )
                self.chosen.setdefault(one.column, {}).update(left)

    def columns(self, problems: Mapping[str, str] | None = None) -> list[ColumnValues]:
        """The form as it is now."""
        told, rows = problems or {}, dict[str, list[ValueRow]]()
        for one, name, value in self._names():
            rows.setdefault(one.column, []).append(self._row(one, name, value, told.get(name, "")))
        return [
            ColumnValues(
                one,
                rows.get(one.column, []),
                max(len(one.values) - SHOWN, 0),
                f"rest-{place}",
                self._rests(one),
            )
            for place, one in enumerate(self.found)
        ]

    def _rests(self, one: UnknownColumn) -> list[Choice]:
        left = one.values[SHOWN:]
        emptied = bool(left) and self.chosen.get(one.column, {}).get(left[0].text) == ""
        return [(REPORT, _("Report as errors"), not emptied), (EMPTY, _("Leave empty"), emptied)]

    def _row(self, one: UnknownColumn, name: str, value: UnknownValue, problem: str) -> ValueRow:
        decided = OTHER if name in self.typed and problem else self.decided(one, value)
        is_link = one.info.type.family == "link"
        options = list(dict.fromkeys([*value.near, *one.candidates]))
        if decided not in (None, "", OTHER, *options):
            options.insert(0, str(decided))
        choices = [(f"{USE}{text}", text, text == decided) for text in options]
        choices += [
            (EMPTY, _("Leave empty"), decided == ""),
            (REPORT, _("Report as an error"), decided is None),
        ]
        if is_link:
            choices.append((OTHER, _("Another one, by its name:"), decided == OTHER))
        return ValueRow(name, value, choices, is_link, self.typed.get(name, ""), problem)
