"""Sound settings of every kind of action on leads, and a lead to carry them out on."""

from typing import Any

from django.utils import timezone

from crm.door import Batch, CauseNode, Draft, Verb
from crm.door.ids import id_taker
from crm.door.intake import draft_of
from crm.door.reading import read_records
from crm.models import User
from crm.modules.loading import registry
from workflows.kinds.base import Firing

OWNER = [{"to": "owner"}]
SOUND: dict[str, dict[str, Any]] = {
    "add_tags": {"tags": ["hot"]},
    "call_webhook": {"webhook": "shop"},
    "assign_owner": {"to": "person", "person": "ben@example.com"},
    "convert_lead": {"account": True, "deal": False},
    "create_record": {"module": "accounts", "values": {"name": {"how": "text", "text": "{{name}}"}}},
    "create_task": {"subject": "Call {{name}}", "due_in_days": 2},
    "named": {"action": "greet"},
    "notify": {"recipients": OWNER, "text": "See {{name}}"},
    "remove_tags": {"tags": ["cold"]},
    "send_email": {"recipients": OWNER, "subject": "{{name}}", "body": "Look."},
    "update_field": {"field": "status", "how": "value", "value": "contacted"},
    "update_linked": {"link": "tasks.related", "field": "priority", "how": "value", "value": "high"},
}


def shop() -> None:
    """The webhook that the settings name."""
    from workflows.models import Webhook
    from workflows.webhooks.verbs import save_webhook

    save_webhook(webhook=Webhook(key="shop", name="Shop", url="https://shop.example/"), actor=None)


def firing_for(actor: User, lead: int) -> Firing:
    """An action about to be carried out on a lead."""
    from workflows.models import NamedAction
    from workflows.named import save_named

    greet = NamedAction(key="greet", name="Greet", module_id="leads", kind="notify", config=SOUND["notify"])
    save_named(action=greet, actor=None)
    shop()
    known = registry()
    cause = CauseNode("rule", "Fire")
    batch = Batch(known, actor, cause, timezone.now(), new_id=id_taker())
    row = read_records(known.module("leads"), [lead])[lead]
    draft: Draft = draft_of(known.module("leads"), row, Verb.EDIT)
    batch.drafts[lead] = draft
    return Firing(batch, draft, cause, "1.1")
