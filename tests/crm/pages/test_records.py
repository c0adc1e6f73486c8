"""Claims about the record page: its values, notes, tasks and timeline."""

import pytest
from django.test import Client

from crm.door import Change, Source, Verb, apply, guards
from crm.door.attach import delete_note
from crm.models import History, Note
from crm.views import timeline
from tests.crm.pages.conftest import LONG, Desk, edit, make
from tests.crm.pages.record_asking import limit
from tests.people import Company
from tests.workflows import rules

pytestmark = pytest.mark.django_db


def page_of(client: Client, module: str, pk: int) -> str:
    """The record page, with blanks in a row as one."""
    return " ".join(client.get(f"/{module}/{pk}/").content.decode().split())


def test_the_page_shows_fields_notes_tasks_and_what_happened(desk: Desk, ada_client: Client) -> None:
    page = page_of(ada_client, "leads", desk.lead)
    for text in (
        "Łukasz 王小明",
        LONG.replace("&", "&amp;"),
        "First line<br>Second line",
        "Call back",
        "Ada Adler",
    ):
        assert text in page, text
    assert f'href="/tasks/{desk.task}/"' in page
    assert "<strong>Ben Berg</strong> wrote a note" in page


def test_linked_records_are_links_and_lines_have_their_product(desk: Desk, ada_client: Client) -> None:
    page = page_of(ada_client, "quotes", desk.quote)
    assert f'<a href="/accounts/{desk.account}/">Isdom GmbH</a>' in page
    assert "GTX Pro" in page
    assert "214.20" in page


def test_the_timeline_tells_who_changed_what_from_what_to_what(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    edit("leads", desk.lead, company.ben, rating="high", owner=company.ben.pk)
    edit("leads", desk.lead, company.ben, owner=company.ada.pk, city="Kraków")
    page = page_of(ada_client, "leads", desk.lead)
    assert '<span class="before">Low</span>' in page
    assert "<strong>High</strong>" in page
    assert '<span class="before">Ben Berg</span>' in page
    assert '<span class="before">empty</span>' in page


def test_the_timeline_names_the_rule_and_who_set_it_off(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    actions = [rules.update("status", "contacted")]
    rules.live_rule("high_priority", rules.when(("rating", "is", "high")), actions, name="High priority")
    edit("leads", desk.lead, company.ada, rating="high")
    page = page_of(ada_client, "leads", desk.lead)
    assert "rule: High priority" in page
    assert "by hand: Ada Adler" in page


def test_a_hidden_field_s_changes_are_not_in_the_timeline(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    edit("leads", desk.lead, company.ben, company="Secret Ltd")
    limit(company, "leads", "company")
    page = page_of(ada_client, "leads", desk.lead)
    assert "Secret" not in page
    assert "changed" not in page.partition("Timeline")[2].partition("Notes")[0]


def test_a_deleted_note_is_not_repeated_in_the_timeline(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    delete_note(Note.objects.get().pk, actor=company.ben)
    timeline_part = page_of(ada_client, "leads", desk.lead).partition('id="timeline-title"')[2]
    assert timeline_part.count("wrote a note") == 1
    assert "deleted a note" in timeline_part


def test_older_entries_follow_on_request(
    desk: Desk, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "SIZE", 2)
    for city in ("A-town", "B-town", "C-town"):
        edit("leads", desk.lead, company.ada, city=city)
    page = page_of(ada_client, "leads", desk.lead)
    assert "C-town" in page
    assert "A-town</strong>" not in page
    before = History.objects.filter(record_id=desk.lead)[1].pk
    address = f"/leads/{desk.lead}/timeline/?before={before}"
    assert address in page
    fragment = ada_client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "A-town" in fragment
    assert "<html" not in fragment
    assert "<html" in ada_client.get(address).content.decode()


def test_a_note_is_added_and_an_empty_one_refused_with_its_text_kept(desk: Desk, ada_client: Client) -> None:
    address = f"/leads/{desk.lead}/notes/"
    assert ada_client.post(address, {"text": "Called <him>"}).status_code == 302
    assert "Called &lt;him&gt;" in page_of(ada_client, "leads", desk.lead)
    refused = ada_client.post(address, {"text": "x" * 100_001})
    assert refused.status_code == 422
    assert "x" * 100_001 in refused.content.decode()
    assert "At most 100000 characters" in refused.content.decode()


def test_a_deleted_record_is_in_the_bin_and_on_no_page(desk: Desk, ada_client: Client) -> None:
    question = ada_client.get(f"/leads/{desk.lead}/delete/").content.decode()
    assert "1 note" in question
    assert "1 Task (field “About”)" in question
    assert ada_client.post(f"/leads/{desk.lead}/delete/", follow=True).status_code == 200
    assert ada_client.get(f"/leads/{desk.lead}/").status_code == 404
    assert ada_client.get(f"/leads/{desk.lead}/edit/").status_code == 404
    assert History.objects.filter(record_id=desk.lead).first().kind == "bin"


def test_what_a_guard_refuses_is_told(
    desk: Desk, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "GUARDS", [lambda batch, draft, key: "It waits for approval."])
    for address, data in (("delete", {}), ("edit", {"version": "1", "title": "Head"})):
        response = ada_client.post(f"/leads/{desk.lead}/{address}/", data)
        assert response.status_code == 422
        assert "It waits for approval." in response.content.decode()


def test_an_amount_in_the_company_s_currency_is_shown_once(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    deal = make("deals", company.ada, name="Big", amount="1000")
    page = page_of(ada_client, "deals", deal)
    assert "1,000.00 EUR" in page
    assert "company currency" not in page


def test_a_change_by_the_system_itself_has_a_name(desk: Desk, company: Company, ada_client: Client) -> None:
    change = Change(Verb.EDIT, "leads", desk.lead, {"city": "Kraków"})
    apply([change], actor=None, source=Source.IMPORT, label="leads.csv").or_raise()
    assert "leads.csv</strong> changed" in page_of(ada_client, "leads", desk.lead)


def test_an_address_is_broken_after_its_signs_only(desk: Desk, company: Company, ada_client: Client) -> None:
    lead = make("leads", company.ada, last_name="Long", email="ada_b@mail.example")
    page = page_of(ada_client, "leads", lead)
    assert ">ada_<wbr>b@<wbr>mail.<wbr>example</a>" in page
    assert 'href="mailto:ada_b@mail.example"' in page
