"""Templates: in effect at once, journalled, checked, and not taken away from what uses them."""

import pytest
from django.contrib.auth.models import Group
from django.core import mail as outgoing
from django.core.exceptions import PermissionDenied

from crm.documents.kinds import DocumentRefused
from crm.models import ConfigurationChange, Field, FieldRight, Module, Profile, User
from crm.modules.field_editing import create_field, delete_field
from crm.modules.loading import module
from crm.modules.problems import InUse, ModuleProblem
from crm.modules.usage import Subject, usages_of
from crm.people.remembered import forget_everything
from tests.crm.pages.conftest import make
from tests.people import Company, grant
from tests.workflows import rules as r
from tests.workflows.email.conftest import HIGH, OWNER, SUPERIOR, fire, letter, template
from workflows.kinds.base import ACTION_KINDS
from workflows.models import ActionRun, RunState
from workflows.publishing import switch_off_rule
from workflows.tasks import process_due
from workflows.template_verbs import delete_template, save_template

pytestmark = pytest.mark.django_db


def test_a_rule_sends_a_template(ada: User, lead: int) -> None:
    template(form="html", subject="Hi {{first_name}}", body="<p>{{company|no company}}</p>")
    fire(ada, lead, letter(OWNER, template="hello"))
    [sent] = outgoing.outbox
    assert (sent.subject, sent.body) == ("Hi Grace", "no company")
    assert sent.alternatives[0].content == "<p>no company</p>"
    assert "body" not in ActionRun.objects.get().input


def test_a_change_takes_effect_at_once_also_for_letters_that_wait(ada: User, lead: int) -> None:
    row = template(body="Old")
    fire(ada, lead, letter(OWNER, template="hello"), send=False, company="Navy")
    row.body = "New {{company}} {{owner.name}}"
    save_template(template=row, actor=None)
    process_due()
    assert outgoing.outbox[0].body == "New Navy Ada Adler"


def test_values_are_those_of_the_change_where_the_text_had_them_then(ada: User, lead: int) -> None:
    row = template(body="{{company}}")
    fire(ada, lead, letter(OWNER, template="hello"), send=False, company="Navy", title="Admiral")
    row.body = "{{company}} {{title}}"
    save_template(template=row, actor=None)
    r.edit(ada, lead, company="Army", title="General").or_raise()
    process_due()
    assert outgoing.outbox[0].body == "Navy General"


def test_a_templates_language_comes_before_the_readers(ada: User, lead: int) -> None:
    template(body="{{employees}}", language="de")
    fire(ada, lead, letter(OWNER, template="hello"), employees=12345)
    assert outgoing.outbox[0].body == "12.345"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject": "{{nmae}}"}, "subject"),
        ({"body": "{{#lines}}x"}, "body"),
        ({"body": "{{employes}} and {{nmae}}"}, "body"),
        ({"subject": "  "}, "subject"),
        ({"key": "Not a key"}, "key"),
        ({"language": "xx"}, "language"),
    ],
)
def test_a_template_that_is_wrong_is_refused_naming_the_field(
    company: Company, given: dict[str, str], field: str
) -> None:
    with pytest.raises(ModuleProblem) as refused:
        template(**given)
    assert refused.value.field == field


def test_each_wrong_merge_field_is_named(company: Company) -> None:
    with pytest.raises(ModuleProblem, match=r"employes.*nmae"):
        template(body="{{employes}} and {{nmae}}")


def test_html_is_cleaned_when_it_is_stored(company: Company) -> None:
    row = template(form="html", body="<p onclick=x()>Hi<script>x()</script></p>")
    row.refresh_from_db()
    assert row.body == "<p>Hi</p>"
    assert template("plain", body="1 < 2 <b>").body == "1 < 2 <b>"


def test_changes_are_journalled_and_for_those_who_manage_automation(company: Company, ada: User) -> None:
    row = template()
    row.subject = "Other"
    save_template(template=row, actor=company.admin)
    save_template(template=row, actor=company.admin)
    delete_template(template=row, actor=company.admin)
    entries = ConfigurationChange.objects.filter(kind="email_template", key="hello").order_by("id")
    assert [entry.what for entry in entries] == ["create", "edit", "delete"]
    assert (entries[1].before["subject"], entries[1].after["subject"]) == ("Hello {{name}}", "Other")
    with pytest.raises(PermissionDenied):
        save_template(template=template("other"), actor=ada)


