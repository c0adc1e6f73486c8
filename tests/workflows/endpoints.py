"""Makes webhooks and rules that call them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.models import User
from tests.receiver import Receiver, receiving
from tests.workflows import rules as r
from workflows.models import ActionRun, RunState, Webhook
from workflows.webhooks.verbs import save_webhook

HIGH = r.when(("rating", "is", "high"))
ROWS = [["customer", "{{name}} of {{company}}"], ["employees", "{{employees}}"], ["owner", "{{owner}}"]]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver on loopback, which is allowed."""
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with receiving() as known:
        yield known


def endpoint(url: str, key: str = "shop", **given: Any) -> Webhook:
    """A webhook that is saved."""
    return save_webhook(webhook=Webhook(key=key, name=key.title(), url=url, **given), actor=None)


def calls(key: str = "shop") -> r.Action:
    """An action that calls a webhook."""
    return "call_webhook", {"webhook": key}


def fired(person: User, *keys: str, **values: Any) -> int:
    """A lead of the person for which a rule called these webhooks; its id."""
    if keys:
        r.live_rule("fire", HIGH, [calls(key) for key in keys])
    values = {"first_name": "Grace", "last_name": "Hopper", "rating": "high"} | values
    return r.create(person, owner=person.pk, **values).or_raise().ids[0]


def later() -> None:
    """Makes every waiting run due, and its lease over."""
    past = timezone.now() - timedelta(seconds=1)
    ActionRun.objects.filter(state=RunState.WAITING).update(due_at=past)
    ActionRun.objects.filter(lease_until__isnull=False).update(lease_until=past)
