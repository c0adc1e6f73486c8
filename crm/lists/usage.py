"""Saved views that build on a module, field or value: told to the admin before these go."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import ngettext

from crm.criteria import CriteriaProblems, compile_criteria
from crm.models import ListView
from crm.modules.loading import registry, tried
from crm.modules.registry import Registry
from crm.modules.usage.base import Subject, Usage, register_usage
from crm.modules.usage.documents import without


@register_usage
def saved_views(subject: Subject) -> Iterable[Usage]:
    """How many; their names may be private."""
    known = registry()
    module = known.modules.get(subject.module)
    if module is None or (subject.field is not None and subject.field not in module.fields):
        return
    rest = without(known, subject)
    count = sum(_uses(row, subject, known, rest) for row in ListView.objects.all())
    if count:
        name = ngettext("%(count)s saved view", "%(count)s saved views", count) % {"count": count}
        yield Usage("view", name, module.label_plural)


def _uses(row: ListView, subject: Subject, known: Registry, rest: Registry) -> bool:
    own = row.module_id == subject.module
    if own and subject.value is None and subject.field in (None, *row.columns, row.sort.removeprefix("-")):
        return True
    return _filters(row, known) and not _filters(row, rest)


def _filters(row: ListView, trial: Registry) -> bool:
    """Whether the view's filter can be used in this registry."""
    module = trial.modules.get(row.module_id)
    if module is None:
        return False
    try:
        with tried(trial):
            compile_criteria(row.criteria, module)
    except CriteriaProblems:
        return False
    return True
