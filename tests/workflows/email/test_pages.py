"""The admin's pages of templates, and the form of the action."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import Field, FieldRight, Profile, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from tests.crm.admin.conftest import admin_client, as_person
from tests.people import Company, grant, limited_admin
from tests.workflows import rules as r
from tests.workflows.email.conftest import HIGH, OWNER, fire, letter, template
from tests.workflows.email.server import Post
from workflows.kinds.base import ACTION_KINDS
from workflows.models import ActionRun, EmailTemplate

__all__ = ["admin_client", "as_person"]

ADD = "admin:workflows_emailtemplate_add"
pytestmark = pytest.mark.django_db


def change(row: EmailTemplate, what: str = "change") -> str:
    return reverse(f"admin:workflows_emailtemplate_{what}", args=[row.pk])


def typed(**given: Any) -> dict[str, Any]:
    """What a browser sends."""
    usual = {"name": "Welcome", "module": "leads", "subject": "Hi {{name}}", "form": "plain", "body": "Text"}
    return usual | {"language": "", "active": "on"} | given


def test_a_template_is_typed_stored_and_shown_with_the_fields_of_its_module(admin_client: Client) -> None:
    assert admin_client.post(reverse(ADD), typed(marketing="on")).status_code == 302
    row = EmailTemplate.objects.get()
    assert (row.key, row.module_id, row.marketing, row.active) == ("welcome", "leads", True, True)
    shown = admin_client.get(change(row)).content.decode()
    for mark in (
        "{{first_name}}",
        "{{owner.email}}",
        "{{converted_account.industry}}",
        "{{#tags}}",
        "{{item}}",
    ):
        assert mark in shown
    assert "{{#lines}}" not in shown
    quote = template("quote", module_id="quotes", subject="{{name}}")
    assert "{{#lines}}" in admin_client.get(change(quote)).content.decode()


def test_a_mistake_is_told_beside_its_field_and_nothing_is_stored(admin_client: Client) -> None:
    answer = admin_client.post(reverse(ADD), typed(body="Dear {{nmae}}"))
    assert answer.status_code == 422
    assert "nmae" in str(answer.context["adminform"].form.errors["body"])
    assert not EmailTemplate.objects.exists()


def test_what_uses_a_template_is_named_when_it_is_deleted_or_switched_off(admin_client: Client) -> None:
    row = template()
    r.live_rule("welcome", HIGH, [letter(OWNER, template="hello")], name="Welcome leads")
    answer = admin_client.post(change(row), typed(name="Hello", active=""))
    assert answer.status_code == 422
    assert "Welcome leads" in answer.content.decode()
    answer = admin_client.post(change(row, "delete"), {"post": "yes"}, follow=True)
    assert "Welcome leads" in answer.content.decode()
    assert EmailTemplate.objects.get().active


def test_a_preview_is_of_a_record_that_the_admin_sees(admin_client: Client, ada: User, lead: int) -> None:
    row = template(form="html", body="<p>{{company}}</p>")
    other = r.create(ada, last_name="Turing", company="<Bletchley>", owner=ada.pk).or_raise().ids[0]
    newest = admin_client.get(change(row, "preview")).content.decode()
    assert "Hello Turing" in newest
    assert 'srcdoc="&lt;p&gt;&amp;lt;Bletchley&amp;gt;&lt;/p&gt;"' in newest
    for typed_record in (str(lead), "grace"):
        shown = admin_client.get(change(row, "preview"), {"record": typed_record}).content.decode()
        assert "Hello Grace Hopper" in shown
    for typed_record in ("nobody at all", "9" * 30, str(other + 999)):
        shown = admin_client.get(change(row, "preview"), {"record": typed_record}).content.decode()
        assert "You see no such record." in shown
    assert not ActionRun.objects.exists()


def test_a_preview_hides_what_the_admin_may_not_read(
    company: Company, lead: int, as_person: Any, ada: User
) -> None:
    row = template(body="{{company|hidden}} {{title}}")
    r.edit(ada, lead, company="Navy", title="Admiral").or_raise()
    person = limited_admin("manage_automation")
    client = as_person(person)
    assert "You see no such record." in client.get(change(row, "preview")).content.decode()
    profile = Profile.objects.get(key="limited")
    grant(profile, "leads")
    User.objects.filter(pk=ada.pk).update(superior_override=person)
    field = Field.objects.get(module__key="leads", key="company")
    FieldRight.objects.create(profile=profile, field=field, access="hidden")
    forget_everything()
    shown = client.get(change(row, "preview")).content.decode()
    assert "hidden Admiral" in shown
    assert "Navy" not in shown


def test_who_does_not_manage_automation_sees_no_templates(company: Company, as_person: Any) -> None:
    row = template()
    client = as_person(limited_admin("manage_people"))
    for address in (change(row), change(row, "preview"), reverse(ADD)):
        assert client.get(address).status_code == 403


def test_the_page_of_a_run_names_refused_addresses(
    admin_client: Client, ada: User, lead: int, post: Post
) -> None:
    post.refused = {ada.email: "550 gone"}
    fire(ada, lead, letter(OWNER))
    run = ActionRun.objects.get()
    shown = admin_client.get(reverse("admin:workflows_actionrun_change", args=[run.pk])).content.decode()
    assert f"Refused: {ada.email}" in shown
    timeline = admin_client.get(f"/leads/{lead}/timeline/").content.decode()
    assert "The mail server refused the e-mail to Ada Adler for good (550)." in timeline


# --- The form of the action ---------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "template": "hello",
    "recipients": [
        OWNER,
        {"to": "field", "field": "email"},
        {"to": "superior_of", "field": "created_by"},
        {"to": "person", "person": "ada@example.com"},
        {"to": "role", "role": "reps"},
        {"to": "address", "address": "a@example.org"},
        {"to": "address", "address": "b@example.org"},
    ],
    "cc": [{"to": "superior_of", "person": "ada@example.com"}, {"to": "current_user"}],
    "bcc": [{"to": "field", "field": "converted_account.owner"}],
    "sender": "person",
    "sender_person": "ben@example.com",
    "attachments": "matching",
    "attachment_names": "*.pdf",
}
OWN: dict[str, Any] = {"recipients": [OWNER], "subject": "Hi", "body": "Text", "html": True}


def form(data: dict[str, Any] | None = None, config: dict[str, Any] | None = None) -> Any:
    return ACTION_KINDS["send_email"].form(module("leads"), data, config=config)


def as_typed(config: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends of the form of stored settings, if nobody touches it."""
    shown = form(config=config)
    return {name: value for name, value in shown.initial.items() if name in shown.fields and value}


