"""Claims about notes, the timeline, and panels of the record page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.door import Change, Source, Verb, apply
from crm.door.attach import add_note
from crm.door.reading import Stored
from crm.models import Cause, History, Note, User
from crm.modules.registry import ModuleInfo
from crm.views import record_panels, record_side, timeline
from crm.views.record_panels import Panel, register_panel
from tests.crm.pages.conftest import Desk, edit
from tests.crm.pages.record_asking import get, post, text_of
from tests.people import Company, grant
from tests.workflows import rules

pytestmark = pytest.mark.django_db


def note_of(desk: Desk, part: str = "") -> str:
    return f"/leads/{desk.lead}/notes/{desk.note}/{part}"


def timeline_of(client: Client, desk: Desk, query: str = "") -> str:
    return text_of(get(client, f"/leads/{desk.lead}/timeline/{query}"))


def test_a_note_is_added_without_leaving_the_page(desk: Desk, ada_client: Client) -> None:
    answer = post(ada_client, f"/leads/{desk.lead}/notes/", {"text": "打电话 <b>"})
    page = text_of(answer)
    assert answer["HX-Reswap"] == "none"
    assert "打电话 &lt;b&gt;" in page
    assert 'id="record-side"' in page
    refused = post(ada_client, f"/leads/{desk.lead}/notes/", {"text": "x" * 100_001})
    assert refused.status_code == 422
    assert "x" * 100_001 in text_of(refused)


def test_the_author_changes_a_note_and_nobody_else(
    desk: Desk, company: Company, ada_client: Client, as_person: Callable[[User], Client]
) -> None:
    ben = as_person(company.ben)
    assert note_of(desk) + '"' in text_of(ben.get(f"/leads/{desk.lead}/"))
    assert f'hx-get="{note_of(desk)}"' not in text_of(ada_client.get(f"/leads/{desk.lead}/"))
    assert "First line Second line</textarea>" in text_of(get(ben, note_of(desk)))
    assert "<textarea" not in text_of(get(ben, note_of(desk) + "?cancel"))
    assert ben.get(note_of(desk) + "?cancel")["Location"] == f"/leads/{desk.lead}/"
    assert "changed a note" in text_of(post(ben, note_of(desk), {"text": "Better"}))
    assert post(ada_client, note_of(desk), {"text": "Mine now"}).status_code == 403
    assert Note.objects.get().text == "Better"


def test_an_emptied_note_comes_back_with_the_reason(
    desk: Desk, company: Company, as_person: Callable[[User], Client]
) -> None:
    answer = post(as_person(company.ben), note_of(desk), {"text": " "})
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == f"#note-{desk.note}"
    assert "Write something in the note." in text_of(answer)


def test_who_may_neither_write_nor_delete_deletes_no_note(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    grant(company.staff, "leads", "view", "edit")
    assert get(ada_client, note_of(desk, "delete/")).status_code == 403
    assert post(ada_client, note_of(desk, "delete/"), {}).status_code == 403
    assert Note.objects.exists()
    grant(company.staff, "leads")
    assert "First line" in text_of(get(ada_client, note_of(desk, "delete/")))
    assert "deleted a note" in text_of(post(ada_client, note_of(desk, "delete/"), {}))
    assert not Note.objects.exists()


def test_older_notes_follow_on_request(
    desk: Desk, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_side, "NOTES", 2)
    for number in range(3):
        add_note("leads", desk.lead, f"Note {number}.", actor=company.ada)
    page = text_of(ada_client.get(f"/leads/{desk.lead}/")).partition('id="notes-title"')[2]
    page = page.partition('id="files-title"')[0]
    assert "Note 1." in page
    assert "Note 0." not in page
    address = f"/leads/{desk.lead}/notes/?before="
    before = page.partition(f'hx-get="{address}')[2].partition('"')[0]
    older = text_of(get(ada_client, address + before))
    assert "Note 0." in older
    assert "First line" in older
    assert "<html" not in older
    assert "<html" in text_of(ada_client.get(address + before))
    assert "No older notes." in text_of(ada_client.get(address + "1"))


def test_the_timeline_shows_one_sort_of_entries(desk: Desk, company: Company, ada_client: Client) -> None:
    edit("leads", desk.lead, company.ada, city="Kraków")
    assert "Kraków" in timeline_of(ada_client, desk)
    assert "wrote a note" in timeline_of(ada_client, desk)
    changes = timeline_of(ada_client, desk, "?show=changes")
    assert "Kraków" in changes
    assert "wrote a note" not in changes
    notes = timeline_of(ada_client, desk, "?show=notes")
    assert "wrote a note" in notes
    assert "Kraków" not in notes
    assert "Nothing that you may see has happened yet." in timeline_of(ada_client, desk, "?show=files")
    assert "Kraków" in timeline_of(ada_client, desk, "?show=nonsense")


def test_days_have_one_heading_also_over_pages(
    desk: Desk, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "SIZE", 2)
    for city in ("A-town", "B-town", "C-town"):
        edit("leads", desk.lead, company.ada, city=city)
    rows = list(History.objects.filter(record_id=desk.lead))
    for row in rows[3:]:
        History.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(days=1))
    first = timeline_of(ada_client, desk)
    assert first.count("Today") == 1
    older = timeline_of(ada_client, desk, f"?before={rows[1].pk}")
    assert "A-town" in older
    assert "Today" not in older
    assert older.count("Yesterday") == 1


def test_the_chain_of_causes_is_told_from_the_beginning(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    actions = [rules.update("status", "contacted")]
    rules.live_rule("high_priority", rules.when(("rating", "is", "high")), actions, name="High priority")
    change = Change(Verb.EDIT, "leads", desk.lead, {"rating": "high"})
    apply([change], actor=company.ben, source=Source.IMPORT, label="leads.csv").or_raise()
    chain = timeline_of(ada_client, desk).partition("<ol>")[2].partition("</ol>")[0]
    steps = ["import: leads.csv", "rule: High priority", "Status: New → Contacted"]
    assert sorted(steps, key=chain.index) == steps


def test_causes_are_read_in_one_statement_however_long_the_chain(
    desk: Desk, ada_client: Client, django_assert_num_queries: Any
) -> None:
    row = History.objects.filter(record_id=desk.lead).first()
    parent = row.cause
    for number in range(6):
        parent = Cause.objects.create(parent=parent, kind="rule", at=row.at, label=f"Rule {number}")
    History.objects.filter(pk=row.pk).update(cause=parent)
    row.refresh_from_db()
    with django_assert_num_queries(1):
        causes = timeline._causes([row])
    assert len(causes) == 7


def test_a_long_text_is_shortened_in_the_timeline(desk: Desk, company: Company, ada_client: Client) -> None:
    edit("leads", desk.lead, company.ada, description="长" * 5000)
    edit("leads", desk.lead, company.ada, description="short")
    page = timeline_of(ada_client, desk)
    assert "长" * 299 + "…" in page
    assert "长" * 301 not in page


class Waiting(Panel):
    """A panel as a higher floor registers one."""

    key, template, place = "waiting", "crm/parts/message_list.html", "top"

    def context(self, user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any] | None:
        return {"messages": []} if stored.values.get("rating") == "high" else None


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel, for one test."""
    monkeypatch.setattr(record_panels, "PANELS", list(record_panels.PANELS))
    register_panel(Waiting)


def test_a_registered_panel_is_shown_where_it_has_something_to_say(
    waiting: None, desk: Desk, company: Company, ada_client: Client
) -> None:
    address = f"/leads/{desk.lead}/"
    assert ada_client.get(address).context["panels"]["top"] == []
    edit("leads", desk.lead, company.ada, rating="high")
    assert [panel.key for panel in ada_client.get(address).context["panels"]["top"]] == ["waiting"]
    positions = [panel.position for panel in record_panels.PANELS]
    assert positions == sorted(positions)
