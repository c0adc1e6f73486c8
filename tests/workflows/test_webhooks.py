"""What a webhook sends, and that receivers can verify it: with a real receiver and the published library."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from standardwebhooks import Webhook as Library
from standardwebhooks import WebhookVerificationError

from crm.models import ConfigurationChange, User
from crm.modules.problems import InUse, ModuleProblem
from tests.receiver import Receiver, status
from tests.workflows import rules as r
from tests.workflows.endpoints import HIGH, ROWS, calls, endpoint, fired, receiver
from workflows import runs
from workflows.models import ActionRun, Webhook
from workflows.publishing import publish_rule, switch_off_rule
from workflows.webhooks.signing import new_secret, signature
from workflows.webhooks.verbs import delete_webhook, rotate_secret, save_webhook

__all__ = ["receiver"]
pytestmark = pytest.mark.django_db
DONE = {"done": 1, "retried": 0, "failed": 0}


def secret_of(webhook: Webhook) -> str:
    return webhook.secrets.all()[0].value


def test_the_event_says_what_happened_to_whom_and_why(ada: User, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url, fields_sent=["rating", "employees", "owner.email"])
    lead = fired(ada, "shop", rating="low", employees=7, company="Navy")
    r.edit(ada, lead, rating="high", company="Army").or_raise()
    assert runs.drain() == DONE
    [came] = receiver.received
    told = Library(secret_of(webhook)).verify(came.body, came.headers)
    moment = told.pop("time")
    assert abs(timezone.now() - datetime.fromisoformat(moment)) < timedelta(minutes=1)
    [run] = ActionRun.objects.all()
    assert run.cause.parent is not None
    assert told == {
        "event": "leads.edited",
        "object": {"module": "leads", "id": lead, "url": f"http://127.0.0.1:8000/leads/{lead}/"},
        "user": {"email": ada.email, "name": "Ada Adler"},
        "request": str(run.cause.parent_id),
        "rule": "Fire",
        "changed": {"rating": {"before": "low", "after": "high"}},
        "fields": {"rating": "high", "employees": 7, "owner.email": ada.email},
    }
    assert b"Army" not in came.body, "only fields that the endpoint names are sent"
    assert (came.method, came.headers["content-type"]) == ("POST", "application/json")
    assert came.headers["webhook-id"] == run.input["id"]


def test_of_a_new_record_nothing_was_before(ada: User, receiver: Receiver) -> None:
    endpoint(receiver.url, fields_sent=["rating", "annual_revenue"])
    fired(ada, "shop", annual_revenue="12.50")
    runs.drain()
    told = json.loads(receiver.received[0].body)
    assert told["event"] == "leads.created"
    assert told["changed"]["rating"] == {"before": None, "after": "high"}
    assert told["fields"]["annual_revenue"] == "12.50"


def test_names_and_texts_of_ones_own_as_json(ada: User, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url, body="rows", rows=ROWS, method="PUT", headers=[["X-Shop", "berlin-1"]])
    fired(ada, "shop", employees=7)
    assert runs.drain() == DONE
    [came] = receiver.received
    assert came.method == "PUT"
    assert came.headers["x-shop"] == "berlin-1"
    told = Library(secret_of(webhook)).verify(came.body, came.headers)
    assert told == {"customer": "Grace Hopper of ", "employees": 7, "owner": "Ada Adler"}


def test_names_and_texts_of_ones_own_as_a_form(ada: User, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url, body="rows", rows=ROWS, format="form", method="PATCH")
    fired(ada, "shop", employees=7, company="A & B = ü")
    assert runs.drain() == DONE
    [came] = receiver.received
    assert came.headers["content-type"] == "application/x-www-form-urlencoded"
    Library(secret_of(webhook)).verify(came.body, came.headers, json_parse=False)
    found = parse_qs(came.body.decode())
    assert found == {
        "customer": ["Grace Hopper of A & B = ü"],
        "employees": ["7"],
        "owner": ["Ada Adler"],
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_a_body_they_go_into_the_address(ada: User, receiver: Receiver, method: str) -> None:
    webhook = endpoint(f"{receiver.url}?k=1", body="rows", rows=ROWS, method=method)
    fired(ada, "shop", company="x&k=2")
    assert runs.drain() == DONE
    [came] = receiver.received
    assert (came.method, came.body) == (method, b"")
    found = parse_qs(urlsplit(came.path).query)
    assert (found["k"], found["customer"]) == (["1"], ["Grace Hopper of x&k=2"])
    Library(secret_of(webhook)).verify(came.body, came.headers, json_parse=False)


def test_what_is_sent_is_what_was_true_at_the_change(ada: User, receiver: Receiver) -> None:
    endpoint(receiver.url, fields_sent=["company"])
    lead = fired(ada, "shop", company="Navy")
    r.edit(ada, lead, company="Army").or_raise()
    runs.drain()
    assert json.loads(receiver.received[0].body)["fields"] == {"company": "Navy"}


def test_where_it_goes_is_what_the_endpoint_says_now(ada: User, receiver: Receiver) -> None:
    webhook = endpoint("http://127.0.0.1:1/old", fields_sent=["company"])
    fired(ada, "shop")
    webhook.url = receiver.url
    save_webhook(webhook=webhook, actor=None)
    assert runs.drain() == DONE
    assert receiver.received[0].path == "/hook"


def test_our_signature_is_the_librarys() -> None:
    secret, at = new_secret(), timezone.now()
    ours = signature(secret, "msg_1", int(at.timestamp()), "ü {}".encode())
    assert ours == Library(secret).sign("msg_1", at, "ü {}")
    assert secret.startswith("whsec_")


def test_during_a_rotation_both_secrets_sign(ada: User, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url)
    old = secret_of(webhook)
    new = rotate_secret(webhook=webhook, hours=24, actor=None).value
    fired(ada, "shop")
    runs.drain()
    [came] = receiver.received
    assert came.headers["webhook-signature"].count("v1,") == 2
    for secret in (old, new):
        Library(secret).verify(came.body, came.headers)
    with pytest.raises(WebhookVerificationError):
        Library(new_secret()).verify(came.body, came.headers)
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        fired(ada)
        runs.drain()
        came = receiver.received[1]
        Library(new).verify(came.body, came.headers)
        with pytest.raises(WebhookVerificationError):
            Library(old).verify(came.body, came.headers)


def test_a_rotation_without_hours_ends_the_old_secrets_at_once(ada: User, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url)
    rotate_secret(webhook=webhook, hours=24, actor=None)
    rotate_secret(webhook=webhook, hours=0, actor=None)
    fired(ada, "shop")
    runs.drain()
    assert receiver.received[0].headers["webhook-signature"].count("v1,") == 1


def test_secrets_are_in_no_log_journal_or_answer(
    ada: User, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Even where the receiver sends back what it was sent."""
    caplog.set_level(logging.DEBUG)

    def echo(handler: Any) -> None:
        status(500, str(handler.headers).encode(), X_Echo=handler.headers["Authorization"])(handler)

    receiver.always = echo
    token = "Bearer 0123456789abcdef"
    webhook = endpoint(
        f"{receiver.url}?key=hush-hush", headers=[["Authorization", token]], fields_sent=["company"]
    )
    rotate_secret(webhook=webhook, hours=1, actor=None)
    fired(ada, "shop", company="Navy")
    assert runs.drain() == {"done": 0, "retried": 1, "failed": 0}
    assert receiver.received[0].headers["authorization"] == token
    webhook.url = "http://127.0.0.1:1/hush-path"
    save_webhook(webhook=webhook, actor=None)
    ActionRun.objects.update(due_at=timezone.now())
    runs.drain()
    webhook.active = False
    switch_off_rule("fire", actor=None)
    save_webhook(webhook=webhook, actor=None)
    [run] = ActionRun.objects.all()
    assert run.answer["tries"][0]["status"] == 500
    journal = json.dumps(list(ConfigurationChange.objects.values("before", "after")))
    kept = json.dumps([run.input, run.answer])
    secrets = [token, token.split()[1], "hush-hush", *webhook.secrets.values_list("value", flat=True)]
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in journal
        assert secret not in kept
    assert "127.0.0.1 took no connection" in caplog.text
    assert "hush-path" not in caplog.text


