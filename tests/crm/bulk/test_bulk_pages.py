"""Bulk actions: as the right person, refused to the wrong one, previewed, with results and undo."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.test import Client

from crm.door import Verb
from crm.door.share import share_records
from crm.jobs.running import drain
from crm.jobs.verbs import undo_job
from crm.models import USER_SHARES, Field, FieldRight, History, Job, JobState, Lead, SharingGroup, Task, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from crm.visibility import visible_ids
from tests.crm.door.making import do, history, make, stored, value
from tests.crm.pages.conftest import ada_client, as_person
from tests.people import Company, grant
from tests.workflows.rules import live_rule, notify, when

__all__ = ["ada_client", "as_person"]
AsPerson = Callable[[User], Client]


def leads(owner: User, count: int) -> list[int]:
    return [make("leads", owner, last_name=f"Lead {number}", rating="low") for number in range(count)]


def ask(client: Client, action: str, ids: list[int] | None, **data: Any) -> HttpResponse:
    """Posts the form of a bulk action; no ids mean everything that the list shows."""
    chosen: dict[str, Any] = {"everything": "1"} if ids is None else {"record": ids}
    return client.post(f"/leads/bulk/{action}/", chosen | data)  # type: ignore[return-value]


def update(client: Client, ids: list[int] | None, button: str = "go", **data: Any) -> HttpResponse:
    return ask(client, "update", ids, field="rating", **{"new-rating": "high", button: "1"}, **data)


def ratings(ids: list[int]) -> list[Any]:
    return [value("leads", pk, "rating") for pk in ids]


def test_ticked_records_are_changed_and_others_are_not(company: Company, ada_client: Client) -> None:
    ids = leads(company.ada, 3)
    response = update(ada_client, ids[:2])
    assert (response.status_code, response["Location"]) == (302, "/leads/")
    assert ratings(ids) == ["high", "high", "low"]
    job = Job.objects.get()
    assert (job.state, job.tally, job.title) == (JobState.DONE, {"updated": 2}, "Change fields: 2 Leads")


def test_everything_that_matches_is_changed_in_steps_although_it_leaves_the_filter(
    company: Company, ada_client: Client, settings: Any
) -> None:
    settings.CRM_CHUNK_SIZE = {"sqlite": 2, "postgresql": 2}
    ids = leads(company.ada, 5)
    other = make("leads", company.ada, last_name="Warm", rating="medium")
    chosen = '{"conditions":[{"field":"rating","operator":"is","value":"low"}]}'
    update(ada_client, None, filter=chosen)
    assert ratings([*ids, other]) == ["high"] * 5 + ["medium"]
    assert Job.objects.get().done == 5


def test_a_stranger_and_a_person_without_the_right_change_nothing(
    company: Company, ada_client: Client, as_person: AsPerson
) -> None:
    ids = leads(company.ada, 2)
    assert update(as_person(company.cleo), ids)["Location"] == "/leads/"  # none of them is there for her
    assert update(as_person(company.cleo), None)["Location"] == "/leads/"
    grant(company.staff, "leads", "view", "edit", "delete")
    assert update(ada_client, ids).status_code == 403
    grant(company.staff, "leads", "view", "edit", "mass_update")
    assert ask(ada_client, "delete", ids, go="1").status_code == 403
    grant(company.staff, "leads", "edit", "mass_update")
    assert update(ada_client, ids).status_code == 404
    assert ratings(ids) == ["low", "low"]
    assert not Job.objects.exists()


def test_who_may_only_read_some_of_them_is_told_which(company: Company, ada_client: Client) -> None:
    mine, hers = leads(company.ada, 1)[0], leads(company.cleo, 1)[0]
    share_records("leads", [hers], company.ada, "read", actor=company.cleo)
    response = update(ada_client, [mine, hers])
    job = Job.objects.get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert ratings([mine, hers]) == ["high", "low"]
    refusal = job.refusals.get()
    assert (refusal.record_id, refusal.name, refusal.problems[0]["code"]) == (hers, "Lead 0", "forbidden")


def test_a_value_that_no_record_can_have_is_named_and_nothing_is_asked_for(
    company: Company, ada_client: Client
) -> None:
    ids = leads(company.ada, 1)
    response = ask(ada_client, "update", ids, field="email", go="1", **{"new-email": "no address"})
    assert response.status_code == 422
    assert "no address" in response.content.decode()
    empty = ask(ada_client, "update", ids, field="last_name", go="1", **{"new-last_name": ""})
    assert empty.status_code == 422
    assert "Last name is required." in empty.content.decode()
    assert not Job.objects.exists()


def test_the_preview_shows_what_rules_would_do_and_stores_nothing(
    company: Company, ada_client: Client
) -> None:
    live_rule(
        "hot",
        when(("rating", "is", "high")),
        [
            ("create_task", {"subject": "Call"}),
            ("update_field", {"field": "status", "value": "contacted"}),
            notify({"to": "owner"}),
        ],
    )
    ids = leads(company.ada, 2)
    page = update(ada_client, ids, "preview").content.decode()
    assert "Contacted" in page
    assert "Hot" in page
    assert "“Call” is created by a rule." in page
    assert "(Hot)" in page
    assert ratings(ids) == ["low", "low"]
    assert not Task.objects.exists()
    assert not Job.objects.exists()
    assert History.objects.filter(record_id__in=ids).count() == 2


def test_a_field_is_chosen_and_left_out_again_without_javascript(
    company: Company, ada_client: Client
) -> None:
    ids = leads(company.ada, 1)
    page = ask(ada_client, "update", ids, add="rating", add_field="1").content.decode()
    assert 'name="new-rating"' in page
    assert 'name="new-company"' not in page
    page = ask(ada_client, "update", ids, field=["rating", "company"], remove="rating").content.decode()
    assert 'name="new-rating"' not in page
    assert 'name="new-company"' in page
    assert ratings(ids) == ["low"]


def test_a_hidden_or_unknown_field_cannot_be_changed(company: Company, ada_client: Client) -> None:
    ids = leads(company.ada, 1)
    field = Field.objects.get(module__key="leads", key="rating")
    FieldRight.objects.create(profile=company.staff, field=field, access="read")
    forget_everything()
    response = update(ada_client, ids)
    assert response.status_code == 200  # asks for a field: there is none
    assert ratings(ids) == ["low"]


def test_a_new_owner_takes_over(company: Company, ada_client: Client) -> None:
    ids = leads(company.ada, 2)
    ask(ada_client, "owner", ids, go="1", **{"new-owner": "Ben Berg"})
    assert {value("leads", pk, "owner") for pk in ids} == {company.ben.pk}


def test_tags_are_added_and_removed_beside_those_that_are_there(company: Company, ada_client: Client) -> None:
    pk = make("leads", company.ada, last_name="A", tags=["old", "kept"])
    ask(ada_client, "tag", [pk], add_tags="new, fair 2026", remove_tags="old", go="1")
    assert sorted(value("leads", pk, "tags")) == ["fair 2026", "kept", "new"]
    assert ask(ada_client, "tag", [pk], add_tags=" , ", go="1").status_code == 422
    assert ask(ada_client, "tag", [pk], add_tags="a", remove_tags="a", go="1").status_code == 422


def test_deleted_records_come_back_by_undo(company: Company, ada_client: Client) -> None:
    ids = leads(company.ada, 3)
    ask(ada_client, "delete", ids, go="1")
    assert Lead.objects.live().count() == 0
    job = Job.objects.get()
    undo_job(job, actor=company.ada)
    drain()
    assert set(Lead.objects.live().values_list("id", flat=True)) == set(ids)


def test_records_are_shared_with_a_person_in_few_statements_and_unshared_by_undo(
    company: Company, ada_client: Client, django_assert_max_num_queries: Any
) -> None:
    ids = leads(company.ada, 10)
    with django_assert_max_num_queries(16):
        outcome = share_records("leads", ids, company.cleo, "edit", actor=company.ada)
    assert outcome.ok
    assert visible_ids(company.cleo, module("leads"), ids) == set(ids)
    assert USER_SHARES[Lead].objects.count() == 20
    share_records("leads", ids, company.cleo, "read", actor=company.ada)
    assert USER_SHARES[Lead].objects.count() == 10
    assert [row.kind for row in history(ids[0])] == ["create", "share", "share"]
    ask(ada_client, "share", ids[:2], go="1", level="edit", **{"share-person": "Cleo Cole"})
    job = Job.objects.get()
    assert (job.state, job.tally) == (JobState.DONE, {"shared": 2})
    assert USER_SHARES[Lead].objects.count() == 12
    undo_job(job, actor=company.ada)
    drain()
    assert USER_SHARES[Lead].objects.count() == 10


def test_sharing_with_nobody_or_with_two_is_refused(company: Company, ada_client: Client) -> None:
    ids = leads(company.ada, 1)
    group = SharingGroup.objects.first()
    assert ask(ada_client, "share", ids, go="1", level="read").status_code == 422
    wrong = ask(ada_client, "share", ids, go="1", level="own", **{"share-person": "Cleo Cole"})
    assert wrong.status_code == 422
    assert (
        group is None
        or ask(ada_client, "share", ids, go="1", group=group.pk, **{"share-person": "Cleo Cole"}).status_code
        == 422
    )
    assert not Job.objects.exists()


def test_nothing_ticked_and_nonsense_lead_back_to_the_list(company: Company, ada_client: Client) -> None:
    for data in (
        {"record": ["x", "9" * 30]},
        {"everything": "1", "filter": "{"},
        {"everything": "1", "filter": "7"},
    ):
        response = ada_client.post("/leads/bulk/update/", data)
        assert (response.status_code, response["Location"]) == (302, "/leads/")
    elsewhere = ada_client.post("/leads/bulk/update/", {"back": "https://evil.example/leads/"})
    assert elsewhere["Location"] == "/leads/"
    assert ada_client.post("/leads/bulk/unknown/").status_code == 404


def test_a_record_that_is_gone_by_then_is_reported(company: Company, ada_client: Client) -> None:
    ids = leads(company.ada, 2)
    do(Verb.BIN, "leads", ids[1], actor=company.ada).or_raise()
    update(ada_client, ids)
    assert stored("leads", ids[0]).values["rating"] == "high"
    assert [refusal.record_id for refusal in Job.objects.get().refusals.all()] == [ids[1]]