@pytest.mark.parametrize("config", [FULL, OWN])
def test_the_form_gives_back_what_is_stored(company: Company, config: dict[str, Any]) -> None:
    template()
    sent = form(as_typed(config), config)
    assert sent.is_valid(), sent.errors
    assert sent.config() == config
    assert ACTION_KINDS["send_email"].validate(sent.config(), module("leads")) == []


def test_what_is_no_longer_offered_is_kept_and_told(company: Company) -> None:
    """Somebody left and a template is gone: saving the form must not send to fewer people unseen."""
    config = {**FULL, "recipients": [{"to": "person", "person": "gone@example.com"}], "template": "gone"}
    sent = form(as_typed(config), config)
    assert sent.is_valid(), sent.errors
    assert sent.config() == config
    told = ACTION_KINDS["send_email"].validate(sent.config(), module("leads"))
    assert any("gone@example.com" in one for one in told)
    assert any("“gone”" in one for one in told)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"recipients_addresses": "a@example.org\nnot an address"}, "recipients_addresses"),
        ({"recipients_record": ["field:company"]}, "recipients_record"),
        ({"recipients_people": ["nobody@example.com"]}, "recipients_people"),
        ({"sender": "person"}, "sender_person"),
        ({"attachments": "matching"}, "attachment_names"),
        ({"template": "nowhere"}, "template"),
    ],
)
def test_the_form_names_the_wrong_input(company: Company, data: dict[str, Any], field: str) -> None:
    sent = form(data, {})
    assert not sent.is_valid()
    assert field in sent.errors


def test_an_empty_form_has_no_settings_and_draws_without_a_config(company: Company) -> None:
    sent = form({}, None)
    assert sent.is_valid()
    assert sent.config() == {}
    assert "recipients_record" in str(form().as_p())


def test_senders_that_are_not_allowed_are_not_offered(company: Company, settings: Any) -> None:
    settings.EMAIL_SENDERS = ["owner"]
    assert [key for key, _label in form().fields["sender"].choices] == ["organisation", "owner"]


def test_stored_nonsense_does_not_break_the_form(company: Company) -> None:
    for config in ({"recipients": "x"}, {"recipients": [1, {"to": "moon"}, {"to": "person"}]}, {"cc": None}):
        assert "recipients_record" in str(form(config=config).as_p())
