"""Verbs about drafts of rules and assignment rules; nothing of them is live before it is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed
from crm.documents.publishing import live_version
from crm.models import DocumentVersion, Role, SharingGroup, User
from crm.modules.keys import free_key
from crm.modules.problems import ModuleProblem, validated
from crm.people.problems import require_feature
from workflows import assignment_documents, rule_documents
from workflows.models import AssignmentEntry, AssignmentRule, Rule, RuleAction, RuleBlock
from workflows.publishing import FEATURE, assignment_data, rule_data


@dataclass(frozen=True)
class ActionDraft:
    """An action of a block; without `later` it comes at once."""

    kind: str
    config: dict[str, Any] = field(default_factory=dict)
    later: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BlockDraft:
    """Criteria, and actions in order."""

    criteria: dict[str, Any] = field(default_factory=dict)
    actions: Sequence[ActionDraft] = ()


@dataclass(frozen=True)
class EntryDraft:
    """An entry of an assignment rule; one without a key is new."""

    criteria: dict[str, Any] = field(default_factory=dict)
    kind: str = AssignmentEntry.Kind.USER
    key: str = ""
    users: Iterable[User] = ()
    roles: Iterable[Role] = ()
    groups: Iterable[SharingGroup] = ()


@transaction.atomic
def save_rule(*, rule: Rule, blocks: Sequence[BlockDraft], actor: User | None) -> Rule:
    """Saves a rule's draft with its blocks in order; the live version stays as it is."""
    require_feature(actor, FEATURE)
    stored = Rule.objects.select_for_update(of=("self",)).filter(pk=rule.pk).first() if rule.pk else None
    before = None if stored is None else {"name": stored.name, **rule_data(stored)}
    rule.key = rule.key or _new_key(
        rule_documents.KIND, rule.name, Rule.objects.values_list("key", flat=True)
    )
    validated(rule)
    rule.save()
    rule.blocks.all().delete()
    for place, given in enumerate(blocks, 1):
        block = RuleBlock.objects.create(rule=rule, criteria=given.criteria, position=place)
        RuleAction.objects.bulk_create(
            RuleAction(block=block, kind=one.kind, config=one.config, later=one.later, position=number)
            for number, one in enumerate(given.actions, 1)
        )
    _journal(actor, "rule draft", rule.key, before, {"name": rule.name, **rule_data(rule)})
    return rule


@transaction.atomic
def save_assignment(
    *, rule: AssignmentRule, entries: Sequence[EntryDraft], actor: User | None
) -> AssignmentRule:
    """Saves an assignment rule's draft, its entries in order; they keep their keys, and so their turns."""
    require_feature(actor, FEATURE)
    rows = AssignmentRule.objects.select_for_update(of=("self",))
    stored = rows.filter(pk=rule.pk).first() if rule.pk else None
    before = None if stored is None else {"name": stored.name, **assignment_data(stored)}
    keys = AssignmentRule.objects.values_list("key", flat=True)
    rule.key = rule.key or _new_key(assignment_documents.KIND, rule.name, keys)
    validated(rule)
    rule.save()
    taken = {entry.key for entry in entries if entry.key}
    rule.entries.exclude(key__in=taken).delete()
    for place, given in enumerate(entries, 1):
        key = given.key or free_key(f"entry {place}", "entry", taken)
        taken.add(key)
        _save_entry(rule, key, place, given)
    _journal(actor, "assignment draft", rule.key, before, {"name": rule.name, **assignment_data(rule)})
    return rule


def _save_entry(rule: AssignmentRule, key: str, place: int, given: EntryDraft) -> None:
    values = {"criteria": given.criteria, "kind": given.kind, "position": place}
    entry, _created = AssignmentEntry.objects.update_or_create(rule=rule, key=key, defaults=values)
    entry.users.set(given.users)
    entry.roles.set(given.roles)
    entry.groups.set(given.groups)


@transaction.atomic
def delete_rule(*, rule: Rule, actor: User | None) -> None:
    """Deletes a draft. Raises ModuleProblem while a version of it is live."""
    require_feature(actor, FEATURE)
    _check_not_live(rule_documents.KIND, rule.key)
    before = {"name": rule.name, **rule_data(rule)}
    rule.delete()
    _journal(actor, "rule draft", rule.key, before, None)


@transaction.atomic
def delete_assignment(*, rule: AssignmentRule, actor: User | None) -> None:
    """Deletes a draft. Raises ModuleProblem while a version of it is live."""
    require_feature(actor, FEATURE)
    _check_not_live(assignment_documents.KIND, rule.key)
    before = {"name": rule.name, **assignment_data(rule)}
    rule.delete()
    _journal(actor, "assignment draft", rule.key, before, None)


def _check_not_live(kind: str, key: str) -> None:
    version = live_version(kind, key)
    if version is not None:
        raise ModuleProblem(_("Version %s is live; switch it off first.") % version.number)


def _new_key(kind: str, name: str, drafts: Iterable[str]) -> str:
    """A key that no draft has, and no version ever had."""
    versions = DocumentVersion.objects.filter(kind=kind).values_list("key", flat=True)
    return free_key(name, kind, {*drafts, *versions})


def _journal(actor: User | None, kind: str, key: str, before: Any, after: Any) -> None:
    what = "created" if before is None else "deleted" if after is None else "changed"
    if before != after:
        configuration_changed(actor=actor, kind=kind, key=key, what=what, before=before, after=after)
