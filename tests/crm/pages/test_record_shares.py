"""Claims about sharing a record, and about its tags."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from crm.door import guards
from crm.door.share import share_record, shares_of
from crm.models import Module, SharingGroup, User
from crm.views import record_tags
from crm.visibility import TooSlow
from tests.crm.pages.conftest import Desk, make
from tests.crm.pages.record_asking import get, limit, post, text_of, values
from tests.people import Company

pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]


@pytest.fixture
def support(company: Company) -> SharingGroup:
    """A group with Cleo in it."""
    group = SharingGroup.objects.create(key="support", name="Support", group=Group.objects.create(name="s"))
    company.cleo.groups.add(group.group)
    return group


def shares(desk: Desk) -> str:
    return f"/leads/{desk.lead}/shares/"


def shared_with(desk: Desk, company: Company) -> list[tuple[str, str]]:
    return [(str(share.grantee), share.level) for share in shares_of("leads", desk.lead, user=company.ada)]


def test_a_record_is_shared_with_a_person_and_then_seen(
    desk: Desk, company: Company, ada_client: Client, as_person: AsPerson
) -> None:
    cleo = as_person(company.cleo)
    assert cleo.get(f"/leads/{desk.lead}/").status_code == 404
    answer = post(ada_client, shares(desk), {"with": "Cleo Cole", "level": "read"})
    page = text_of(answer)
    assert answer.status_code == 200
    assert "Cleo Cole</span>" in page
    assert "shared this record with Cleo Cole, to read" in page  # the timeline behind the dialog
    assert cleo.get(f"/leads/{desk.lead}/").status_code == 200
    assert cleo.get(f"/leads/{desk.lead}/edit/").status_code == 403
    ada_client.post(shares(desk), {"with": "cleo@example.com", "level": "edit"})
    assert shared_with(desk, company) == [("Cleo Cole", "edit")]
    assert cleo.get(f"/leads/{desk.lead}/edit/").status_code == 200


def test_a_record_is_shared_with_a_group(
    desk: Desk, company: Company, support: SharingGroup, ada_client: Client, as_person: AsPerson
) -> None:
    assert "Support</option>" in text_of(get(ada_client, shares(desk)))
    answer = ada_client.post(shares(desk), {"with": "", "group": str(support.pk), "level": "read"})
    assert answer["Location"] == shares(desk)
    assert as_person(company.cleo).get(f"/leads/{desk.lead}/").status_code == 200
    ada_client.post(shares(desk), {"remove": f"group:{support.pk}"})
    assert shared_with(desk, company) == []
    assert as_person(company.cleo).get(f"/leads/{desk.lead}/").status_code == 404


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"level": "read"}, "Choose a person or a group."),
        ({"with": "Ben Berg", "group": "1", "level": "read"}, "Choose a person or a group."),
        ({"with": "Nobody Known", "level": "read"}, "Nothing that you may see is called"),
        ({"group": "999", "level": "read"}, "There is no such group."),
        ({"group": "x", "level": "read"}, "There is no such group."),
        ({"with": "Ben Berg", "level": "own"}, "Share to read or to edit."),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_shared(
    data: dict[str, str], message: str, desk: Desk, company: Company, ada_client: Client
) -> None:
    answer = post(ada_client, shares(desk), data)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert f'value="{data.get("with", "")}"' in text_of(answer)
    assert shared_with(desk, company) == []


def test_of_several_with_one_name_the_form_asks_which(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    other = User.objects.create_user("cole@example.com", name="Cleo Cole", profile=company.staff)
    answer = post(ada_client, shares(desk), {"with": "Cleo Cole", "level": "read"})
    assert answer.status_code == 422
    assert f'name="with-pick" value="{other.pk}"' in text_of(answer)
    post(ada_client, shares(desk), {"with": "Cleo Cole", "with-pick": str(other.pk), "level": "read"})
    assert [share.grantee for share in shares_of("leads", desk.lead, user=company.ada)] == [other]


def test_who_may_only_read_sees_with_whom_but_shares_nothing(
    desk: Desk, company: Company, as_person: AsPerson
) -> None:
    share_record("leads", desk.lead, company.cleo, "read", actor=company.ada)
    client = as_person(company.cleo)
    page = text_of(client.get(shares(desk)))
    assert "Cleo Cole" in page
    assert "They may" not in page
    assert client.post(shares(desk), {"with": "Ben Berg", "level": "read"}).status_code == 403
    assert client.post(shares(desk), {"remove": f"user:{company.cleo.pk}"}).status_code == 403
    assert shared_with(desk, company) == [("Cleo Cole", "read")]


def test_who_takes_back_the_own_share_is_led_away(desk: Desk, company: Company, as_person: AsPerson) -> None:
    share_record("leads", desk.lead, company.cleo, "edit", actor=company.ada)
    answer = post(as_person(company.cleo), shares(desk), {"remove": f"user:{company.cleo.pk}"})
    assert answer["HX-Redirect"] == "/leads/"


def test_taking_back_what_is_not_there_does_nothing(desk: Desk, company: Company, ada_client: Client) -> None:
    for wrong in ("user:999", "group:1", "nonsense", "user:" + "9" * 30):
        assert ada_client.post(shares(desk), {"remove": wrong}).status_code == 302


class TestTags:
    """Tags are put on and taken off one by one."""

    def test_one_and_several_are_added_and_one_removed(self, desk: Desk, ada_client: Client) -> None:
        address = f"/leads/{desk.lead}/tags/"
        post(ada_client, address, {"add": "b2b"})
        page = text_of(post(ada_client, address, {"add": " 汉语 , follow up,b2b "}))
        assert values("leads", desk.lead)["tags"] == ["b2b", "follow up", "汉语"]
        assert '<span class="tag-text">汉语</span>' in page
        assert "+ follow up, 汉语" in page  # the timeline tells what came, not the whole list
        page = text_of(post(ada_client, address, {"remove": "follow up"}))
        assert values("leads", desk.lead)["tags"] == ["b2b", "汉语"]
        assert "Remove the tag follow up" not in page

    def test_others_tags_are_suggested(self, desk: Desk, company: Company, ada_client: Client) -> None:
        for number in range(2):
            make("leads", company.ada, last_name=f"L{number}", tags=["often", "rare"][: 2 - number])
        make("leads", company.admin, last_name="Hidden", tags=["secret"])
        post(ada_client, f"/leads/{desk.lead}/tags/", {"add": "mine"})
        page = text_of(get(ada_client, f"/leads/{desk.lead}/tags/"))
        options = page.partition("<datalist")[2].partition("</datalist>")[0]
        assert options.index("often") < options.index("rare")
        assert "secret" not in options
        assert "mine" not in options

    def suggested(self, client: Client, desk: Desk) -> list[str]:
        page = text_of(get(client, f"/leads/{desk.lead}/tags/"))
        return re.findall(r'<option value="(.*?)">', page)

    def test_tags_of_old_records_are_suggested_too_while_there_is_time(
        self, desk: Desk, company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(record_tags, "LOOKED_AT", 2)
        for number, given in enumerate((["old", "often"], ["often"], ["new"])):
            make("leads", company.ada, last_name=f"L{number}", tags=given)
        gone = make("leads", company.ada, last_name="Gone", tags=["gone"])
        ada_client.post(f"/leads/{gone}/delete/")
        assert self.suggested(ada_client, desk) == ["often", "new", "old"]

        def slow(*_args: object) -> None:
            raise TooSlow

        monkeypatch.setattr(record_tags, "used_tags", slow)
        assert self.suggested(ada_client, desk) == ["new", "often"]
        monkeypatch.setattr(record_tags, "page", lambda *_args, **_named: slow())
        assert self.suggested(ada_client, desk) == []

    def test_a_custom_module_has_tags_of_its_own(
        self, device_requests: Module, desk: Desk, company: Company, ada_client: Client
    ) -> None:
        make("leads", company.ada, last_name="L", tags=["leads only"])
        scanner = make(device_requests.key, company.ada, name="扫描仪")
        make(device_requests.key, company.ada, name="Printer", tags=["扫描"])
        page = text_of(get(ada_client, f"/{device_requests.key}/{scanner}/tags/"))
        assert re.findall(r'<option value="(.*?)">', page) == ["扫描"]

    def test_without_javascript_there_is_a_page(self, desk: Desk, ada_client: Client) -> None:
        address = f"/leads/{desk.lead}/tags/"
        assert "<html" in text_of(ada_client.get(address))
        assert ada_client.post(address, {"add": "b2b"})["Location"] == f"/leads/{desk.lead}/"

    def test_a_tag_that_is_too_long_stays_in_the_form(self, desk: Desk, ada_client: Client) -> None:
        answer = post(ada_client, f"/leads/{desk.lead}/tags/", {"add": "x" * 61})
        assert answer.status_code == 422
        assert "At most 60 characters" in text_of(answer)
        assert "x" * 61 in text_of(answer)

    def test_what_a_guard_refuses_is_told(
        self, desk: Desk, ada_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        post(ada_client, f"/leads/{desk.lead}/tags/", {"add": "b2b"})
        monkeypatch.setattr(guards, "GUARDS", [lambda batch, draft, key: "It waits for approval."])
        for data in ({"add": "new"}, {"remove": "b2b"}):
            answer = post(ada_client, f"/leads/{desk.lead}/tags/", data)
            assert answer.status_code == 422
            assert "It waits for approval." in text_of(answer)
        assert values("leads", desk.lead)["tags"] == ["b2b"]

    def test_who_may_only_read_the_field_changes_nothing(
        self, desk: Desk, company: Company, ada_client: Client
    ) -> None:
        post(ada_client, f"/leads/{desk.lead}/tags/", {"add": "b2b"})
        limit(company, "leads", "tags", "read")
        page = text_of(ada_client.get(f"/leads/{desk.lead}/"))
        assert "b2b" in page
        assert "Remove the tag" not in page
        assert post(ada_client, f"/leads/{desk.lead}/tags/", {"remove": "b2b"}).status_code == 403
