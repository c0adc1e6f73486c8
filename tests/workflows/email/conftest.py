"""What tests of e-mail share: a mail server, a lead, rules that send, and templates."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile

from crm.door.attach import add_file
from crm.models import User
from tests.workflows import rules as r
from tests.workflows.email.server import Post, running
from workflows.models import EmailTemplate
from workflows.tasks import process_due
from workflows.template_verbs import save_template

HIGH = r.when(("rating", "is", "high"))
OWNER = {"to": "owner"}
SUPERIOR = {"to": "superior"}


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    """Mail leaves over SMTP to a server on this machine."""
    with running() as (server, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield server


@pytest.fixture
def lead(ada: User) -> int:
    """The id of one of Ada's leads, with an address."""
    values = {"first_name": "Grace", "last_name": "Hopper", "email": "grace@navy.example"}
    return r.create(ada, owner=ada.pk, **values).or_raise().ids[0]


def template(key: str = "hello", **given: Any) -> EmailTemplate:
    """A stored template of leads."""
    usual = {"name": key.capitalize(), "module_id": "leads", "subject": "Hello {{name}}", "body": "Text"}
    return save_template(template=EmailTemplate(key=key, **(usual | given)), actor=None)


def letter(*recipients: dict[str, Any], **given: Any) -> r.Action:
    """An action that sends an e-mail with more settings."""
    texts = {} if "template" in given else {"subject": "About {{name}}", "body": "Look."}
    return "send_email", {"recipients": list(recipients), **texts, **given}


def fire(actor: User, lead: int, *actions: r.Action, send: bool = True, **values: Any) -> None:
    """Publishes a rule with the actions, makes the rating High, and sends what waits."""
    r.live_rule("fire", HIGH, actions, name="Fire")
    r.edit(actor, lead, rating="high", **values).or_raise()
    if send:
        process_due()


def put_file(actor: User, lead: int, name: str, content: bytes = b"content") -> int:
    """The id of a file on a lead."""
    return add_file("leads", lead, name, ContentFile(content), actor=actor).pk
