"""Claims about the bin's pages: who finds what in it, what comes back, and what is lost for good."""

from collections.abc import Callable

import pytest
from django.test import Client

from crm.door import Change, Source, Verb, apply
from crm.door.attach import add_note
from crm.models import Note, User
from crm.modules.loading import module
from crm.views import bin_page
from tests.crm.pages.conftest import Desk, make
from tests.people import Company, grant

pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]


def binned(key: str, pk: int, actor: User) -> None:
    apply([Change(Verb.BIN, key, pk)], actor=actor, source=Source.PAGE).or_raise()


def is_live(key: str, pk: int) -> bool:
    return bool(module(key).rows().filter(pk=pk, binned_at=None).exists())


@pytest.fixture
def gone(desk: Desk, company: Company) -> int:
    """Ada's lead, which Ben has deleted."""
    binned("leads", desk.lead, company.ben)
    return desk.lead


def test_the_bin_names_who_deleted_what_and_when(gone: int, ada_client: Client) -> None:
    page = ada_client.get("/leads/bin/").content.decode()
    for text in ("Łukasz 王小明", "Ben Berg", "<time datetime="):
        assert text in page, text


def test_a_stranger_finds_nothing_in_the_bin_and_restores_nothing(
    gone: int, company: Company, as_person: AsPerson
) -> None:
    client = as_person(company.cleo)
    assert "The bin is empty" in client.get("/leads/bin/").content.decode()
    for address, data in (
        ("/leads/bin/restore/", {"ids": gone}),
        ("/leads/bin/delete/", {"ids": gone, "confirmed": "1"}),
    ):
        assert client.post(address, data).status_code == 404
    assert module("leads").rows().filter(pk=gone).exclude(binned_at=None).exists()


def test_who_may_not_delete_has_no_bin(gone: int, company: Company, ada_client: Client) -> None:
    assert 'href="/leads/bin/"' in ada_client.get("/leads/").content.decode()
    grant(company.staff, "leads", "view", "edit")
    assert 'href="/leads/bin/"' not in ada_client.get("/leads/").content.decode()
    assert ada_client.get("/leads/bin/").status_code == 403
    assert ada_client.post("/leads/bin/restore/", {"ids": gone}).status_code == 403
    assert not is_live("leads", gone)


def test_deleting_offers_undo_that_brings_the_record_back(desk: Desk, ada_client: Client) -> None:
    page = ada_client.post(f"/leads/{desk.lead}/delete/", follow=True).content.decode()
    assert "“Łukasz 王小明” is in the bin." in page
    assert 'action="/leads/bin/restore/"' in page
    assert f'name="ids" value="{desk.lead}"' in page
    response = ada_client.post("/leads/bin/restore/", {"ids": desk.lead, "undo": "1"})
    assert response["Location"] == f"/leads/{desk.lead}/"
    assert is_live("leads", desk.lead)


def test_several_are_restored_at_once_and_one_by_its_own_button(
    gone: int, company: Company, ada_client: Client
) -> None:
    ids = [make("leads", company.ada, last_name=f"L{number}") for number in range(3)]
    for pk in ids:
        binned("leads", pk, company.ada)
    ada_client.post("/leads/bin/restore/", {"one": ids[0], "ids": [gone, *ids]})
    assert [is_live("leads", pk) for pk in (gone, *ids)] == [False, True, False, False]
    page = ada_client.post("/leads/bin/restore/", {"ids": [gone, ids[1]]}, follow=True).content.decode()
    assert "2 records are back." in page
    assert [is_live("leads", pk) for pk in (gone, *ids)] == [True, True, True, False]


def test_nothing_chosen_is_told(gone: int, ada_client: Client) -> None:
    for address in ("/leads/bin/restore/", "/leads/bin/delete/"):
        assert "Choose at least one record." in ada_client.post(address, follow=True).content.decode()


def test_one_that_cannot_come_back_is_named_with_the_reason(
    company: Company, ada_client: Client, device_requests: object
) -> None:
    first = make("device_requests", company.ada, name="Old laptop", serial="S-1")
    binned("device_requests", first, company.ada)
    make("device_requests", company.ada, name="New laptop", serial="S-1")
    page = ada_client.post("/device_requests/bin/restore/", {"ids": first}, follow=True).content.decode()
    assert "Old laptop: Serial must be unique" in page
    assert not is_live("device_requests", first)


