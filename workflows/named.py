"""Named actions: read once per generation, saved and deleted with a journal, and where they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed
from crm.documents.live import document_data
from crm.models import DocumentVersion, User, VersionState
from crm.modules.keys import free_key
from crm.modules.loading import registry
from crm.modules.problems import ModuleProblem, validated
from crm.people.problems import require_feature
from crm.people.remembered import PerGeneration
from workflows import rule_documents
from workflows.kinds.base import ACTION_KINDS
from workflows.kinds.references import Reference
from workflows.models import NamedAction, Rule
from workflows.publishing import FEATURE, rule_data

NAMED = "named"  # the key of the kind; a named action cannot be one of it


@dataclass(frozen=True)
class Known:
    """A named action as rules use it."""

    key: str
    name: str
    module: str
    kind: str
    config: dict[str, Any]


@PerGeneration
def named_actions() -> Mapping[str, Known]:
    """The named actions by key."""
    rows = NamedAction.objects.order_by("key")
    return {row.key: Known(row.key, row.name, row.module_id, row.kind, row.config) for row in rows}


@transaction.atomic
def save_named(*, action: NamedAction, actor: User | None) -> NamedAction:
    """Saves a new or changed action; rules that name it act so from now on. Raises ModuleProblem."""
    require_feature(actor, FEATURE)
    stored = NamedAction.objects.select_for_update().filter(pk=action.pk).first() if action.pk else None
    before = None if stored is None else _state(stored)
    taken = NamedAction.objects.values_list("key", flat=True)
    action.key = action.key or free_key(action.name, "action", set(taken))
    validated(action)
    _check(action)
    if stored is not None and stored.module_id != action.module_id:
        raise ModuleProblem(_("The module of an action stays as it is."), "module")
    action.save()
    _journal(actor, action.key, before, _state(action))
    return action


@transaction.atomic
def delete_named(*, action: NamedAction, actor: User | None) -> None:
    """Deletes an action that nothing names; raises ModuleProblem with what does."""
    require_feature(actor, FEATURE)
    row = NamedAction.objects.select_for_update().get(pk=action.pk)
    if places := [place.name for place in places_of(Reference("action", row.key))]:
        message = _("It is in use and has to be taken out there first: %s.")
        raise ModuleProblem(message % "; ".join(places))
    before = _state(row)
    row.delete()
    _journal(actor, row.key, before, None)


def _check(action: NamedAction) -> None:
    module, kind = registry().modules.get(action.module_id), ACTION_KINDS.get(action.kind)
    if module is None or kind is None or kind.key == NAMED or not kind.offered:
        raise ModuleProblem(_("There is no action “%s” to name.") % action.kind, "kind")
    if problems := kind.validate(action.config, module):
        raise ModuleProblem(" ".join(problems), "config")


def _state(action: NamedAction) -> dict[str, Any]:
    return {
        "name": action.name, "module": action.module_id, "kind": action.kind, "config": action.config,
    }  # fmt: skip


def _journal(actor: User | None, key: str, before: Any, after: Any) -> None:
    what = "created" if before is None else "deleted" if after is None else "changed"
    if before != after:
        configuration_changed(
            actor=actor, kind="named action", key=key, what=what, before=before, after=after
        )


@dataclass(frozen=True)
class Place:
    """Something that has actions: which, in words, and its page in the admin."""

    name: str
    model: str
    pk: int | None


def places_of(wanted: Reference) -> list[Place]:
    """Every live rule, draft and named action that names the thing; each once."""
    found = [place for place, reference in _references() if reference == wanted]
    return list(dict.fromkeys(found))


def _references() -> Iterator[tuple[Place, Reference]]:
    drafts = {rule.key: rule for rule in Rule.objects.all()}
    versions = DocumentVersion.objects.filter(kind=rule_documents.KIND, state=VersionState.PUBLISHED)
    for version in versions:
        rule = drafts.get(version.key)
        place = Place(_("workflow rule “%s”") % version.name, "rule", rule.pk if rule else None)
        yield from ((place, reference) for reference in _of_rule(document_data(version)))
    for rule in drafts.values():
        place = Place(_("workflow rule “%s”") % rule.name, "rule", rule.pk)
        yield from ((place, reference) for reference in _of_rule(rule_data(rule)))
    for action in NamedAction.objects.all():
        place = Place(_("named action “%s”") % action.name, "namedaction", action.pk)
        yield from (
            (place, reference) for reference in references(action.kind, action.config, action.module_id)
        )


def _of_rule(data: Mapping[str, Any]) -> Iterator[Reference]:
    for block in data.get("blocks", ()):
        for action in block.get("actions", ()):
            yield from references(action.get("kind", ""), action.get("config"), data.get("module", ""))


def references(kind: str, config: Any, module_key: str) -> list[Reference]:
    """What an action's settings name; nothing if they are not sound."""
    known, module = ACTION_KINDS.get(kind), registry().modules.get(module_key)
    if known is None or module is None or not isinstance(config, dict) or known.validate(config, module):
        return []
    return known.uses(config, module)
