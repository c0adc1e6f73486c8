"""The filter of a list: criteria that ask only for what the person may read, and what they say in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.lookups import In, IsNull
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.criteria import Context, Criteria, CriteriaProblems, compile_criteria
from crm.criteria.base import SideProblem
from crm.criteria.conditions import Condition
from crm.criteria.paths import Operand, Paths
from crm.criteria.pattern import all_of
from crm.forms.criteria_explain import told
from crm.forms.criteria_fields import Fields
from crm.lists.problems import ListProblem
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.finding import search_condition
from crm.visibility import visible_to
from crm.visibility.branches import Viewer, reaches

LONGEST = 20_000  # characters; an address holds less, a saved view more


def read_text(text: str) -> Any:
    """The JSON of an address; raises ListProblem."""
    try:
        if len(text) > LONGEST:
            raise ValueError(text)
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ListProblem(_("The filter in this address can't be read.")) from None


def write_text(data: Mapping[str, Any]) -> str:
    """Criteria as short JSON, for an address."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def read_filter(user: User, module: ModuleInfo, data: Any) -> Criteria:
    """The criteria, if the person may ask this; raises ListProblem.

    A filter tells what is in a field by what it finds, so it may read only fields that the person may read.
    Of hidden fields no more is told than of unknown ones.
    """
    fields = Fields(user, module)
    try:
        for path in _paths_in(data):
            fields.operand(path)
        criteria = compile_criteria(data, module)
        for operand in criteria.operands:
            fields.operand(operand.path)
    except SideProblem as problem:
        raise ListProblem(_("The filter can't be used: %s") % problem) from None
    except CriteriaProblems as problems:
        told_problems = " ".join(problem.message for problem in problems.problems)
        raise ListProblem(_("The filter can't be used: %s") % told_problems) from None
    return criteria


def _paths_in(data: Any) -> Iterable[str]:
    """Every text that may be a path, in whatever form the data are."""
    conditions = data.get("conditions") if isinstance(data, Mapping) else None
    for condition in conditions if isinstance(conditions, list) else ():
        if not isinstance(condition, Mapping):
            continue
        value = condition.get("value")
        other = value.get("field") if isinstance(value, Mapping) else None
        yield from (path for path in (condition.get("field"), other) if isinstance(path, str))


def where_of(user: User, module: ModuleInfo, text: str, criteria: Criteria) -> Q | None:
    """What search and filter ask of a row; None if they ask nothing."""
    where = search_condition(user, module, text)
    if criteria.conditions:
        context = Context(timezone.now(), timezone.get_current_timezone(), user)
        asked = criteria.q(context) & _linked_records_are_seen(user, module, criteria)
        where = asked if where is None else where & asked
    return where


def _linked_records_are_seen(user: User, module: ModuleInfo, criteria: Criteria) -> Q:
    """Leaves out rows whose linked records the filter looks into, where the person may not see these."""
    found, paths = Q(), Paths(module)
    steps = {hops: None for operand in criteria.operands for hops in _steps(operand)}
    for links in steps:
        target = paths.operand(".".join(links)).field.target or ""
        linked = registry().modules[target]
        if any(reach.everything for reach in reaches(Viewer(user, linked))):
            continue
        value = paths.operand(".".join(links)).common()
        found &= Q(IsNull(value, True)) | Q(In(value, visible_to(user, linked).values("pk")))
    return found


def _steps(operand: Operand) -> Iterable[tuple[str, ...]]:
    """The ways to each linked record on the operand's path; people are no records."""
    keys = tuple(hop.field.key for hop in operand.hops if hop.module is not None)
    return (keys[: place + 1] for place in range(len(keys)))


@dataclass(frozen=True)
class Part:
    """A piece of a filter in words, and the filter without it."""

    words: str
    rest: dict[str, Any]


def parts_of(user: User, criteria: Criteria) -> list[Part]:
    """One part per condition where all must hold, else the whole sentence as one."""
    if criteria.tree is None:
        return []
    if criteria.tree != all_of(len(criteria.conditions)):
        return [Part(told(user, criteria), {})]
    conditions = criteria.data["conditions"]
    return [
        Part(_words(user, criteria, condition), _without(conditions, place))
        for place, condition in enumerate(criteria.conditions)
    ]


def _words(user: User, criteria: Criteria, condition: Condition) -> str:
    return told(user, Criteria(criteria.module, (condition,), all_of(1)))


def _without(conditions: list[Any], place: int) -> dict[str, Any]:
    rest = conditions[:place] + conditions[place + 1 :]
    return {"conditions": rest} if rest else {}
