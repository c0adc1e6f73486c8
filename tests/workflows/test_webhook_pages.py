"""Claims about the admin's pages of webhooks and their deliveries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from standardwebhooks import Webhook as Library

from crm.models import ConfigurationChange, Field, FieldRight, User
from crm.people.remembered import forget_everything
from crm.visibility import has_feature
from tests.crm.admin.conftest import admin_client, as_person
from tests.people import Company, limited_admin
from tests.receiver import Receiver, status
from tests.rows import make_row
from tests.workflows import rules as r
from tests.workflows.endpoints import HIGH, calls, endpoint, fired, receiver
from workflows import runs
from workflows.models import ActionRun, RunState, Webhook

__all__ = ["admin_client", "as_person", "receiver"]
pytestmark = pytest.mark.django_db
DELIVERIES = "admin:workflows_delivery_changelist"


def typed(**given: Any) -> dict[str, Any]:
    """What a browser sends."""
    data = {"name": "Web shop", "active": "on", "module": "", "url": "https://shop.example/hook"}
    data |= {"method": "POST", "seconds": "10", "headers": "X-Shop: berlin\r\n\r\n X-Key : a:b "}
    data |= {"body": "event", "format": "json", "fields_sent": "rating\r\nowner.email", "rows": ""}
    return data | given


def page(webhook: Webhook, name: str = "change") -> str:
    return reverse(f"admin:workflows_webhook_{name}", args=[webhook.pk])


def test_an_endpoint_is_typed_and_shown_again(admin_client: Client, company: Company) -> None:
    assert admin_client.post(reverse("admin:workflows_webhook_add"), typed()).status_code == 302
    webhook = Webhook.objects.get()
    assert (webhook.key, webhook.module_id, webhook.fields_sent) == (
        "web_shop",
        None,
        ["rating", "owner.email"],
    )
    assert webhook.headers == [["X-Shop", "berlin"], ["X-Key", "a:b"]]
    assert webhook.secrets.count() == 1
    shown = admin_client.get(page(webhook)).content.decode()
    assert "X-Shop: berlin\nX-Key: a:b" in shown
    assert "rating\nowner.email" in shown
    assert webhook.secrets.get().value not in shown
    rows = typed(
        module="leads", body="rows", format="form", rows="name: {{name}}: {{company}}", fields_sent=""
    )
    assert admin_client.post(page(webhook), rows).status_code == 302
    webhook.refresh_from_db()
    assert (webhook.module_id, webhook.rows, webhook.fields_sent) == (
        "leads",
        [["name", "{{name}}: {{company}}"]],
        [],
    )
    assert webhook.secrets.count() == 1
    made, changed = ConfigurationChange.objects.filter(kind="webhook").order_by("id")
    assert (made.what, changed.what, changed.actor) == ("create", "edit", company.admin)
    assert made.after["headers"] == [["X-Shop", "•••"], ["X-Key", "•••"]]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"url": "ftp://shop.example"}, "has to begin with https"),
        ({"headers": "no colon"}, "has no name and colon"),
        ({"headers": "Host: other"}, "is set by Signalbox itself"),
        ({"body": "rows", "rows": ""}, "a name and a text in each line"),
        ({"module": "leads", "fields_sent": "nope"}, "has no field “nope”"),
        ({"seconds": "99"}, "less than or equal to 30"),
    ],
)
def test_mistakes_are_named(admin_client: Client, given: dict[str, str], told: str) -> None:
    response = admin_client.post(reverse("admin:workflows_webhook_add"), typed(**given))
    assert told in response.content.decode()
    assert not Webhook.objects.exists()


def test_what_a_live_rule_calls_is_kept_with_the_reason(admin_client: Client, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url)
    r.live_rule("fire", HIGH, [calls()])
    off = typed(name="Shop")
    del off["active"]
    response = admin_client.post(page(webhook), off)
    assert response.status_code == 422
    assert "Workflow rule: “Fire”" in response.content.decode()
    gone = admin_client.post(page(webhook, "delete"), {"post": "yes"}, follow=True)
    assert "Workflow rule: “Fire”" in gone.content.decode()
    assert Webhook.objects.get().active


def test_the_secret_is_shown_and_renewed_on_a_page_of_its_own(
    admin_client: Client, receiver: Receiver
) -> None:
    webhook = endpoint(receiver.url)
    first = webhook.secrets.get().value
    response = admin_client.get(page(webhook, "secret"))
    assert first in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert admin_client.post(page(webhook, "secret"), {"hours": "999"}).status_code == 422
    assert admin_client.post(page(webhook, "secret"), {"hours": "24"}).status_code == 302
    new = webhook.secrets.all()[0].value
    shown = admin_client.get(page(webhook, "secret")).content.decode()
    assert new != first
    assert f"{new}</li>" in shown
    assert f"{first}, until" in shown


def test_a_test_shows_request_and_answer(admin_client: Client, company: Company, receiver: Receiver) -> None:
    webhook = endpoint(receiver.url, fields_sent=["company", "owner.email"], headers=[["X-Key", "hush-hush"]])
    lead = make_row("leads", name="Meier", company="Navy", owner=company.ada).pk
    receiver.replies = [status(202, b"<b>thanks</b>"), status(404), status(200)]
    assert 'name="record"' in admin_client.get(page(webhook, "test")).content.decode()
    assert receiver.received == [], "opening the page sends nothing"
    shown = admin_client.post(page(webhook, "test"), {"module": "leads", "record": lead}).content.decode()
    [came] = receiver.received
    told = Library(webhook.secrets.get().value).verify(came.body, came.headers)
    assert told["event"] == "leads.test"
    assert told["fields"] == {"company": "Navy", "owner.email": company.ada.email}
    assert "&lt;b&gt;thanks&lt;/b&gt;" in shown
    assert "202 after" in shown
    assert "hush-hush" not in shown
    assert "The receiver accepted it." in shown
    shown = admin_client.post(page(webhook, "test"), {"module": "leads", "record": ""}).content.decode()
    assert "another try would not change it" in shown
    assert b'"company": null' in receiver.received[1].body
    webhook.url = "http://10.0.0.1/"
    webhook.save()
    shown = admin_client.post(page(webhook, "test"), {"module": "leads"}).content.decode()
    assert "10.0.0.1 is a private or reserved address" in shown
    assert not ActionRun.objects.exists()


def test_a_test_tells_nothing_that_its_sender_may_not_read(
    as_person: Callable[[User], Client], company: Company, receiver: Receiver
) -> None:
    webhook = endpoint(receiver.url, fields_sent=["company", "city"])
    lead = make_row("leads", name="Meier", company="Navy", city="Rome", owner=company.ada).pk
    lena = as_person(limited_admin("manage_automation"))
    refused = lena.post(page(webhook, "test"), {"module": "leads", "record": lead})
    assert refused.status_code == 422
    assert "You see no such record." in refused.content.decode()
    assert receiver.received == []
    company.staff.features = ["manage_automation"]
    company.staff.save()
    hidden = Field.objects.get(module__key="leads", key="company")
    FieldRight.objects.create(profile=company.staff, field=hidden, access="hidden")
    forget_everything()
    assert has_feature(company.ada, "manage_automation")
    as_person(company.ada).post(page(webhook, "test"), {"module": "leads", "record": lead})
    assert b'"fields": {"company": null, "city": "Rome"}' in receiver.received[0].body


def test_deliveries_are_listed_shown_and_sent_again(
    admin_client: Client, ada: User, receiver: Receiver
) -> None:
    receiver.replies = [status(400, b"unknown customer"), status(200), status(200)]
    webhook = endpoint(receiver.url, fields_sent=["company"])
    endpoint(receiver.url, "other")
    fired(ada, "shop", company="Navy")
    runs.drain()
    r.live_rule("second", r.when(("city", "is", "A")), [calls("other"), r.mail({"to": "owner"})])
    r.create(ada, owner=ada.pk, city="A").or_raise()
    runs.drain()
    listed = admin_client.get(page(webhook, "deliveries"), follow=True)
    assert listed.redirect_chain == [(f"{reverse(DELIVERIES)}?webhook=shop", 302)]
    assert [run.input["webhook"] for run in listed.context["cl"].result_list] == ["shop"]
    listed = admin_client.get(reverse(DELIVERIES))
    assert [run.input["webhook"] for run in listed.context["cl"].result_list] == ["other", "shop"]
    listed = admin_client.get(reverse(DELIVERIES) + "?state__exact=failed")
    [failed] = listed.context["cl"].result_list
    address = reverse("admin:workflows_delivery_change", args=[failed.pk])
    shown = admin_client.get(address).content.decode()
    for part in (
        "unknown customer",
        "&quot;company&quot;: &quot;Navy&quot;",
        "webhook-signature",
        failed.input["id"],
    ):
        assert part in shown
    again = reverse("admin:workflows_delivery_again", args=[failed.pk])
    assert again in shown
    assert "under the same id" in admin_client.get(again).content.decode()
    assert len(receiver.received) == 2
    assert admin_client.post(again).status_code == 302
    runs.drain()
    failed.refresh_from_db()
    assert failed.state == RunState.DONE
    ids = list(ActionRun.objects.values_list("pk", flat=True))
    response = admin_client.post(reverse(DELIVERIES), {"action": "again_chosen", "_selected_action": ids})
    assert [str(one) for one in get_messages(response.wsgi_request)][-1:] == [
        "2 deliveries will be sent again."
    ]
    assert runs.drain()["done"] == 2
    assert admin_client.get(reverse("admin:workflows_delivery_add")).status_code == 403


def test_what_waits_can_be_called_off_and_not_sent_again(
    admin_client: Client, ada: User, receiver: Receiver
) -> None:
    endpoint(receiver.url, fields_sent=["company"])
    fired(ada, "shop", company="Navy")
    run = ActionRun.objects.get()
    address = reverse("admin:workflows_delivery_change", args=[run.pk])
    shown = admin_client.get(address).content.decode()
    assert "/cancel" in shown
    assert "/again" not in shown
    assert "&quot;company&quot;: &quot;Navy&quot;" in shown
    assert admin_client.post(reverse("admin:workflows_delivery_cancel", args=[run.pk])).status_code == 302
    assert ActionRun.objects.get().state == RunState.CANCELLED
    runs.drain()
    assert receiver.received == []


def test_who_may_not_manage_automation_opens_none_of_it(
    as_person: Callable[[User], Client], company: Company, receiver: Receiver
) -> None:
    webhook = endpoint(receiver.url)
    fired(company.ada, "shop")
    mina = as_person(limited_admin("manage_modules"))
    run = ActionRun.objects.get()
    for name in ("change", "test", "secret", "deliveries", "delete"):
        assert mina.get(page(webhook, name)).status_code == 403, name
        assert mina.post(page(webhook, name), {"hours": "1", "module": "leads"}).status_code == 403, name
    for name in ("change", "again", "cancel"):
        assert mina.get(reverse(f"admin:workflows_delivery_{name}", args=[run.pk])).status_code == 403, name
    assert mina.get(reverse(DELIVERIES)).status_code == 403
    assert webhook.secrets.count() == 1
    assert receiver.received == []
