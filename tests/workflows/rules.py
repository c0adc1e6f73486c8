"""Makes and publishes rules, and looks at what became of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from crm.door import Change, Outcome, Source, Verb, apply
from crm.models import DocumentVersion, User
from crm.modules.loading import module
from workflows.models import AssignmentEntry, AssignmentRule, Rule, RuleAction, RuleBlock
from workflows.publishing import publish_assignment, publish_rule

Config = dict[str, Any]
Action = tuple[str, Config]


def when(*conditions: tuple[Any, ...], pattern: str | None = None) -> dict[str, Any]:
    """Criteria of (field, operator) or (field, operator, value)."""
    parts = [
        {"field": field, "operator": operator} | ({"value": value[0]} if value else {})
        for field, operator, *value in conditions
    ]
    return {"conditions": parts} | ({"pattern": pattern} if pattern else {})


def draft_rule(
    key: str,
    criteria: Mapping[str, Any] | None = None,
    actions: Sequence[Action] = (),
    *,
    blocks: Sequence[tuple[Mapping[str, Any], Sequence[Action]]] = (),
    module_key: str = "leads",
    **fields: Any,
) -> Rule:
    """A rule's draft with one block, or with those given."""
    name = fields.pop("name", key.replace("_", " ").capitalize())
    rule = Rule.objects.create(key=key, name=name, module_id=module_key, **fields)
    for position, (conditions, does) in enumerate(blocks or [(criteria or {}, actions)], 1):
        block = RuleBlock.objects.create(rule=rule, criteria=conditions, position=position)
        for place, (kind, config) in enumerate(does, 1):
            RuleAction.objects.create(block=block, kind=kind, config=config, position=place)
    return rule


def live_rule(key: str, *args: Any, **kwargs: Any) -> DocumentVersion:
    """A rule that is live."""
    return publish_rule(draft_rule(key, *args, **kwargs), actor=None)


def live_assignment(
    key: str, *entries: Mapping[str, Any], module_key: str = "leads", on_create: bool = True
) -> DocumentVersion:
    """An assignment rule that is live; entries have criteria, users, roles, groups and kind."""
    rule = AssignmentRule.objects.create(
        key=key, name=key.replace("_", " ").capitalize(), module_id=module_key, on_create=on_create
    )
    for position, entry in enumerate(entries, 1):
        row = AssignmentEntry.objects.create(
            rule=rule,
            key=entry.get("key", f"entry_{position}"),
            criteria=entry.get("criteria", {}),
            kind=entry.get("kind", "round_robin"),
            position=position,
        )
        row.users.set(entry.get("users", []))
        row.roles.set(entry.get("roles", []))
        row.groups.set(entry.get("groups", []))
    return publish_assignment(rule, actor=None)


def update(field: str, value: Any = None, **how: Any) -> Action:
    """An action that sets a field."""
    return "update_field", {"field": field} | ({"value": value} if value is not None else {}) | how


def task(subject: str, **config: Any) -> Action:
    """An action that makes a task."""
    return "create_task", {"subject": subject, **config}


def mail(*recipients: Mapping[str, Any], subject: str = "About {{name}}", body: str = "Look.") -> Action:
    """An action that sends a mail."""
    return "send_email", {"recipients": list(recipients), "subject": subject, "body": body}


def notify(*recipients: Mapping[str, Any], text: str = "See {{name}}") -> Action:
    """An action that notifies in the page."""
    return "notify", {"recipients": list(recipients), "text": text}


def create(actor: User | None, module_key: str = "leads", **values: Any) -> Outcome:
    """Makes a record through the door; a lead has a last name."""
    needed = {"last_name": "Lovelace"} if module_key in ("leads", "contacts") else {"name": "Something"}
    change = Change(Verb.CREATE, module_key, values=needed | values)
    return apply([change], actor=actor, source=Source.PAGE)


def edit(actor: User | None, record_id: int, module_key: str = "leads", **values: Any) -> Outcome:
    """Edits a record through the door."""
    return apply([Change(Verb.EDIT, module_key, record_id, values)], actor=actor, source=Source.PAGE)


def stored(record_id: int, module_key: str = "leads") -> Any:
    """The record's row."""
    return module(module_key).rows().get(pk=record_id)


def tasks(**filters: Any) -> list[Any]:
    """All tasks, oldest first."""
    return list(module("tasks").rows().filter(**filters).order_by("id"))
