"""The demo company's automation: a workflow rule and an assignment rule, published; business hours."""

from __future__ import annotations

from typing import Any

from crm.demo import register_part
from crm.models import User
from workflows.business_hours import WEEKDAYS
from workflows.hours_verbs import save_hours
from workflows.models import (
    AssignmentEntry,
    AssignmentRule,
    BusinessHours,
    Mode,
    Rule,
    RuleAction,
    RuleBlock,
)
from workflows.publishing import publish_assignment, publish_rule

HIGH = {"conditions": [{"field": "rating", "operator": "is", "value": "high"}]}
ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("update_field", {"field": "status", "how": "value", "value": "contacted"}),
    ("create_task", {"subject": "Call {{name}}", "owner": "owner", "due_in_days": 1, "priority": "high"}),
    (
        "send_email",
        {
            "recipients": [{"to": "superior"}],
            "subject": "Hot lead: {{name}}",
            "body": "{{name}} of {{company}} is rated high.",
        },
    ),
]


@register_part
def load_automation() -> None:
    """A high rating brings a call and tells the superior; imported leads go to James and Priya in turn."""
    admin = User.objects.filter(is_superuser=True).first()
    rule = Rule.objects.create(
        key="hot_lead",
        name="Hot lead",
        module_id="leads",
        trigger="created_or_edited",
        mode=Mode.BECOMES,
        description="When the rating becomes High: contacted, a task for the owner, a mail to the superior.",
    )
    block = RuleBlock.objects.create(rule=rule, criteria=HIGH)
    for place, (kind, config) in enumerate(ACTIONS, 1):
        RuleAction.objects.create(block=block, kind=kind, config=config, position=place)
    publish_rule(rule, actor=admin)
    shared = AssignmentRule.objects.create(key="new_leads", name="New leads", module_id="leads")
    entry = AssignmentEntry.objects.create(rule=shared, key="in_turn", kind=AssignmentEntry.Kind.ROUND_ROBIN)
    entry.users.set(User.objects.filter(role__key="sales-team"))
    publish_assignment(shared, actor=admin)


@register_part
def load_hours() -> None:
    """The organisation works from Monday to Friday, 9:00 to 17:00 in London; holidays as in England."""
    week = {weekday: [["09:00", "17:00"]] for weekday in WEEKDAYS[:5]}
    place = {"time_zone": "Europe/London", "country": "GB", "region": "ENG"}
    hours = BusinessHours(name="Office hours", week=week, is_default=True, **place)
    save_hours(hours=hours, actor=None)
