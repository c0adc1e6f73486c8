"""Claims about many changes in one call."""

from collections.abc import Callable

import pytest

from crm.api.shapes import MOST_IN_BATCH
from crm.models import Cause, User
from tests.crm.api.conftest import Asker, make
from tests.crm.pages.conftest import Desk
from tests.people import Company, grant

pytestmark = pytest.mark.django_db


def test_a_batch_creates_edits_deletes_and_restores(asker: Asker, ada: User, desk: Desk) -> None:
    gone = make("leads", ada, last_name="Gone")
    binned = make("leads", ada, last_name="Binned")
    asker.ask("delete", f"leads/records/{binned}")
    causes = Cause.objects.count()
    changes = [
        {"do": "create", "values": {"last_name": "New"}},
        {"do": "edit", "id": desk.lead, "values": {"title": "Head"}, "version": 1},
        {"do": "delete", "id": gone},
        {"do": "restore", "id": binned},
    ]
    response = asker.ask("post", "leads/batch", {"changes": changes})
    assert response.status_code == 200, response.content
    results = response.json()["results"]
    assert [one["ok"] for one in results] == [True] * 4
    assert [one["index"] for one in results] == [0, 1, 2, 3]
    assert asker.get(f"leads/records/{results[0]['id']}")["values"]["name"] == "New"
    assert results[1] == {"index": 1, "ok": True, "id": desk.lead, "version": 2, "errors": []}
    assert asker.ask("get", f"leads/records/{gone}").status_code == 404
    assert asker.get(f"leads/records/{binned}")["values"]["name"] == "Binned"
    assert Cause.objects.count() == causes + 1


def test_in_mode_all_one_refusal_refuses_everything(asker: Asker, desk: Desk) -> None:
    changes = [
        {"do": "create", "values": {"last_name": "Fine"}},
        {"do": "create", "values": {"last_name": "Wrong", "rating": "huge"}},
    ]
    response = asker.ask("post", "leads/batch", {"changes": changes})
    assert response.status_code == 422
    assert [(one["index"], one["field"]) for one in response.json()["errors"]] == [(1, "rating")]
    assert asker.get("leads/count")["count"] == 1


def test_in_mode_each_what_is_right_goes_in(asker: Asker, company: Company, desk: Desk) -> None:
    theirs = make("leads", company.cleo, last_name="Hers")
    changes = [
        {"do": "create", "values": {"last_name": "Fine"}},
        {"do": "create", "values": {"last_name": "Wrong", "rating": "huge"}},
        {"do": "create", "values": {"last_name": "Wrong", "made_up": 1}},
        {"do": "edit", "id": theirs, "values": {"title": "Mine"}},
        {"do": "delete", "id": desk.lead},
    ]
    response = asker.ask("post", "leads/batch", {"mode": "each", "changes": changes})
    assert response.status_code == 200
    results = response.json()["results"]
    assert [one["ok"] for one in results] == [True, False, False, False, True]
    told = [[(error["field"], error["code"]) for error in one["errors"]] for one in results]
    assert told[1:4] == [[("rating", "unknown_value")], [("made_up", "unknown_field")], [(None, "not_found")]]
    assert [one["id"] is None for one in results] == [False, True, True, True, False]
    assert [one["values"]["name"] for one in asker.get("leads/records")["records"]] == ["Fine"]


def test_a_batch_that_is_only_stale_is_a_conflict(asker: Asker, company: Company, desk: Desk) -> None:
    asker.ask("patch", f"leads/records/{desk.lead}", {"values": {"title": "Head"}})
    changes = [{"do": "edit", "id": desk.lead, "values": {"title": "Chief"}, "version": 1}]
    response = asker.ask("post", "leads/batch", {"changes": changes})
    assert response.status_code == 409
    assert response.json()["errors"][0]["current"] == "Head"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"do": "create", "id": 5, "values": {"last_name": "X"}}, "id"),
        ({"do": "create"}, "values"),
        ({"do": "edit", "values": {}}, "id"),
        ({"do": "edit", "id": 5}, "values"),
        ({"do": "delete", "id": 5, "values": {}}, "values"),
        ({"do": "restore"}, "id"),
        ({"do": "purge", "id": 5}, "changes.do"),
        ({"do": "delete", "id": 10**18}, "changes.id"),
        ({"do": "delete", "id": 5, "ids": [5]}, "changes.ids"),
    ],
)
def test_a_change_that_makes_no_sense_is_told_with_its_place(
    asker: Asker, desk: Desk, change: dict[str, object], field: str
) -> None:
    sound = {"do": "create", "values": {"last_name": "Fine"}}
    response = asker.ask("post", "leads/batch", {"changes": [sound, change]})
    assert response.status_code == 422
    assert [(one["index"], one["field"]) for one in response.json()["errors"]] == [(1, field)]
    assert asker.get("leads/count")["count"] == 1


