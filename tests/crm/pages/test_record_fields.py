"""Claims about editing in place: one field at a time, with what rules did, and never over somebody else."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.door import guards
from crm.door.attach import add_note
from crm.door.share import share_record
from crm.models import Module, User
from tests.crm.pages.conftest import Desk, edit, make
from tests.crm.pages.record_asking import get, limit, post, text_of, values
from tests.modules import DEVICE_FIELDS
from tests.people import Company
from tests.workflows import rules

pytestmark = pytest.mark.django_db


def field_of(desk: Desk, key: str) -> str:
    return f"/leads/{desk.lead}/fields/{key}/"


def test_a_click_brings_the_control_and_cancel_the_value(desk: Desk, ada_client: Client) -> None:
    page = text_of(ada_client.get(f"/leads/{desk.lead}/"))
    assert f'hx-get="{field_of(desk, "rating")}"' in page
    control = text_of(get(ada_client, field_of(desk, "rating")))
    assert '<option value="low" selected>Low</option>' in control
    assert 'name="version" value="1"' in control
    assert "<html" not in control
    value = text_of(get(ada_client, field_of(desk, "rating") + "?cancel"))
    assert ">Low<" in value
    assert "<select" not in value


def test_without_javascript_the_pencil_leads_to_the_form(desk: Desk, ada_client: Client) -> None:
    anchor = f"/leads/{desk.lead}/edit/#id_rating"
    assert f'href="{anchor}"' in text_of(ada_client.get(f"/leads/{desk.lead}/"))
    assert ada_client.get(field_of(desk, "rating"))["Location"] == anchor
    response = ada_client.post(field_of(desk, "rating"), {"version": "1", "rating": "high"})
    assert response["Location"] == f"/leads/{desk.lead}/"
    assert values("leads", desk.lead)["rating"] == "high"
    refused = ada_client.post(field_of(desk, "email"), {"version": "2", "email": "nobody"})
    assert refused.status_code == 422
    assert "<html" in text_of(refused)
    assert 'value="nobody"' in text_of(refused)


def test_saving_brings_every_part_with_what_rules_did(desk: Desk, ada_client: Client) -> None:
    rules.live_rule(
        "high_priority",
        rules.when(("rating", "is", "high")),
        [rules.update("status", "contacted"), rules.task("Call {{name}}", owner="owner")],
        name="High priority",
    )
    answer = post(ada_client, field_of(desk, "rating"), {"version": "1", "rating": "high"})
    page = text_of(answer)
    assert answer.status_code == 200
    for part in ("record-head", "record-top", "record-fields", "record-side", "record-timeline"):
        assert f'id="{part}" hx-swap-oob="true"' in page.replace('" aria-labelledby="timeline-title"', '"'), (
            part
        )
    for told in ("Rating was saved.", ">Contacted<", "Call Łukasz 王小明", "rule: High priority"):
        assert told in page, told
    marked = page.partition('id="cell-status"')[2].partition('id="cell-')[0]
    assert "changed with it" in marked
    assert page.count("changed with it") == 1


def test_what_rules_could_not_do_is_told(
    desk: Desk, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        guards, "GUARDS", [lambda batch, draft, key: "It is locked." if key == "status" else None]
    )
    criteria = rules.when(("rating", "is", "high"))
    rules.live_rule("contact", criteria, [rules.update("status", "contacted")], name="Contact at once")
    answer = post(ada_client, field_of(desk, "rating"), {"version": "1", "rating": "high"})
    assert "Contact at once: It is locked." in text_of(answer)


def test_a_value_that_cannot_be_is_told_beside_the_control_and_stays(desk: Desk, ada_client: Client) -> None:
    answer = post(ada_client, field_of(desk, "email"), {"version": "1", "email": "nobody"})
    page = text_of(answer)
    assert answer.status_code == 422
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#cell-email", "outerHTML")
    assert 'id="id_email-error"' in page
    assert "Enter an e-mail address" in page
    assert 'value="nobody"' in page
    assert values("leads", desk.lead)["email"] is None


def test_a_lock_is_told_in_the_editor(
    desk: Desk, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "GUARDS", [lambda batch, draft, key: "It waits for approval."])
    answer = post(ada_client, field_of(desk, "city"), {"version": "1", "city": "Kraków"})
    assert answer.status_code == 422
    assert "It waits for approval." in text_of(answer)
    assert values("leads", desk.lead)["city"] is None


class TestConflict:
    """Ben sets the rating to high while Ada, who saw low, chooses medium."""

    @pytest.fixture
    def refused(self, desk: Desk, company: Company, ada_client: Client) -> str:
        edit("leads", desk.lead, company.ben, rating="high", city="Kraków")
        answer = post(ada_client, field_of(desk, "rating"), {"version": "1", "rating": "medium"})
        assert answer.status_code == 422
        assert values("leads", desk.lead)["rating"] == "high"
        return text_of(answer)

    def test_both_values_are_shown(self, refused: str) -> None:
        assert "Ben Berg changed this to “High” while you were editing." in refused
        assert '<option value="medium" selected>' in refused
        assert 'name="version" value="2"' in refused

    @pytest.mark.parametrize(("choice", "rating"), [("mine", "medium"), ("theirs", "high")])
    def test_the_choice_decides(
        self, refused: str, desk: Desk, ada_client: Client, choice: str, rating: str
    ) -> None:
        data = {"version": "2", "rating": "medium", "conflict": "rating", "rating-choice": choice}
        answer = post(ada_client, field_of(desk, "rating"), data)
        assert answer.status_code == 200
        assert values("leads", desk.lead)["rating"] == rating
        assert values("leads", desk.lead)["city"] == "Kraków"

    def test_without_a_choice_it_asks_again(self, refused: str, desk: Desk, ada_client: Client) -> None:
        data = {"version": "2", "rating": "medium", "conflict": "rating", "rating-who": "Ben Berg"}
        answer = post(ada_client, field_of(desk, "rating"), data)
        assert answer.status_code == 422
        assert "Choose which value to keep." in text_of(answer)
        assert values("leads", desk.lead)["rating"] == "high"


def test_the_name_of_who_got_the_record_is_told_in_a_conflict(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    edit("leads", desk.lead, company.ben, owner=company.ben.pk)
    edit("leads", desk.lead, company.ben, owner=company.ada.pk)
    edit("leads", desk.lead, company.ben, owner=company.ben.pk)
    data = {"version": "2", "owner": "Cleo Cole"}
    client = Client()
    client.force_login(company.admin, backend="django.contrib.auth.backends.ModelBackend")
    assert "Ben Berg changed this to “Ben Berg”" in text_of(post(client, field_of(desk, "owner"), data))


def test_what_others_changed_elsewhere_is_no_conflict(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    edit("leads", desk.lead, company.ben, city="Kraków")
    assert post(ada_client, field_of(desk, "rating"), {"version": "1", "rating": "high"}).status_code == 200
    stored = values("leads", desk.lead)
    assert (stored["rating"], stored["city"]) == ("high", "Kraków")


def test_who_gives_a_record_away_is_led_to_the_list(desk: Desk, company: Company, ada_client: Client) -> None:
    data = {"version": "1", "owner": "Cleo Cole", "owner-id": str(company.cleo.pk)}
    answer = post(ada_client, field_of(desk, "owner"), data)
    assert answer["HX-Redirect"] == "/leads/"
    assert "You no longer see this record." in text_of(ada_client.get("/leads/"))


def test_only_the_field_that_was_asked_for_is_saved(desk: Desk, ada_client: Client) -> None:
    data = {"version": "1", "rating": "high", "company": "Changed Ltd"}
    post(ada_client, field_of(desk, "rating"), data)
    assert values("leads", desk.lead)["rating"] == "high"
    assert values("leads", desk.lead)["company"] != "Changed Ltd"


def test_a_field_that_may_only_be_read_has_no_pencil(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    limit(company, "leads", "rating", "read")
    page = text_of(ada_client.get(f"/leads/{desk.lead}/"))
    assert field_of(desk, "rating") not in page
    assert field_of(desk, "status") in page
    assert get(ada_client, field_of(desk, "rating")).status_code == 403
    assert post(ada_client, field_of(desk, "rating"), {"version": "1", "rating": "high"}).status_code == 403
    assert values("leads", desk.lead)["rating"] == "low"


def test_a_hidden_field_is_not_there(desk: Desk, company: Company, ada_client: Client) -> None:
    limit(company, "leads", "company")
    assert get(ada_client, field_of(desk, "company")).status_code == 404
    assert get(ada_client, field_of(desk, "company") + "?cancel").status_code == 404


def test_a_colleague_who_may_only_read_gets_no_pencils(
    desk: Desk, company: Company, as_person: Callable[[User], Client]
) -> None:
    share_record("leads", desk.lead, company.cleo, "read", actor=company.ada)
    client = as_person(company.cleo)
    page = text_of(client.get(f"/leads/{desk.lead}/"))
    assert "/fields/" not in page
    assert ">Edit<" not in page
    assert get(client, field_of(desk, "rating")).status_code == 403


@pytest.mark.parametrize("key", [*DEVICE_FIELDS, "name", "owner"])
def test_every_type_of_field_is_edited_in_place(
    key: str, device_requests: Module, company: Company, ada_client: Client
) -> None:
    pk = make(device_requests.key, company.ada, name="Scanner 床")
    page = text_of(ada_client.get(f"/{device_requests.key}/{pk}/"))
    address = f"/{device_requests.key}/{pk}/fields/{key}/"
    assert address in page
    control = text_of(get(ada_client, address))
    assert f'id="id_{key}' in control
    assert post(ada_client, address, {"version": "1"}).status_code == 200


@pytest.mark.parametrize("key", ["lines", "total", "currency", "created_at"])
def test_lines_and_what_the_system_keeps_are_not_edited_in_place(
    key: str, desk: Desk, ada_client: Client
) -> None:
    assert get(ada_client, f"/quotes/{desk.quote}/fields/{key}/").status_code == 403


def test_only_a_change_of_the_record_is_told_to_the_related_lists(desk: Desk, ada_client: Client) -> None:
    told = "HX-Trigger-After-Swap"
    changed = post(ada_client, field_of(desk, "city"), {"version": "1", "city": "Kraków"})
    assert changed[told] == '{"record-changed": {}}'
    assert post(ada_client, f"/leads/{desk.lead}/tags/", {"add": "fair"}).has_header(told)
    same = post(ada_client, field_of(desk, "city"), {"version": "3", "city": "Kraków"})
    note = post(ada_client, f"/leads/{desk.lead}/notes/", {"text": "Hello"})
    assert not same.has_header(told)
    assert not note.has_header(told)


def test_saving_takes_as_many_statements_whatever_hangs_on_the_record(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    def statements(version: int, city: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            data = {"version": str(version), "city": city}
            assert post(ada_client, field_of(desk, "city"), data).status_code == 200
        return len(captured)

    statements(1, "A-town")
    few = statements(2, "B-town")
    for number in range(8):
        add_note("leads", desk.lead, f"Note {number}", actor=company.ada)
        make("tasks", company.ada, name=f"Task {number}", related=f"leads:{desk.lead}")
    assert statements(3, "C-town") == few
    assert few <= 45