def test_publishing_asks_that_the_webhook_is_there_active_and_fits(company: Any, receiver: Receiver) -> None:
    def problems(module: str = "leads") -> str:
        with pytest.raises(ValueError, match=r"Call webhook") as refused:
            publish_rule(r.draft_rule(f"draft{len(found)}", {}, [calls()], module_key=module), actor=None)
        return str(refused.value)

    found: list[str] = []
    found.append(problems())
    webhook = endpoint(
        receiver.url, active=False, fields_sent=["rating"], body="rows", rows=[["a", "{{nope}}"]]
    )
    found.append(problems())
    webhook.active = True
    save_webhook(webhook=webhook, actor=None)
    found.append(problems())
    webhook.rows, webhook.module_id = [["a", "{{company}}"]], "leads"
    save_webhook(webhook=webhook, actor=None)
    found.append(problems("accounts"))
    assert "There is no webhook “shop”." in found[0]
    assert "The webhook “Shop” is switched off." in found[1]
    assert "{{nope}}" in found[2]
    assert "is not for Accounts" in found[3]
    assert publish_rule(r.draft_rule("good", {}, [calls()]), actor=None).number == 1


def test_what_a_live_rule_uses_stays_usable(company: Any, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url, fields_sent=["rating"])
    r.live_rule("first", HIGH, [calls()])
    r.live_rule("second", HIGH, [calls()])
    for change in ({"active": False}, {"fields_sent": ["nope"]}, {"module_id": "accounts"}):
        changed = Webhook.objects.get()
        for name, value in change.items():
            setattr(changed, name, value)
        with pytest.raises(InUse, match=r"First.*Second"):
            save_webhook(webhook=changed, actor=None)
    with pytest.raises(InUse, match="Workflow rule: “First”"):
        delete_webhook(webhook=webhook, actor=None)
    webhook.name, webhook.fields_sent = "Other name", ["company"]
    save_webhook(webhook=webhook, actor=None)
    for key in ("first", "second"):
        switch_off_rule(key, actor=None)
    delete_webhook(webhook=webhook, actor=None)
    assert not Webhook.objects.exists()


