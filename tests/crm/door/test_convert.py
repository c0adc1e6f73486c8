"""Converting leads and quotes: what becomes of them, what follows, and what is refused."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from crm.door import Change, DoorRefused, Source, Verb, apply
from crm.door.attach import add_file, add_note
from crm.door.convert import Converted, convert_lead
from crm.door.guards import register_guard
from crm.door.invoicing import invoice_from_quote
from crm.door.share import share_record, shares_of
from crm.fields.links import Ref
from crm.models import Account, Attachment, Contact, Deal, Field, FieldRight, Module, Note, User
from crm.modules.field_editing import create_field
from crm.people.remembered import forget_everything
from tests.crm.door.making import chain, codes, do, edit, history, make, refusal_codes, stored, value
from tests.people import Company, grant


def new_lead(actor: User, **values: Any) -> int:
    given = {
        "first_name": "Ann", "last_name": "Lamb", "company": "Acme", "email": "ann@example.com",
        "phone": "+4930123456", "annual_revenue": 5000, "city": "Berlin", "source": "web", "tags": ["fair"],
    }  # fmt: skip
    return make("leads", actor, **{**given, **values})


def refused(pk: int, actor: User, **rest: Any) -> list[tuple[str | None, str]]:
    """The problems of a conversion that is refused, and leaves nothing behind."""
    before = stored("leads", pk)
    counts = [model.objects.count() for model in (Account, Contact, Deal)]
    with pytest.raises(DoorRefused) as refusal:
        convert_lead(pk, actor=actor, **rest)
    assert [model.objects.count() for model in (Account, Contact, Deal)] == counts
    assert stored("leads", pk) == before
    return [found for found in refusal_codes(refusal.value) if found[1] != "undone"]


def test_a_lead_becomes_account_contact_and_deal(ada: User, ben: User) -> None:
    pk = new_lead(ada)
    made = convert_lead(pk, actor=ben, deal={"name": "First order", "amount": 100})
    assert made.account_id
    assert made.contact_id
    assert made.deal_id
    account, contact = stored("accounts", made.account_id).values, stored("contacts", made.contact_id).values
    deal, lead = stored("deals", made.deal_id).values, stored("leads", pk).values
    expected = {
        "name": "Acme",
        "phone": "+4930123456",
        "annual_revenue": 5000,
        "city": "Berlin",
        "tags": ["fair"],
    }
    assert {key: account[key] for key in expected} == expected
    expected = {"name": "Ann Lamb", "email": "ann@example.com", "account": made.account_id, "source": "web"}
    assert {key: contact[key] for key in expected} == expected
    expected = {
        "name": "First order",
        "contact": made.contact_id,
        "account": made.account_id,
        "source": "web",
    }
    assert {key: deal[key] for key in expected} == expected
    assert {account["owner"], contact["owner"], deal["owner"]} == {ada.pk}
    assert (lead["status"], lead["converted_account"], lead["converted_contact"], lead["converted_deal"]) == (
        "converted", made.account_id, made.contact_id, made.deal_id,
    )  # fmt: skip
    assert lead["converted_at"] is not None
    assert account["created_by"] == ben.pk


def test_every_part_tells_where_it_came_from(ada: User) -> None:
    pk = new_lead(ada)
    made = convert_lead(pk, actor=ada, deal={})
    told = history(pk, "convert")[0]
    became = {"account": made.account_id, "contact": made.contact_id, "deal": made.deal_id}
    assert told.changes["+convert"][1] == {"into": became}
    assert [kind for kind, _label in chain(told.cause)] == ["convert", "page"]
    for record_id in became.values():
        assert record_id
        row = history(record_id, "convert")[0]
        assert row.changes["+convert"][1]["from"] == {"lead": pk, "name": "Ann Lamb"}
        assert row.cause == told.cause


def test_notes_files_tasks_and_shares_are_kept(ada: User, ben: User, cleo: User) -> None:
    pk = new_lead(ada)
    add_note("leads", pk, "Hello", actor=ada)
    add_file("leads", pk, "a.txt", ContentFile(b"abc"), actor=ada)
    share_record("leads", pk, cleo, "edit", actor=ada)
    tasks = [make("tasks", person, related=("leads", pk)) for person in (ada, ben)]
    do(Verb.BIN, "tasks", tasks[1], actor=ben).or_raise()
    made = convert_lead(pk, actor=ada)
    assert made.contact_id
    for rows in (Note.objects, Attachment.objects):
        assert list(rows.values_list("module", "record_id")) == [("contacts", made.contact_id)]
    assert [value("tasks", task, "related") for task in tasks] == [Ref("contacts", made.contact_id)] * 2
    for key, record_id in (("contacts", made.contact_id), ("accounts", made.account_id)):
        assert record_id
        shares = shares_of(key, record_id, user=ada)
        assert [(share.grantee, share.level) for share in shares] == [(cleo, "edit")]
    assert history(pk)[0].kind == "create"
    told = history(made.contact_id, "convert")[0].changes["+convert"][1]
    assert (told["notes"], told["files"]) == (1, 1)


def test_existing_records_are_linked_and_keep_their_values(ada: User) -> None:
    account = make("accounts", ada, name="Acme Holding")
    contact = make("contacts", ada, last_name="Older")
    made = convert_lead(new_lead(ada), actor=ada, account=account, contact=contact, deal={})
    assert (made.account_id, made.contact_id) == (account, contact)
    assert value("accounts", account, "phone") is None
    assert made.deal_id
    assert value("deals", made.deal_id, "account") == account


def test_a_person_without_a_company_becomes_a_contact_only(ada: User) -> None:
    made = convert_lead(new_lead(ada, company=None), actor=ada)
    assert made.account_id is None
    assert Account.objects.count() == 0
    both = convert_lead(new_lead(ada), actor=ada, make_account=False)
    assert both.account_id is None


def test_a_lead_is_converted_once(ada: User) -> None:
    pk = new_lead(ada)
    convert_lead(pk, actor=ada)
    assert refused(pk, ada) == [(None, "converted")]


def test_a_converted_lead_stays_converted_and_can_be_edited(ada: User) -> None:
    pk = new_lead(ada)
    convert_lead(pk, actor=ada)
    assert codes(edit("leads", pk, ada, status="new")) == [("status", "locked")]
    assert codes(edit("leads", pk, ada, status=None, title="x")) == [("status", "locked")]
    assert edit("leads", pk, ada, status="converted", title="Boss").ok
    assert ("converted_at", "system") in codes(edit("leads", pk, ada, converted_at=None))
    assert (value("leads", pk, "status"), value("leads", pk, "title")) == ("converted", "Boss")


def test_the_status_alone_converts_nothing(ada: User) -> None:
    pk = new_lead(ada)
    assert codes(edit("leads", pk, ada, status="converted")) == [("status", "locked")]


def test_what_is_wrong_with_a_part_is_named_and_nothing_is_made(ada: User, cleo: User) -> None:
    pk = new_lead(ada)
    assert refused(pk, ada, deal={"stage": "nope", "amount": "x"}) == [
        ("stage", "unknown_value"),
        ("amount", "invalid"),
    ]
    assert refused(pk, ada, account=make("accounts", cleo)) == [(None, "not_found")]
    assert refused(pk, ada, contact=10**9) == [(None, "not_found")]
    assert refused(pk, ada, version=0) == [(None, "stale")]
    assert refused(pk, cleo) == [(None, "not_found")]


def test_creating_the_parts_must_be_allowed(company: Company) -> None:
    pk = new_lead(company.ada)
    grant(company.staff, "contacts", "view", "edit")
    assert (None, "forbidden") in refused(pk, company.ada)


def test_a_locked_lead_is_not_converted(ada: User) -> None:
    pk = new_lead(ada)
    register_guard(lambda _batch, draft, _key: "Locked." if draft.module.key == "leads" else None)
    assert refused(pk, ada) == [(None, "locked")]


def test_custom_fields_go_by_key_or_by_label_and_type(company: Company) -> None:
    ada, admin = company.ada, company.admin
    leads, contacts, accounts = (Module.objects.get(key=key) for key in ("leads", "contacts", "accounts"))
    create_field(module=leads, key="shoe", label="Shoe size", type="decimal", actor=admin)
    create_field(
        module=leads, key="colour", label="Colour", type="picklist", choices=["Red", "Blue"], actor=admin
    )
    create_field(module=contacts, key="shoe", label="Other label", type="decimal", actor=admin)
    create_field(module=contacts, key="paint", label="colour", type="picklist", choices=["Red"], actor=admin)
    create_field(module=accounts, key="shoe", label="Shoe size", type="text", actor=admin)
    for field in Field.objects.filter(builtin=False):
        FieldRight.objects.create(profile=company.staff, field=field, access="read")
    forget_everything()
    forms = {"leads": ("red", "blue")}
    made = []
    for colour in forms["leads"]:
        change = Change(
            Verb.CREATE, "leads", None,
            {"last_name": "L", "company": "C", "shoe": "42.50", "colour": colour, "owner": ada.pk},
        )  # fmt: skip
        pk = apply([change], actor=None, source=Source.IMPORT).or_raise().ids[0]
        made.append(convert_lead(pk, actor=ada))
    first, second = (stored("contacts", one.contact_id or 0).values for one in made)
    assert (str(first["shoe"]), first["paint"], second["paint"]) == ("42.50", "red", None)
    assert stored("accounts", made[0].account_id or 0).values["shoe"] is None


def quote(actor: User, **values: Any) -> int:
    given = {"name": "Levers", "lines": [{"text": "Lever", "quantity": 3, "price": "19.99", "discount": 10}]}
    return make(
        "quotes", actor, **{**given, "status": "accepted", "account": make("accounts", actor), **values}
    )


def test_a_quote_becomes_an_invoice(ada: User) -> None:
    pk = quote(ada)
    invoice = invoice_from_quote(pk, actor=ada, values={"name": "Own name"}).ids[0]
    old, new = stored("quotes", pk).values, stored("invoices", invoice).values
    assert (new["name"], new["quote"], new["status"], new["owner"]) == ("Own name", pk, "draft", ada.pk)
    assert all(new[key] == old[key] for key in ("lines", "total", "account", "currency", "tax_total"))
    assert new["invoice_date"] is not None
    assert new["number"].startswith("I-")
    assert history(pk, "convert")[0].changes["+convert"][1] == {"into": {"invoice": invoice}}
    assert [kind for kind, _label in chain(history(invoice)[0].cause)] == ["convert", "page"]


def test_a_quote_is_invoiced_once_unless_the_invoice_is_cancelled(ada: User) -> None:
    pk = quote(ada)
    invoice = invoice_from_quote(pk, actor=ada).ids[0]
    with pytest.raises(DoorRefused) as refusal:
        invoice_from_quote(pk, actor=ada)
    assert refusal_codes(refusal.value) == [(None, "converted")]
    edit("invoices", invoice, ada, status="cancelled").or_raise()
    assert invoice_from_quote(pk, actor=ada).ok


def test_a_quote_that_is_not_ready_is_not_invoiced(company: Company) -> None:
    def problems(pk: int, actor: User) -> list[tuple[str | None, str]]:
        with pytest.raises(DoorRefused) as refusal:
            invoice_from_quote(pk, actor=actor)
        return refusal_codes(refusal.value)

    ada = company.ada
    assert problems(quote(ada, status="draft"), ada) == [("status", "invalid")]
    assert problems(quote(ada, lines=[]), ada) == [("lines", "required")]
    assert problems(quote(ada), company.cleo) == [(None, "not_found")]
    pk = quote(ada)
    grant(company.staff, "invoices", "view")
    assert problems(pk, ada) == [(None, "forbidden")]
    register_guard(lambda _batch, _draft, _key: "Locked.")
    assert problems(pk, ada) == [(None, "locked")]


def test_a_conversion_gives_back_what_was_made(ada: User) -> None:
    made = convert_lead(new_lead(ada), actor=ada)
    assert isinstance(made, Converted)
    assert made.outcome.ok
