"""Marketing e-mail: who wants none gets none, and everybody can say so with one click."""

import re

import pytest
import time_machine
from django.conf import settings
from django.core import mail as outgoing
from django.core import signing
from django.test import Client

from crm.door import Change, Source, Verb, apply
from crm.models import Cause, History, User
from tests.crm.pages.conftest import make
from tests.workflows import rules as r
from tests.workflows.email.conftest import OWNER, fire, letter, template
from workflows.marketing import SALT, Subscriber, opt_out, subscriber_of, unsubscribe_address
from workflows.models import ActionRun
from workflows.tasks import process_due

pytestmark = pytest.mark.django_db
GRACE = {"to": "field", "field": "email"}


def news(ada: User, lead: int, **given: object) -> None:
    """Sends a marketing letter to the lead and its owner."""
    template("news", marketing=True, **given)
    fire(ada, lead, letter(OWNER, GRACE, template="news"))


def link_to(record_id: int, module: str = "leads", address: str = "grace@navy.example") -> str:
    """The path of the page to unsubscribe."""
    return unsubscribe_address(Subscriber(module, record_id, address)).removeprefix(settings.SITE_URL)


@pytest.mark.parametrize("form", ["plain", "html"])
def test_a_marketing_letter_says_how_to_unsubscribe(ada: User, lead: int, form: str, client: Client) -> None:
    news(ada, lead, form=form)
    inside, outside = outgoing.outbox
    headers = outside.extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{settings.SITE_URL}/unsubscribe/")
    assert outside.body.count(link) == 1
    [written] = re.findall(r'href="([^"]+)"', outside.alternatives[0].content) or [link]
    assert written == link
    assert client.get(link.removeprefix(settings.SITE_URL)).status_code == 200
    assert "List-Unsubscribe" not in inside.extra_headers, "a colleague has no record to opt out"


def test_other_letters_have_no_such_link(ada: User, lead: int) -> None:
    r.edit(ada, lead, email_opt_out=True).or_raise()
    template("offer")
    fire(ada, lead, letter(GRACE, template="offer"))
    assert "List-Unsubscribe" not in outgoing.outbox[0].extra_headers


def test_who_has_opted_out_by_the_time_of_sending_gets_none(ada: User, lead: int) -> None:
    template("news", marketing=True)
    fire(ada, lead, letter(OWNER, GRACE, template="news"), send=False)
    r.edit(ada, lead, email_opt_out=True).or_raise()
    process_due()
    assert [one.to for one in outgoing.outbox] == [[ada.email]]
    not_sent = ActionRun.objects.get().answer["not_sent"]
    assert not_sent == [{"to": "grace@navy.example", "why": "opted out"}]


def test_the_linked_record_that_has_the_address_decides(ada: User) -> None:
    contacts = [
        make("contacts", ada, last_name="No", email="no@navy.example", email_opt_out=True),
        make("contacts", ada, last_name="Yes", email="yes@navy.example"),
    ]
    template("news", marketing=True, module_id="deals")
    sends = letter({"to": "field", "field": "contact.email"}, template="news")
    r.live_rule("fire", r.when(("stage", "is", "proposal")), [sends], module_key="deals")
    for contact in contacts:
        deal = make("deals", ada, name="Ship", contact=contact)
        r.edit(ada, deal, "deals", stage="proposal").or_raise()
    process_due()
    [sent] = outgoing.outbox
    token = sent.extra_headers["List-Unsubscribe"].strip("<>").rstrip("/").rpartition("/")[2]
    assert subscriber_of(token) == Subscriber("contacts", contacts[1], "yes@navy.example")


def test_opening_the_page_asks_and_changes_nothing(ada: User, lead: int, client: Client) -> None:
    answer = client.get(link_to(lead))
    assert (answer.status_code, answer["Referrer-Policy"]) == (200, "no-referrer")
    assert "grace@navy.example" in answer.content.decode()
    assert r.stored(lead).email_opt_out is False


def test_sending_the_form_or_one_click_opts_out_without_log_in(ada: User, lead: int) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(link_to(lead), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "no more marketing e-mail" in answer.content.decode()
    assert r.stored(lead).email_opt_out is True
    row = History.objects.filter(record_id=lead).latest("id")
    assert (row.cause.kind, row.actor, row.changes["email_opt_out"][:2]) == (
        "unsubscribe", None, [False, True]
    )  # fmt: skip
    strict.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    assert "Unsubscribed" in strict.get(f"/leads/{lead}/timeline/").content.decode()
    assert strict.post(link_to(lead)).status_code == 200
    assert Cause.objects.filter(kind="unsubscribe").count() == 1


def test_all_records_with_the_address_opt_out_and_no_others(ada: User, cleo: User, lead: int) -> None:
    contact = make("contacts", cleo, last_name="Hopper", email="GRACE@navy.example")
    other = make("leads", ada, last_name="Other", email="other@navy.example")
    assert opt_out(Subscriber("leads", lead, "grace@navy.example"))
    assert r.stored(contact, "contacts").email_opt_out is True
    assert r.stored(other).email_opt_out is False


def test_a_record_that_has_another_address_now_is_left_alone(ada: User, lead: int, client: Client) -> None:
    r.edit(ada, lead, email="new@navy.example").or_raise()
    assert client.post(link_to(lead)).status_code == 200
    assert r.stored(lead).email_opt_out is False


def test_a_record_in_the_bin_opts_out_too(ada: User, lead: int, client: Client) -> None:
    apply([Change(Verb.BIN, "leads", lead)], actor=ada, source=Source.PAGE).or_raise()
    assert client.post(link_to(lead)).status_code == 200
    assert r.stored(lead).email_opt_out is True


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "WyJsZWFkcyIsMSwieCJd:1:x"])
def test_a_token_that_is_not_ours_is_not_found(db: None, client: Client, token: str) -> None:
    for method in (client.get, client.post):
        assert method(f"/unsubscribe/{token}/").status_code == 404


def test_a_token_cannot_be_changed_and_does_not_expire(ada: User, lead: int, client: Client) -> None:
    with time_machine.travel("2001-01-01", tick=False):
        old = link_to(lead)
    assert client.get(old).status_code == 200
    elsewhere = signing.dumps(["leads", lead, "x@y.example"], salt="other")
    assert client.post(f"/unsubscribe/{elsewhere}/").status_code == 404
    forged = signing.dumps(["leads", lead, "x@y.example"], salt=SALT, key="guessed")
    assert client.post(f"/unsubscribe/{forged}/").status_code == 404
    assert client.delete(old).status_code == 405


def test_a_rule_that_watches_the_field_sees_the_opt_out(ada: User, lead: int, client: Client) -> None:
    r.live_rule("left", r.when(("email_opt_out", "is", True)), [r.task("Call {{name}}")])
    client.post(link_to(lead))
    assert [task.name for task in r.tasks()] == ["Call Grace Hopper"]