def test_what_a_live_rule_uses_stays_and_the_users_are_named(company: Company) -> None:
    row = template()
    r.live_rule("welcome", HIGH, [letter(OWNER, template="hello")], name="Welcome leads")
    for change in ({"active": False}, {"marketing": False, "module_id": "contacts"}):
        for name, value in change.items():
            setattr(row, name, value)
        with pytest.raises(InUse, match="Welcome leads"):
            save_template(template=row, actor=None)
        row.refresh_from_db()
    with pytest.raises(InUse, match="Welcome leads"):
        delete_template(template=row, actor=None)
    row.subject = "A better subject"
    assert save_template(template=row, actor=None).subject == "A better subject"


def test_what_nobody_uses_can_go_but_not_while_letters_wait(ada: User, lead: int) -> None:
    row = template()
    fire(ada, lead, letter(OWNER, template="hello"), send=False)
    switch_off_rule("fire", actor=None)
    with pytest.raises(InUse, match="1 e-mail that waits"):
        delete_template(template=row, actor=None)
    process_due()
    delete_template(template=row, actor=None)
    assert ActionRun.objects.get().state == RunState.DONE


def test_a_field_that_a_template_names_is_in_use(company: Company) -> None:
    leads = Module.objects.get(key="leads")
    field = create_field(actor=None, module=leads, label="Hobby", type="text", key="hobby")
    row = template(body="{{hobby}}")
    r.live_rule("welcome", HIGH, [letter(OWNER, template="hello")], name="Welcome leads")
    told = [str(usage) for usage in usages_of(Subject("leads", "hobby")) if usage.blocking]
    assert any("Hello" in one for one in told)
    assert any("Welcome leads" in one for one in told)
    assert not any("Hello" in str(usage) for usage in usages_of(Subject("leads", "website")))
    assert any("Hello" in str(usage) for usage in usages_of(Subject("leads")))
    with pytest.raises(InUse, match="Hello"):
        delete_field(field=field, actor=None, confirmed=True)
    row.body = "Without"
    save_template(template=row, actor=None)
    assert delete_field(field=field, actor=None, confirmed=True).active is False


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"template": "nowhere"}, "There is no e-mail template “nowhere”."),
        ({"template": "other"}, "The e-mail template “Other” is not for Leads."),
        ({"template": "off"}, "The e-mail template “Off” is switched off."),
        ({"template": "hello", "subject": "x"}, "not both"),
        ({"template": "news", "cc": [OWNER]}, "Marketing e-mail has no copies"),
        ({"template": "hello", "cc": [{"to": "field", "field": "account.email"}]}, "account.email"),
        ({"template": "hello", "cc": [{"to": "moon"}]}, "“to”"),
        ({"template": "hello", "bcc": [{"to": "superior_of", "field": "company"}]}, "company"),
        ({"template": "hello", "bcc": [{"to": "superior_of", "person": "x@example.com"}]}, "x@example.com"),
        ({"template": "hello", "sender": "moon"}, "“sender”"),
        ({"template": "hello", "sender": "person"}, "no active person"),
        ({"template": "hello", "attachments": "some"}, "“attachments”"),
        ({"template": "hello", "attachments": "matching"}, "which files"),
        ({"subject": "x", "body": "{{nmae}}"}, "nmae"),
    ],
)
def test_publishing_tells_what_is_wrong(company: Company, config: dict[str, object], told: str) -> None:
    template()
    template("other", module_id="contacts")
    template("off", active=False)
    template("news", marketing=True)
    given = {"recipients": [OWNER], **config}
    with pytest.raises(DocumentRefused) as refused:
        r.live_rule("fire", HIGH, [("send_email", given)])
    assert told in str(refused.value)


def test_an_identity_that_the_installation_does_not_allow_is_refused(
    company: Company, settings: object
) -> None:
    template()
    settings.EMAIL_SENDERS = []
    with pytest.raises(DocumentRefused, match="not sent as the record's owner"):
        r.live_rule("fire", HIGH, [letter(OWNER, template="hello", sender="owner")])


def hide(company: Company, person: User, *fields: str) -> None:
    """Hides fields of leads from a person."""
    profile = Profile.objects.create(key="seller", name="Seller", group=Group.objects.create(name="seller"))
    for key in ("leads", "products", "quotes"):
        grant(profile, key)
    for name in fields:
        of, _dot, key = name.partition(".")
        field = Field.objects.get(module__key=of, key=key)
        FieldRight.objects.create(profile=profile, field=field, access="hidden")
    User.objects.filter(pk=person.pk).update(profile=profile)
    forget_everything()


