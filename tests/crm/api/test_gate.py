"""Claims about who gets into the API at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm.api.tokens import MOST_LIVE, digest_of, make_token, revoke_token
from crm.models import AccessToken, User
from crm.people.problems import PeopleProblem
from tests.crm.api.conftest import Asker
from tests.crm.pages.conftest import Desk
from tests.people import Company

pytestmark = pytest.mark.django_db
AskAs = Callable[..., Asker]


def code_of(response: object) -> str:
    return response.json()["errors"][0]["code"]  # type: ignore[attr-defined]


def only_token() -> AccessToken:
    return AccessToken.objects.get()


def test_a_token_tells_whose_it_is(asker: Asker, ada: User) -> None:
    told = asker.get("me")
    assert told["person"] == {"id": ada.pk, "name": "Ada Adler", "email": ada.email}
    assert told["token"]["may_write"] is True


def test_the_secret_is_nowhere_in_the_database(asker: Asker) -> None:
    token = only_token()
    assert len(asker.secret) > 43
    assert token.digest == digest_of(asker.secret)
    assert asker.secret.startswith(token.prefix)
    assert asker.secret not in str(AccessToken.objects.values().get())


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "token_missing"),
        ("Bearer", "token_missing"),
        ("Bearer   ", "token_missing"),
        ("Basic YTpi", "token_missing"),
        ("Bearer sbx_wrong", "token_unknown"),
        ("Bearer " + "x" * 5000, "token_unknown"),
        ("Bearer \x00\udc80é", "token_unknown"),
    ],
)
def test_without_a_token_that_exists_nobody_enters(db: None, header: str, code: str) -> None:
    response = Asker().ask("get", "me", Authorization=header)
    assert response.status_code == 401
    assert code_of(response) == code
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_log_in_in_the_browser_does_not_open_the_api(
    as_person: Callable[[User], Client], ada: User, desk: Desk
) -> None:
    client = as_person(ada)
    assert client.get(f"/leads/{desk.lead}/").status_code == 200
    assert client.get(f"/api/leads/records/{desk.lead}").status_code == 401
    assert client.delete(f"/api/leads/records/{desk.lead}").status_code == 401


def test_a_revoked_token_ends_at_once(asker: Asker, ada: User) -> None:
    revoke_token(actor=ada, token=only_token())
    response = asker.ask("get", "me")
    assert (response.status_code, code_of(response)) == (401, "token_revoked")


def test_an_expired_token_ends_by_itself(asker: Asker) -> None:
    AccessToken.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    assert asker.ask("get", "me").status_code == 200
    AccessToken.objects.update(expires_at=timezone.now())
    response = asker.ask("get", "me")
    assert (response.status_code, code_of(response)) == (401, "token_expired")


def test_the_token_of_somebody_who_has_left_opens_nothing(asker: Asker, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    response = asker.ask("get", "me")
    assert (response.status_code, code_of(response)) == (401, "person_inactive")


def test_a_reading_token_writes_nothing(ask_as: AskAs, ada: User, desk: Desk) -> None:
    reader, one = ask_as(ada, may_write=False), f"leads/records/{desk.lead}"
    assert reader.ask("get", one).status_code == 200
    for method, path, body in [
        ("patch", one, {"values": {"title": "Head"}}),
        ("delete", one, None),
        ("post", "leads/records", {"values": {"last_name": "New"}}),
        ("post", "leads/batch", {"changes": [{"do": "delete", "id": desk.lead}]}),
        ("post", f"{one}/notes", {"text": "Hello"}),
    ]:
        response = reader.ask(method, path, body)
        assert (response.status_code, code_of(response)) == (403, "scope"), path
    assert reader.get(one)["version"] == 1


def test_a_token_for_one_module_opens_no_other(ask_as: AskAs, ada: User, desk: Desk) -> None:
    narrow = ask_as(ada, modules=("quotes",))
    assert [one["key"] for one in narrow.get("modules")["modules"]] == ["quotes"]
    account = narrow.get(f"quotes/records/{desk.quote}")["values"]["account"]
    assert account == {"module": "accounts", "id": desk.account, "name": None}
    response = narrow.ask("get", f"accounts/records/{desk.account}")
    assert (response.status_code, code_of(response)) == (403, "scope")
    told = '{"conditions": [{"field": "account.name", "operator": "is", "value": "Isdom GmbH"}]}'
    assert narrow.ask("get", f"quotes/records?filter={told}").status_code == 422


def test_use_is_noted_at_most_once_a_minute(asker: Asker) -> None:
    asker.get("me")
    first = only_token().last_used_at
    assert first is not None
    asker.get("me")
    assert only_token().last_used_at == first
    AccessToken.objects.update(last_used_at=first - timedelta(minutes=2))
    asker.get("me")
    assert only_token().last_used_at > first - timedelta(minutes=1)


def test_a_token_that_asks_too_often_has_to_wait(ask_as: AskAs, company: Company, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    hasty, calm = ask_as(company.ada), ask_as(company.ada)
    answers = [hasty.ask("get", "me") for _number in range(4)]
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert calm.ask("get", "me").status_code == 200


def test_answers_are_json_that_nobody_keeps_and_set_no_cookie(asker: Asker) -> None:
    for response in (asker.ask("get", "me"), Asker().ask("get", "me"), asker.ask("get", "nowhere/records")):
        assert response.headers["Content-Type"].startswith("application/json")
        assert not response.cookies
        assert response.headers["Cache-Control"] == "no-store"


def test_no_csrf_token_is_needed(asker: Asker, desk: Desk) -> None:
    asker.client = Client(enforce_csrf_checks=True)
    assert asker.ask("delete", f"leads/records/{desk.lead}").status_code == 200


def test_messages_are_in_the_language_that_is_asked_for_else_the_persons(asker: Asker, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(language="de")
    assert asker.ask("get", "me").headers["Content-Language"] == "de"
    asked = asker.ask("get", "me", **{"Accept-Language": "pl"})
    assert asked.headers["Content-Language"] == "pl"


def test_nobody_has_more_tokens_than_allowed_or_two_of_one_name(company: Company) -> None:
    make_token(actor=company.ada, name="Shop", may_write=False)
    with pytest.raises(PeopleProblem, match="already"):
        make_token(actor=company.ada, name="shop", may_write=False)
    make_token(actor=company.ben, name="Shop", may_write=False)
    for number in range(MOST_LIVE - 1):
        make_token(actor=company.ada, name=f"Token {number}", may_write=False)
    with pytest.raises(PeopleProblem, match="revoke"):
        make_token(actor=company.ada, name="One more", may_write=False)


@pytest.mark.parametrize(
    "address", ["", "docs/", "new/", "17/", "leads", "leads/records/x", "leads/records/"]
)
def test_an_unknown_address_is_answered_with_json(asker: Asker, address: str) -> None:
    response = asker.ask("get", address)
    assert (response.status_code, code_of(response)) == (404, "not_found")


def test_a_method_that_an_address_does_not_have_is_told_with_those_that_it_has(asker: Asker) -> None:
    response = asker.ask("put", "leads/records", {})
    assert (response.status_code, code_of(response)) == (405, "method_not_allowed")
    assert set(response.headers["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}
