"""What a caller sends to be written: from JSON to values for the door, and what is wrong with their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.api.gate import ApiRequest
from crm.api.kinds import Email, kind_of
from crm.door.changes import Problem
from crm.fields import ValueProblem
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.visibility import readable

Values = Mapping[str, Any]


@dataclass
class Entered:
    """The values of one record for the door, and problems that it would not find."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def enter(request: ApiRequest, module: ModuleInfo, rows: Sequence[Values]) -> list[Entered]:
    """Reads the values of all rows; people named by e-mail are looked up in one statement.

    A field that the person may not read is unknown here: the door would name it, and could tell its
    value to somebody who sends an old version.
    """
    allowed = readable(request.user, module)
    entered = [_entered(module, allowed, row) for row in rows]
    wanted = {value for one in entered for value in one.values.values() if isinstance(value, Email)}
    if wanted:
        found = dict(User.objects.filter(email__in=wanted).values_list("email", "pk"))
        for one in entered:
            _look_up(one, found)
    return entered


def _entered(module: ModuleInfo, allowed: frozenset[str], row: Values) -> Entered:
    entered = Entered()
    for key, raw in row.items():
        if key not in allowed:
            message = _("%(module)s have no field “%(field)s”.")
            text = message % {"module": module.label_plural, "field": key[:80]}
            entered.problems.append(Problem(key[:80], "unknown_field", text))
            continue
        info = module.fields[key]
        try:
            entered.values[key] = None if raw is None else kind_of(info).take(raw, info)
        except ValueProblem as problem:
            entered.problems.append(Problem(key, problem.code, problem.message))
    return entered


def _look_up(entered: Entered, found: Mapping[str, int]) -> None:
    """Puts people in the place of their addresses."""
    for key, value in list(entered.values.items()):
        if not isinstance(value, Email):
            continue
        if (person_id := found.get(value)) is not None:
            entered.values[key] = person_id
            continue
        del entered.values[key]
        message = _("There is no active person with the address %s.") % value
        entered.problems.append(Problem(key, "not_found", message))