def test_deleting_for_good_first_says_what_is_lost(gone: int, company: Company, ada_client: Client) -> None:
    page = ada_client.post("/leads/bin/delete/", {"ids": gone}).content.decode()
    for text in ("Delete this record for good?", "Łukasz 王小明", "1 note", "1 Task (field", "Call back"):
        assert text in page, text
    assert module("leads").rows().filter(pk=gone).exists()
    page = ada_client.post(
        "/leads/bin/delete/", {"ids": gone, "confirmed": "1"}, follow=True
    ).content.decode()
    assert "1 record was deleted for good." in page
    assert not module("leads").rows().filter(pk=gone).exists()
    assert not Note.objects.filter(record_id=gone).exists()


def test_a_record_that_is_not_in_the_bin_is_not_deleted_for_good(desk: Desk, ada_client: Client) -> None:
    data = {"ids": desk.lead, "confirmed": "1"}
    assert ada_client.post("/leads/bin/delete/", data).status_code == 404
    assert ada_client.get(f"/leads/bin/delete/?ids={desk.lead}&confirmed=1").status_code == 404
    assert is_live("leads", desk.lead)


def test_asking_by_address_alone_deletes_nothing(gone: int, ada_client: Client) -> None:
    assert ada_client.get(f"/leads/bin/delete/?ids={gone}&confirmed=1").status_code == 200
    assert module("leads").rows().filter(pk=gone).exists()


def test_what_others_own_and_point_with_is_counted_but_not_named(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    make("contacts", company.ada, last_name="Secret", account=desk.account, owner=company.cleo.pk)
    page = ada_client.get(f"/accounts/{desk.account}/delete/").content.decode()
    assert "1 Contact (field “Account”)" in page
    assert "Renewal" in page
    assert "Secret" not in page


def test_the_bin_is_searched_and_read_page_by_page(
    company: Company, ada_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bin_page, "SIZE", 2)
    ids = [make("leads", company.ada, last_name=f"Number {number}", company="X") for number in range(5)]
    changes = [Change(Verb.BIN, "leads", pk) for pk in ids]  # at the same second: the id decides
    apply(changes, actor=company.ada, source=Source.LIST).or_raise()
    seen: list[str] = []
    address = "/leads/bin/"
    for _page in range(3):
        page = ada_client.get(address).content.decode()
        seen += [name for name in (f"Number {number}" for number in range(5)) if f">{name}</span>" in page]
        address = "/leads/bin/?" + page.partition('href="?q=&amp;before=')[2].partition('"')[0].join(
            ("before=", "")
        )
    assert sorted(seen) == [f"Number {number}" for number in range(5)]
    page = ada_client.get("/leads/bin/?q=number 3").content.decode()
    assert ("Number 3" in page, "Number 2" in page) == (True, False)
    assert "Nothing in the bin matches" in ada_client.get("/leads/bin/?q=zzz").content.decode()


@pytest.mark.parametrize("place", ["nonsense", "-", "1-", "99999999999999-1", "²-²", "1-1-1"])
def test_a_place_that_makes_no_sense_does_no_harm(gone: int, ada_client: Client, place: str) -> None:
    assert ada_client.get("/leads/bin/", {"before": place}).status_code == 200


def test_a_merged_record_tells_in_the_bin_why_it_is_there(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    other = make("leads", company.ada, last_name="Double")
    add_note("leads", other, "Mine", actor=company.ada)
    ada_client.post(f"/leads/{desk.lead}/merge/", {"with": other, "stays": desk.lead})
    assert is_live("leads", other), "without the versions that were seen nothing is merged"
    data = {"with": other, "stays": desk.lead, f"version-{desk.lead}": "1", f"version-{other}": "1"}
    ada_client.post(f"/leads/{desk.lead}/merge/", data)
    assert "Merged into “Łukasz 王小明”" in ada_client.get("/leads/bin/").content.decode()