@pytest.mark.parametrize("number", [0, MOST_IN_BATCH + 1])
def test_a_batch_has_a_size(asker: Asker, company: Company, number: int) -> None:
    changes = [{"do": "create", "values": {"last_name": "X"}}] * number
    response = asker.ask("post", "leads/batch", {"changes": changes})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "changes")


def test_the_largest_batch_goes_in(asker: Asker, company: Company) -> None:
    changes = [{"do": "create", "values": {"last_name": f"L{n}"}} for n in range(MOST_IN_BATCH)]
    response = asker.ask("post", "leads/batch", {"changes": changes})
    assert response.status_code == 200
    assert asker.get("leads/count")["count"] == MOST_IN_BATCH


def test_a_stranger_changes_nothing_in_a_batch(
    ask_as: Callable[..., Asker], asker: Asker, company: Company, desk: Desk
) -> None:
    stranger = ask_as(company.cleo)
    changes = [
        {"do": "edit", "id": desk.lead, "values": {"title": "Hers"}},
        {"do": "delete", "id": desk.lead},
    ]
    response = stranger.ask("post", "leads/batch", {"changes": changes, "mode": "each"})
    assert {error["code"] for one in response.json()["results"] for error in one["errors"]} == {"not_found"}
    assert asker.get(f"leads/records/{desk.lead}")["version"] == 1


def test_changing_several_records_needs_the_right_to_mass_updates_as_the_pages_do(
    asker: Asker, company: Company, desk: Desk
) -> None:
    other = make("leads", company.ada, last_name="Other")
    grant(company.staff, "leads", "view", "create", "edit", "delete")
    both = [
        {"do": "edit", "id": desk.lead, "values": {"title": "Head"}},
        {"do": "delete", "id": other},
    ]
    for mode in ("all", "each"):
        response = asker.ask("post", "leads/batch", {"mode": mode, "changes": both})
        assert response.status_code == 403
        assert [one["code"] for one in response.json()["errors"]] == ["forbidden"]
    assert asker.get(f"leads/records/{desk.lead}")["values"]["title"] is None
    assert asker.get(f"leads/records/{other}")["id"] == other
    grant(company.staff, "leads", "view", "create", "edit", "delete", "mass_update")
    assert asker.ask("post", "leads/batch", {"changes": both}).status_code == 200


def test_a_batch_about_one_record_and_new_or_restored_ones_needs_no_more_than_its_single_calls(
    asker: Asker, company: Company, desk: Desk
) -> None:
    binned = [make("leads", company.ada, last_name=f"Binned {n}") for n in range(2)]
    for pk in binned:
        asker.ask("delete", f"leads/records/{pk}")
    grant(company.staff, "leads", "view", "create", "edit", "delete")
    changes = [
        {"do": "create", "values": {"last_name": "One"}},
        {"do": "create", "values": {"last_name": "Two"}},
        *({"do": "restore", "id": pk} for pk in binned),
        {"do": "edit", "id": desk.lead, "values": {"title": "Head"}},
    ]
    response = asker.ask("post", "leads/batch", {"changes": changes})
    assert response.status_code == 200, response.content


def test_reading_page_by_page_is_no_export(asker: Asker, company: Company, desk: Desk) -> None:
    grant(company.staff, "leads", "view")
    assert len(asker.get("leads/records?limit=200")["records"]) == 1
    assert asker.get("leads/count?exact=true")["count"] == 1
