"""The criteria editor: conditions as a form, on staff pages and in the admin.

A page makes one of stored criteria, or of what was posted, and includes `crm/criteria/editor.html` with it:

    editor = CriteriaEditor.posted(user, module, request.POST)
    if editor.wants_another_look:  # somebody without JavaScript added a condition, or chose another field
        return render(…)
    criteria = editor.criteria()  # raises CriteriaProblems: render again, with status 422

The form also takes the criteria as JSON in one field, as addresses do: `?criteria={"conditions": …}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.criteria import Criteria, CriteriaProblems, Problem, compile_criteria
from crm.criteria.base import SideProblem
from crm.criteria.compile import MOST_CONDITIONS
from crm.criteria.paths import Operand
from crm.forms.criteria_explain import told
from crm.forms.criteria_fields import Fields, path_label
from crm.forms.criteria_lookups import KnownNames, find
from crm.forms.criteria_patterns import (
    ALL,
    ANY,
    OWN,
    match_of,
    pattern_for,
    posted_match,
    with_number,
    without_number,
)
from crm.forms.criteria_rows import FIELD, Row, posted_row, stored_row
from crm.forms.kinds import Option
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility import can

MOST_SELECTS = 20  # conditions whose selects hold every field: 10 kB each


class CriteriaEditor:
    """Conditions on records of a module, as a form whose controls begin with `name`.

    `user` may use the fields that they may read, along all links; None, which only the admin says, all.
    `events` offers "changed". `slim` leaves out what only a page without JavaScript needs.
    """

    def __init__(
        self,
        user: User | None,
        module: ModuleInfo,
        data: Any = None,
        *,
        name: str = "criteria",
        events: bool = False,
        slim: bool = False,
    ) -> None:
        self.user, self.module, self.name, self.events, self.slim = user, module, name, events, slim
        self.fields = Fields(user, module)
        self.rows: list[Row] = []
        self.pattern, self.match, self.action = "", ALL, ""
        self.document: Any = {} if data is None else data
        self._take(self.document)

    @classmethod
    def posted(
        cls,
        user: User | None,
        module: ModuleInfo,
        data: QueryDict,
        *,
        name: str = "criteria",
        events: bool = False,
        slim: bool = False,
    ) -> CriteriaEditor:
        """The editor as a form sent it, or with the JSON in the field `name`; empty if there is neither."""
        if f"{name}-rows" not in data:
            return cls(user, module, read_json(data.get(name, "")), name=name, events=events, slim=slim)
        editor = cls(user, module, None, name=name, events=events, slim=slim)
        editor._read(data)
        return editor

    # What a page asks

    @property
    def is_empty(self) -> bool:
        """Whether there is no condition, so that everything matches."""
        return not self._filled and not self.problems

    @property
    def wants_another_look(self) -> bool:
        """Whether a button of the editor was pressed, or its controls don't fit what was chosen."""
        return bool(self.action) or any(row.unsettled for row in self.rows)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, with the number of the condition and its field."""
        return self._compiled[1]

    def criteria(self) -> Criteria:
        """The compiled criteria; raises CriteriaProblems."""
        found, problems = self._compiled
        if found is None or problems:
            raise CriteriaProblems(problems)
        return found

    def data(self) -> dict[str, Any]:
        """The criteria as canonical JSON; raises CriteriaProblems."""
        return self.criteria().data

    def words(self) -> str:
        """The criteria as a sentence, without names out of the person's reach; empty if they are wrong."""
        return "" if self.problems else told(self.user, self.criteria())

    # What the template shows

    @property
    def general(self) -> list[str]:
        """Problems that belong to no condition."""
        return [problem.message for problem in self.problems if problem.number is None]

    @cached_property
    def shown_rows(self) -> list[Row]:
        """The conditions, with their names and errors; without JavaScript one more to fill in."""
        rows = [row for row in self.rows if row.number or self.slim]
        if not self.slim or self.action == "add":
            rows.append(Row(""))
        names = KnownNames(self.user, (pointer for row in rows for pointer in row.pointers))
        for place, row in enumerate(rows):
            row.name, row.place, row.names = f"{self.name}-{place}", place, names
            self._offer_others(row)
            found = () if row.unsettled or not row.number else self.problems
            row.errors = [problem.message for problem in found if problem.number == row.number]
        return rows

    def _offer_others(self, row: Row) -> None:
        """What the condition's field can be compared with, where it is compared with a field."""
        if row.mode != FIELD:
            return
        try:
            row.other_label = path_label(self.fields.operand(row.other)) if row.other else ""
        except SideProblem:
            row.other_label = row.other
        row.other_options = self._options(row.operand)

    def _options(self, like: Operand | None) -> SafeString:
        """The fields as options of a select; of many conditions, none can get another field that way."""
        if self.slim or len(self.rows) > MOST_SELECTS:
            return SafeString("")
        return render_to_string("crm/criteria/options.html", {"groups": self.fields.groups(like)})

    @cached_property
    def options(self) -> SafeString:
        """The fields to choose from without JavaScript, which finds them by searching."""
        return self._options(None)

    @cached_property
    def matching(self) -> Any:
        """How many records match, where somebody without JavaScript asked."""
        from crm.forms.criteria_count import matching

        asked = self.action == "check" and not self.slim
        return matching(self.user, self) if asked and self.user is not None else None

    @property
    def matches(self) -> list[Option]:
        """The ways to combine conditions."""
        labels = {ALL: _("all of them"), ANY: _("any of them"), OWN: _("a pattern")}
        return [Option(key, label, key == self.match) for key, label in labels.items()]

    @property
    def combines(self) -> bool:
        """Whether there is anything to combine."""
        return len([row for row in self.shown_rows if row.path or self.slim]) > 1 or self.match != ALL

    @property
    def modules(self) -> list[ModuleInfo]:
        """The modules that a link to any record can lead to."""
        found = sorted(registry().modules.values(), key=lambda module: module.position)
        return [module for module in found if self.user is None or can(self.user, "view", module)]

    # How it is read

    @property
    def _filled(self) -> list[Row]:
        return [row for row in self.rows if row.path]

    def _take(self, document: Any) -> None:
        """Makes rows of JSON, as far as it can be read."""
        given = document.get("conditions") if isinstance(document, Mapping) else None
        for raw in given[: MOST_CONDITIONS + 1] if isinstance(given, list) else []:
            condition = raw if isinstance(raw, Mapping) else {}
            self.rows.append(stored_row("", condition, self.fields, events=self.events))
        for number, row in enumerate(self.rows, 1):
            row.number, row.name = number, f"{self.name}-{number - 1}"
        if isinstance(document, Mapping):
            text = document.get("pattern")
            self.match = match_of(text, len(self.rows))
            self.pattern = text if self.match == OWN and isinstance(text, str) else ""

    def _read(self, data: QueryDict) -> None:
        """Makes rows of a form."""
        places = range(min(_number(data.get(f"{self.name}-rows", "")), MOST_CONDITIONS + 1))
        rows = [posted_row(f"{self.name}-{place}", data, self.fields, events=self.events) for place in places]
        _number_them(rows)
        self.match, self.pattern = posted_match(data, self.name), data.get(f"{self.name}-pattern", "")
        for action in ("add", "remove", "check"):
            if f"{self.name}-{action}" in data:
                self.action = action
        self.rows = self._without(rows, _number(data.get(f"{self.name}-remove", ""), missing=-1))
        if self.match == OWN:
            for row in self.rows:
                self.pattern = with_number(self.pattern, row.number or 0) if row.fresh else self.pattern
        find(self.user, (one for row in self.rows for one in row.typed))
        conditions = [row.condition for row in self._filled]
        pattern = pattern_for(self.match, self.pattern, len(conditions))
        self.document = {"conditions": conditions} | ({"pattern": pattern} if pattern else {})

    def _without(self, rows: list[Row], place: int) -> list[Row]:
        """The rows without the one to remove, which the pattern forgets."""
        if not 0 <= place < len(rows):
            return rows
        gone = rows.pop(place)
        if gone.number and self.match == OWN:
            self.pattern = without_number(self.pattern, gone.number)
        _number_them(rows)
        return rows

    @cached_property
    def _compiled(self) -> tuple[Criteria | None, list[Problem]]:
        """The criteria and what is wrong; of hidden fields no more is told than of unknown ones."""
        if isinstance(self.document, str):
            return None, [Problem(None, None, _("The criteria can’t be read: they are no JSON."))]
        found, problems = None, self._refused()
        known = {problem.number for problem in problems}
        try:
            found = compile_criteria(self.document, self.module, events=self.events)
        except CriteriaProblems as refused:
            problems += [one for one in refused.problems if one.number is None or one.number not in known]
        return found, sorted(problems, key=lambda problem: problem.number or 0)

    def _refused(self) -> list[Problem]:
        """Fields that the person may not read or that don't exist, and names that were not found."""
        problems = []
        for row in self._filled:
            messages = row.mistakes
            for path in (row.path, row.other):
                try:
                    if path:
                        self.fields.operand(path)
                except SideProblem as problem:
                    messages.append(str(problem))
            problems += [Problem(row.number, row.path, message) for message in messages]
        return problems


def read_json(text: str) -> Any:
    """Criteria from JSON in an address or a field; what is no JSON stays a text, which the editor refuses."""
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _number(text: str, missing: int = 0) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else missing


def _number_them(rows: list[Row]) -> None:
    """Numbers the conditions as the pattern names them; empty ones have none."""
    number = 0
    for row in rows:
        number += bool(row.path)
        row.number = number if row.path else None
