"""Claims about reading and writing single records: the same rows, fields and verbs as on the pages."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.models import Cause, Field, FieldRight, History, Module, User
from crm.people.remembered import forget_everything
from tests.crm.api.conftest import Asker, edit, make
from tests.crm.pages.conftest import LONG, Desk
from tests.people import Company, grant
from tests.workflows import rules

pytestmark = pytest.mark.django_db
AskAs = Callable[..., Asker]


def errors(response: Any) -> list[tuple[str | None, str]]:
    """Field and code of each error."""
    return [(one["field"], one["code"]) for one in response.json()["errors"]]


def hide(company: Company, module: str, key: str, access: str = "hidden") -> None:
    field = Field.objects.get(module__key=module, key=key)
    FieldRight.objects.create(profile=company.staff, field=field, access=access)
    forget_everything()


def criteria(*conditions: tuple[Any, ...], **more: Any) -> str:
    told = [dict(zip(("field", "operator", "value"), one, strict=False)) for one in conditions]
    return json.dumps({"conditions": told} | more)


def test_a_record_is_told_with_people_links_and_exact_numbers(asker: Asker, desk: Desk, ada: User) -> None:
    quote = asker.get(f"quotes/records/{desk.quote}")
    assert quote["module"] == "quotes"
    assert quote["url"].endswith(f"/quotes/{desk.quote}/")
    values = quote["values"]
    assert values["name"] == "Renewal"
    assert values["owner"] == {"id": ada.pk, "name": "Ada Adler", "email": ada.email}
    assert values["account"] == {"module": "accounts", "id": desk.account, "name": "Isdom GmbH"}
    assert values["total"] == "214.20"
    line = values["lines"][0]
    assert line["product"] == {"module": "products", "id": desk.product, "name": "GTX Pro"}
    assert (line["quantity"], line["total"]) == ("2.0000", "214.20")
    assert values["created_at"].endswith("Z")
    assert values["valid_until"] is None


def test_what_is_told_can_be_sent_back(asker: Asker, desk: Desk) -> None:
    before = asker.get(f"quotes/records/{desk.quote}")
    fields = asker.get("modules/quotes")["fields"]
    own = {one["key"] for one in fields if one["access"] == "edit"}
    values = {key: value for key, value in before["values"].items() if key in own}
    response = asker.ask("patch", f"quotes/records/{desk.quote}", {"values": values, "version": 1})
    assert response.status_code == 200, response.content
    assert response.json()["values"] == before["values"]
    assert response.json()["version"] == 1
    assert {"owner", "account", "lines"} <= values.keys()


def test_a_stranger_gets_404_and_the_manager_the_record(
    ask_as: AskAs, company: Company, asker: Asker, desk: Desk
) -> None:
    one = f"leads/records/{desk.lead}"
    stranger = ask_as(company.cleo)
    assert ask_as(company.ben).get(one)["values"]["company"] == LONG
    for method, body in (("get", None), ("patch", {"values": {"title": "Hers"}}), ("delete", None)):
        response = stranger.ask(method, one, body)
        assert (response.status_code, errors(response)) == (404, [(None, "not_found")]), method
    assert stranger.get("leads/records")["records"] == []
    assert stranger.get("leads/count") == {"count": 0, "exact": True}
    assert asker.get(one)["values"]["title"] is None


def test_who_may_read_only_gets_403(asker: Asker, company: Company, desk: Desk) -> None:
    grant(company.staff, "leads", "view")
    one = f"leads/records/{desk.lead}"
    assert asker.ask("get", one).status_code == 200
    for method, path, body in [
        ("patch", one, {"values": {"title": "Head"}}),
        ("delete", one, None),
        ("post", f"{one}/restore", None),
        ("post", "leads/records", {"values": {"last_name": "New"}}),
    ]:
        response = asker.ask(method, path, body)
        assert (response.status_code, errors(response)) == (403, [(None, "forbidden")]), path


def test_a_module_that_is_not_open_is_not_there(asker: Asker, company: Company, desk: Desk) -> None:
    grant(company.staff, "leads", "edit")
    for path in ("leads/records", "leads/count", f"leads/records/{desk.lead}", "modules/leads"):
        assert asker.ask("get", path).status_code == 404, path
    assert "leads" not in [one["key"] for one in asker.get("modules")["modules"]]


def test_a_hidden_field_is_told_nowhere_and_sounds_unknown(
    asker: Asker, company: Company, desk: Desk
) -> None:
    edit("leads", desk.lead, company.ben, company="Secret Ltd")
    hide(company, "leads", "company")
    one = f"leads/records/{desk.lead}"
    assert "company" not in asker.get(one)["values"]
    assert "company" not in [field["key"] for field in asker.get("modules/leads")["fields"]]
    asked = [
        asker.ask("get", f"{one}?fields=company"),
        asker.ask("get", f"leads/records?filter={criteria(('company', 'is', 'Secret Ltd'))}"),
        asker.ask("get", "leads/records?sort=company"),
        asker.ask("patch", one, {"values": {"company": "Mine"}, "version": 1}),
    ]
    assert [response.status_code for response in asked] == [422] * 4
    assert not any("Secret" in response.content.decode() for response in asked)
    made_up = asker.ask("patch", one, {"values": {"made_up": "x"}})
    assert errors(asked[3]) == [("company", "unknown_field")]
    assert errors(made_up) == [("made_up", "unknown_field")]
    assert asker.get("leads/records?q=Secret")["records"] == []


def test_a_field_that_may_only_be_read_is_refused_by_name(asker: Asker, company: Company, desk: Desk) -> None:
    hide(company, "leads", "company", "read")
    response = asker.ask("patch", f"leads/records/{desk.lead}", {"values": {"company": "Mine"}})
    assert (response.status_code, errors(response)) == (422, [("company", "forbidden")])
    assert asker.get(f"leads/records/{desk.lead}")["values"]["company"] == LONG


def test_the_name_of_a_linked_record_out_of_sight_is_not_told(
    ask_as: AskAs, company: Company, desk: Desk
) -> None:
    theirs = make("contacts", company.cleo, last_name="Cole")
    apart = make("accounts", company.ada, name="Apart")
    grant(company.staff, "contacts")
    edit("contacts", theirs, company.admin, account=apart)
    told = ask_as(company.cleo).get(f"contacts/records/{theirs}")["values"]["account"]
    assert told == {"module": "accounts", "id": apart, "name": None}


def test_a_record_is_created_and_belongs_to_the_tokens_person(asker: Asker, ada: User, desk: Desk) -> None:
    body = {"values": {"last_name": "  Meier ", "rating": "high", "email": "meier@example.com"}}
    response = asker.ask("post", "leads/records", body)
    assert response.status_code == 201, response.content
    told = response.json()
    assert response.headers["Location"] == f"/api/leads/records/{told['id']}"
    assert told["values"]["name"] == "Meier"
    assert told["values"]["owner"]["id"] == ada.pk
    assert told["notices"] == []
    assert asker.get(f"leads/records/{told['id']}")["values"] == told["values"]


def test_everything_that_is_wrong_is_told_with_its_field(asker: Asker, company: Company) -> None:
    values = {"rating": "huge", "email": "nobody", "owner": "nobody@example.com", "made_up": 1}
    response = asker.ask("post", "leads/records", {"values": values})
    assert response.status_code == 422
    assert set(errors(response)) == {("owner", "not_found"), ("made_up", "unknown_field")}
    response = asker.ask("post", "leads/records", {"values": {"rating": "huge", "email": "nobody"}})
    assert response.status_code == 422
    assert {field for field, _code in errors(response)} >= {"rating", "email"}


@pytest.mark.parametrize("form", ["id", "address", "object"])
def test_people_are_taken_by_id_address_or_object(
    asker: Asker, company: Company, desk: Desk, form: str
) -> None:
    ben = company.ben
    given = {"id": ben.pk, "address": "BEN@example.com", "object": {"id": ben.pk, "name": "Whoever"}}[form]
    response = asker.ask("patch", f"leads/records/{desk.lead}", {"values": {"owner": given}})
    assert response.status_code == 200, response.content
    # The record went to Ben, whose records Ada does not see.
    assert response.json()["values"] is None
    assert asker.ask("get", f"leads/records/{desk.lead}").status_code == 404


def test_links_are_taken_as_told_and_only_to_the_right_module(asker: Asker, desk: Desk) -> None:
    one = f"quotes/records/{desk.quote}"
    for wrong in ({"module": "leads", "id": desk.lead}, {"id": None}, [desk.account], True, 0, "x", 10**30):
        response = asker.ask("patch", one, {"values": {"account": wrong}})
        assert response.status_code == 422, wrong
        assert errors(response)[0][0] == "account"
    task = f"tasks/records/{desk.task}"
    for right in (f"leads:{desk.lead}", {"module": "leads", "id": desk.lead}):
        assert asker.ask("patch", task, {"values": {"related": right}}).status_code == 200
    assert asker.get(task)["values"]["related"]["id"] == desk.lead


def test_an_old_version_is_refused_only_where_both_changed_the_same(
    asker: Asker, company: Company, desk: Desk
) -> None:
    one = f"leads/records/{desk.lead}"
    edit("leads", desk.lead, company.ben, rating="high")
    fine = asker.ask("patch", one, {"values": {"title": "Head"}, "version": 1})
    assert fine.status_code == 200
    stale = asker.ask("patch", one, {"values": {"rating": "medium", "title": "Chief"}, "version": 1})
    assert stale.status_code == 409
    told = {error["field"]: error for error in stale.json()["errors"]}
    assert set(told) == {"rating", "title"}
    assert (told["rating"]["code"], told["rating"]["current"], told["rating"]["version"]) == (
        "stale", "high", 3,
    )  # fmt: skip
    assert asker.get(one)["values"]["title"] == "Head"


def test_a_deleted_record_is_in_the_bin_and_comes_back(asker: Asker, company: Company, desk: Desk) -> None:
    one = f"leads/records/{desk.lead}"
    assert asker.ask("delete", one).json() == {"module": "leads", "id": desk.lead, "notices": []}
    assert asker.ask("get", one).status_code == 404
    assert asker.ask("delete", one).status_code == 404
    back = asker.ask("post", f"{one}/restore")
    assert back.status_code == 200, back.content
    assert back.json()["values"]["company"] == LONG
    assert asker.ask("post", f"{one}/restore").status_code == 404


def test_the_timeline_names_the_token(
    asker: Asker, desk: Desk, as_person: Callable[[User], Client], ada: User
) -> None:
    asker.ask("patch", f"leads/records/{desk.lead}", {"values": {"title": "Head"}})
    cause = Cause.objects.get(pk=History.objects.latest("id").cause_id)
    assert (cause.kind, cause.label) == ("api", "Robot 0")
    page = as_person(ada).get(f"/leads/{desk.lead}/timeline/").content.decode()
    assert "Robot 0" in page


def test_the_caller_chooses_which_automation_runs(asker: Asker, desk: Desk) -> None:
    rules.live_rule(
        "high_priority", rules.when(("rating", "is", "high")), [rules.update("status", "contacted")]
    )
    one = f"leads/records/{desk.lead}"
    for automation in ("none", "assignment"):
        quiet = asker.ask("patch", f"{one}?automation={automation}", {"values": {"rating": "high"}})
        assert quiet.json()["values"]["status"] == "new"
        asker.ask("patch", f"{one}?automation=none", {"values": {"rating": "low"}})
    loud = asker.ask("patch", f"{one}?automation=rules", {"values": {"rating": "high"}})
    assert loud.json()["values"]["status"] == "contacted"
    wrong = asker.ask("patch", f"{one}?automation=rule", {"values": {"rating": "low"}})
    assert (wrong.status_code, errors(wrong)) == (422, [("automation", "unknown_value")])


def test_a_list_is_filtered_searched_sorted_and_cut(asker: Asker, ada: User, desk: Desk) -> None:
    for number in range(5):
        make("leads", ada, last_name=f"Meier {number}", company=f"C{number}", rating="high")
    high = criteria(("rating", "is", "high"))
    path = f"leads/records?filter={high}&sort=-company&limit=2&fields=company"
    seen, after = [], ""
    for _page in range(3):
        told = asker.get(path + after)
        seen += [record["values"] for record in told["records"]]
        after = f"&after={told['next']}"
    assert told["next"] is None
    assert seen == [{"company": f"C{number}"} for number in (4, 3, 2, 1, 0)]
    assert len(asker.get("leads/records?q=meier")["records"]) == 5
    assert asker.get(f"leads/count?filter={high}") == {"count": 5, "exact": True}
    newest = asker.get("leads/records")["records"]
    assert [record["id"] for record in newest] == sorted((record["id"] for record in newest), reverse=True)
    mine = criteria(("owner", "is", {"current_user": True}), ("rating", "is", "low"))
    assert [record["id"] for record in asker.get(f"leads/records?filter={mine}")["records"]] == [desk.lead]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filtr={}", "filtr"),
        ("filter=x", "filter"),
        ("filter=[]", "filter"),
        ('filter={"conditions":[{"field":"made_up","operator":"is","value":1}]}', "filter"),
        ('filter={"conditions":[{"field":"rating","operator":"is","value":"huge"}]}', "filter"),
        ('filter={"conditions":[{"field":"owner","operator":"is","value":"a@b\\u0000"}]}', "filter"),
        ('filter={"conditions":[{"field":"owner","operator":"is","value":"a@b\\ud800"}]}', "filter"),
        ('filter={"conditions":[{"field":"title","operator":"changed"}]}', "filter"),
        ("filter=" + "[" * 5000, "filter"),
        ("filter=" + "9" * 6000, "filter"),
        ("sort=made_up", "sort"),
        ("sort=title", "sort"),
        ("fields=name,made_up", "fields"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("after=x", "after"),
        ("q=" + "x" * 300, "q"),
    ],
)
def test_a_wrong_query_is_told_by_its_parameter(asker: Asker, desk: Desk, query: str, field: str) -> None:
    response = asker.ask("get", f"leads/records?{query}")
    assert response.status_code == 422, response.content
    assert errors(response)[0][0] == field


@pytest.mark.parametrize("text", [r"\u0000", r"C:\\u0000", r"\ud800"])
def test_a_text_that_only_looks_like_a_forbidden_character_is_asked_for(
    asker: Asker, ada: User, desk: Desk, text: str
) -> None:
    pk = make("leads", ada, last_name="Zero", company=text)
    found = asker.get(f"leads/records?filter={criteria(('company', 'is', text))}")["records"]
    assert [record["id"] for record in found] == [pk]


def test_a_page_of_another_order_is_refused(asker: Asker, ada: User, desk: Desk) -> None:
    make("leads", ada, last_name="Second")
    following = asker.get("leads/records?limit=1&sort=company")["next"]
    response = asker.ask("get", f"leads/records?after={following}")
    assert (response.status_code, errors(response)) == (422, [("after", "bad_cursor")])


def test_a_module_of_the_company_works_like_any_other(
    asker: Asker, device_requests: Module, desk: Desk, company: Company
) -> None:
    values = {
        "name": "王小明's laptop", "serial": "A1", "pieces": 2, "weight": "1.5", "price": 99.9,
        "rebate": "12.5", "needed_on": "2026-03-01", "call_at": "2026-03-01T09:30:00+09:00", "urgent": True,
        "status": "ordered", "extras": ["mouse", "bag"], "website": "example.com",
        "helper": company.ben.email, "account": desk.account,
    }  # fmt: skip
    response = asker.ask("post", f"{device_requests.key}/records", {"values": values})
    assert response.status_code == 201, response.content
    told = response.json()["values"]
    assert told | {
        "name": "王小明's laptop", "serial": "A1", "pieces": 2, "weight": "1.500", "price": "99.90",
        "needed_on": "2026-03-01", "call_at": "2026-03-01T00:30:00Z", "urgent": True, "status": "ordered",
        "extras": ["bag", "mouse"], "website": "https://example.com",
        "account": {"module": "accounts", "id": desk.account, "name": "Isdom GmbH"},
    } == told  # fmt: skip
    assert told["helper"]["id"] == company.ben.pk
    found = asker.get(
        f"{device_requests.key}/records?filter={criteria(('pieces', 'greater', 1))}&sort=serial"
    )
    assert [record["values"]["serial"] for record in found["records"]] == ["A1"]


def test_moments_without_an_offset_are_in_the_persons_time_zone(
    asker: Asker, device_requests: Module, ada: User
) -> None:
    User.objects.filter(pk=ada.pk).update(time_zone="Asia/Tokyo")
    body = {"values": {"name": "X", "call_at": "2026-03-01 09:30"}}
    told = asker.ask("post", f"{device_requests.key}/records", body).json()
    assert told["values"]["call_at"] == "2026-03-01T00:30:00Z"


def test_modules_tell_fields_choices_and_rights(
    asker: Asker, company: Company, device_requests: Module
) -> None:
    grant(company.staff, device_requests.key, "view", "create")
    told = {one["key"]: one for one in asker.get("modules")["modules"]}
    assert {"leads", device_requests.key} <= told.keys()
    custom = told[device_requests.key]
    assert (custom["custom"], custom["rights"]) == (True, ["view", "create"])
    fields = {one["key"]: one for one in custom["fields"]}
    assert fields["account"]["module"] == "accounts"
    assert fields["pieces"]["form"] == "integer"
    assert fields["created_at"]["access"] == "read"
    assert fields["status"]["choices"][0] == {"key": "new", "label": "New", "active": True}
    assert fields["status"]["required"] is True