def test_a_copy_shows_only_what_all_its_readers_may_read(
    company: Company, ada: User, ben: User, lead: int
) -> None:
    hide(company, ben, "leads.employees")
    outside = {"to": "address", "address": "outside@example.org"}
    sends = letter(OWNER, outside, body="{{employees|?}} {{company|?}}", cc=[SUPERIOR])
    fire(ada, lead, sends, employees=12, company="Navy")
    assert [(one.reader, one.body) for one in outgoing.outbox] == [
        (ada.email, "? Navy"), (ben.email, "? Navy"), ("outside@example.org", "12 Navy")
    ]  # fmt: skip


def test_an_address_of_a_person_inside_counts_as_that_person(
    company: Company, ada: User, ben: User, lead: int
) -> None:
    """An admin who writes down a colleague's address does not let them read more."""
    hide(company, ben, "leads.employees")
    fire(
        ada,
        lead,
        letter({"to": "address", "address": "BEN@example.com"}, body="{{employees|?}}"),
        employees=12,
    )
    assert [(one.reader, one.body) for one in outgoing.outbox] == [(ben.email, "?")]


def test_lists_show_only_what_their_reader_may_read(company: Company, ada: User, ben: User) -> None:
    hide(company, ben, "products.name")
    product = make("products", ada, name="Secret")
    quote = make("quotes", ada, name="Q", lines=[{"product": product, "quantity": "1", "price": "5"}])
    body = "{{#lines}}{{product|a product}} {{price}}{{/lines}}"
    sends = letter(OWNER, SUPERIOR, body=body)
    r.live_rule("fire", r.when(("status", "is", "sent")), [sends], module_key="quotes")
    r.edit(ada, quote, "quotes", status="sent").or_raise()
    process_due()
    assert [one.body for one in outgoing.outbox] == ["Secret 5.00", "a product 5.00"]


def test_recipients_named_by_the_record_and_those_it_links_to(company: Company, ada: User, ben: User) -> None:
    contact = make("contacts", company.cleo, last_name="Hopper", email="grace@navy.example")
    account = make("accounts", company.cleo, name="Navy")
    deal = make("deals", ada, name="Ship")
    recipients = [
        {"to": "field", "field": "contact.email"},
        {"to": "field", "field": "account.owner"},
        {"to": "superior_of", "field": "created_by"},
        {"to": "superior_of", "person": ada.email},
        {"to": "creator"},
        {"to": "current_user"},
    ]
    r.live_rule("fire", r.when(("stage", "is", "proposal")), [letter(*recipients)], module_key="deals")
    r.edit(company.admin, deal, "deals", stage="proposal", contact=contact, account=account).or_raise()
    process_due()
    assert [one.to[0] for one in outgoing.outbox] == [
        company.cleo.email, ben.email, ada.email, company.admin.email, "grace@navy.example"
    ]  # fmt: skip


def test_an_address_two_links_away_and_its_own_opt_out(company: Company, ada: User) -> None:
    contact = make("contacts", ada, last_name="Hopper", email="grace@navy.example")
    deal = make("deals", ada, name="Ship", contact=contact)
    quote = make("quotes", ada, name="Offer", deal=deal)
    template(module_id="quotes", marketing=True, body="{{deal.contact.last_name}}")
    sends = letter({"to": "field", "field": "deal.contact.email"}, template="hello")
    r.live_rule("fire", r.when(("status", "is", "sent")), [sends], module_key="quotes")
    r.edit(ada, quote, "quotes", status="sent").or_raise()
    assert ActionRun.objects.get().input["holders"] == {"deal.contact.email": ["contacts", contact]}
    process_due()
    assert [(one.to, one.body.split()[0]) for one in outgoing.outbox] == [(["grace@navy.example"], "Hopper")]


def test_the_action_is_told_in_words(company: Company) -> None:
    template()
    sends = letter(
        OWNER, template="hello", cc=[SUPERIOR], bcc=[{"to": "creator"}], sender="owner", attachments="all"
    )
    assert ACTION_KINDS["send_email"].describe(sends[1], module("leads")) == (
        "Send the e-mail “Hello” to the owner, copy to the owner's superior, blind copy to whoever created "
        "the record, as the record's owner, with all files attached"
    )
