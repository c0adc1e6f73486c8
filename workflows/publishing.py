"""Makes documents of drafts, and puts them live: rules and assignment rules."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.documents.kinds import Data
from crm.documents.publishing import publish, retire
from crm.models import DocumentVersion, User
from crm.people.problems import require_feature
from workflows import assignment_documents, rule_documents
from workflows.calling_off import call_off
from workflows.kinds.scheduled import asked_by_rule
from workflows.models import (
    ActionRun,
    AssignmentEntry,
    AssignmentRule,
    RoundRobinCursor,
    Rule,
    RuleBlock,
    RuleSweep,
)
from workflows.triggers.base import TRIGGER_KINDS

FEATURE = "manage_automation"


def rule_data(rule: Rule) -> Data:
    """The document of a rule's draft."""
    blocks = rule.blocks.prefetch_related("actions")
    data = {
        "module": rule.module_id,
        "trigger": rule.trigger,
        "mode": rule.mode,
        "position": rule.position,
        "description": rule.description,
        "blocks": [_block_data(block) for block in blocks],
    }
    return data | ({"trigger_config": rule.trigger_config} if rule.trigger_config else {})


def _block_data(block: RuleBlock) -> Data:
    actions = [
        {"kind": action.kind, "config": action.config} | ({"later": action.later} if action.later else {})
        for action in block.actions.all()
    ]
    return {"criteria": block.criteria or {}, "actions": actions}


def assignment_data(rule: AssignmentRule) -> Data:
    """The document of an assignment rule's draft."""
    entries = rule.entries.prefetch_related("users", "roles", "groups")
    return {
        "module": rule.module_id,
        "on_create": rule.on_create,
        "entries": [_entry_data(entry) for entry in entries],
    }


def _entry_data(entry: AssignmentEntry) -> Data:
    return {
        "key": entry.key,
        "criteria": entry.criteria or {},
        "kind": entry.kind,
        "people": sorted(user.email for user in entry.users.all()),
        "roles": sorted(role.key for role in entry.roles.all()),
        "groups": sorted(group.key for group in entry.groups.all()),
    }


def publish_rule(rule: Rule, *, actor: User | None, note: str = "") -> DocumentVersion:
    """Puts a rule's draft live. Raises DocumentRefused, naming each problem, and PermissionDenied."""
    require_feature(actor, FEATURE)
    with transaction.atomic():
        version = publish(rule_documents.KIND, rule.key, rule.name, rule_data(rule), actor=actor, note=note)
        if TRIGGER_KINDS[rule.trigger].moments:
            RuleSweep.objects.filter(rule=rule.key).delete()
        else:
            RuleSweep.objects.get_or_create(rule=rule.key, defaults={"upto": timezone.now()})
    return version


def publish_assignment(rule: AssignmentRule, *, actor: User | None, note: str = "") -> DocumentVersion:
    """Puts an assignment rule's draft live; raises as `publish_rule` does."""
    require_feature(actor, FEATURE)
    data = assignment_data(rule)
    version = publish(assignment_documents.KIND, rule.key, rule.name, data, actor=actor, note=note)
    names = [assignment_documents.cursor_name(rule.key, entry["key"]) for entry in data["entries"]]
    RoundRobinCursor.objects.bulk_create(
        [RoundRobinCursor(entry=name) for name in sorted(names)], ignore_conflicts=True
    )
    return version


def switch_off_rule(key: str, *, actor: User | None) -> DocumentVersion | None:
    """Takes a rule out of use and calls off what it has scheduled; its versions stay readable."""
    require_feature(actor, FEATURE)
    with transaction.atomic():
        version = retire(rule_documents.KIND, key, actor=actor)
        RuleSweep.objects.filter(rule=key).delete()
        call_off(ActionRun.objects.filter(asked_by=asked_by_rule(key)), _("The rule was switched off."))
    return version


def switch_off_assignment(key: str, *, actor: User | None) -> DocumentVersion | None:
    """Takes an assignment rule out of use."""
    require_feature(actor, FEATURE)
    return retire(assignment_documents.KIND, key, actor=actor)
