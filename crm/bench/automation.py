"""What is live while the door is measured: rules that match some of the leads, and an assignment rule."""

from __future__ import annotations

from typing import Any

from crm.documents.publishing import publish, retire
from crm.models import DocumentVersion, User

RATINGS = ("high", "medium", "low")
STATUSES = ("new", "attempted", "contacted", "qualified")


def _condition(number: int) -> dict[str, Any]:
    """Criteria that 10 to 30 percent of the measured leads match."""
    choices: list[tuple[str, str, Any]] = [
        ("city", "is", f"City {number % 5}"),
        ("employees", "less", 100 + number % 20 * 10),
        ("company", "contains", f"{number % 10}"),
        ("source", "is", ("web", "campaign", "partner", "referral", "trade_show")[number % 5]),
    ]
    field, operator, value = choices[number % len(choices)]
    return {"conditions": [{"field": field, "operator": operator, "value": value}]}


def publish_rules(count: int, *, tasks: bool = False) -> None:
    """Puts `count` rules live on leads; each sets one of a few fields, and two of them make a task."""
    for number in range(count):
        texts = ("title", "state", "description", "website")
        value = "https://example.com" if texts[number % 4] == "website" else f"Set by rule {number % 4}"
        config: dict[str, Any] = {"field": texts[number % 4], "how": "value", "value": value}
        actions = [{"kind": "update_field", "config": config}]
        if tasks and number % 10 == 0:
            actions = [{"kind": "create_task", "config": {"subject": "Call {{name}}", "owner": "owner"}}]
        data = {
            "module": "leads",
            "trigger": "created_or_edited",
            "mode": "becomes",
            "position": number,
            "description": "",
            "blocks": [{"criteria": _condition(number), "actions": actions}],
        }
        publish("rule", f"bench_{number}", f"Bench {number}", data, actor=None)


def retire_rules() -> None:
    """Takes all rules out of use."""
    for key in DocumentVersion.objects.filter(kind="rule", state="published").values_list("key", flat=True):
        retire("rule", key, actor=None)


def publish_assignment_entries(count: int, people: list[User]) -> str:
    """Puts an assignment rule with so many entries live; returns its key."""
    entries = [
        {
            "key": f"entry_{number}",
            "criteria": _condition(number) if number < count - 1 else {},
            "kind": "round_robin",
            "people": sorted(user.email for user in people),
            "roles": [],
            "groups": [],
        }
        for number in range(count)
    ]
    data = {"module": "leads", "on_create": False, "entries": entries}
    publish("assignment", "bench", "Bench", data, actor=None)
    return "bench"