def test_a_change_of_the_webhook_holds_for_the_next_record(ada: User, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url, fields_sent=["company"])
    fired(ada, "shop", company="Navy")
    webhook.fields_sent = ["rating"]
    save_webhook(webhook=webhook, actor=None)
    fired(ada)
    runs.drain()
    assert [json.loads(came.body)["fields"] for came in receiver.received] == [
        {"company": "Navy"},
        {"rating": "high"},
    ]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("url", {"url": "ftp://example.com"}),
        ("url", {"url": "https://user:pass@example.com"}),
        ("headers", {"headers": [["X-A", "1\r\nX-B: 2"]]}),
        ("headers", {"headers": [["Host", "other"]]}),
        ("headers", {"headers": [["Webhook-Signature", "v1,x"]]}),
        ("headers", {"headers": [["Content-Type", "text/html"]]}),
        ("headers", {"headers": [["X-A", "1"], ["x-a", "2"]]}),
        ("rows", {"body": "rows"}),
        ("rows", {"body": "rows", "rows": [["a", "1"], ["a", "2"]]}),
        ("rows", {"body": "rows", "rows": [["a", "{{nope}}"]], "module_id": "leads"}),
        ("fields_sent", {"fields_sent": ["nope"], "module_id": "leads"}),
        ("body", {"method": "GET"}),
        ("body", {"format": "form"}),
        ("seconds", {"seconds": 31}),
        ("seconds", {"seconds": 0}),
        ("method", {"method": "TRACE"}),
        ("name", {"name": ""}),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_field(company: Any, field: str, given: Any) -> None:
    webhook = Webhook(**{"name": "Shop", "url": "https://example.com/"} | given)
    with pytest.raises(ModuleProblem) as refused:
        save_webhook(webhook=webhook, actor=None)
    assert refused.value.field == field


def test_only_who_manages_automation_changes_webhooks(ada: User, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url)
    with pytest.raises(PermissionDenied):
        save_webhook(webhook=webhook, actor=ada)
    with pytest.raises(PermissionDenied):
        delete_webhook(webhook=webhook, actor=ada)
    with pytest.raises(PermissionDenied):
        rotate_secret(webhook=webhook, hours=1, actor=ada)


def test_a_rule_says_in_words_what_it_calls(company: Any, receiver: Receiver) -> None:
    from crm.documents.kinds import DOCUMENT_KINDS
    from crm.documents.live import document_data

    endpoint(receiver.url)
    version = r.live_rule("fire", HIGH, [calls()])
    assert DOCUMENT_KINDS["rule"].describe(document_data(version))[-1] == "Call the webhook “Shop”"


def test_the_form_of_the_action_offers_webhooks_that_fit(company: Any, receiver: Receiver) -> None:
    from crm.modules.loading import module
    from workflows.kinds.base import ACTION_KINDS

    endpoint(receiver.url)
    endpoint(receiver.url, "off", active=False)
    endpoint(receiver.url, "other", module_id="accounts")
    form = ACTION_KINDS["call_webhook"].form(module("leads"), {"webhook": "shop"}, config={})
    assert form.is_valid()
    assert form.config() == {"webhook": "shop"}
    assert not ACTION_KINDS["call_webhook"].form(module("leads"), {"webhook": "off"}).is_valid()
    assert not ACTION_KINDS["call_webhook"].form(module("leads"), {"webhook": "other"}).is_valid()
