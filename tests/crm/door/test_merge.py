"""Merging duplicates: what the winner gets, what follows it, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile

from crm.documents.generation import configuration_changed
from crm.door import DoorRefused, Outcome, Verb
from crm.door.attach import add_file, add_note
from crm.door.bin import restore
from crm.door.guards import register_guard
from crm.door.merge import merge_records
from crm.door.share import share_record, shares_of
from crm.models import Attachment, Currency, ExchangeRate, Module, Note, RecordLink, User
from tests.crm.door.making import chain, do, edit, exists, history, make, refusal_codes, stored, value
from tests.modules import device_requests
from tests.people import Company, grant

__all__ = ["device_requests"]


def merge(key: str, winner: int, *losers: int, actor: User | None, **rest: Any) -> Outcome:
    return merge_records(key, winner, losers, rest.pop("choices", {}), actor=actor, **rest)


def refused(
    key: str, winner: int, *losers: int, actor: User | None, **rest: Any
) -> list[tuple[str | None, str]]:
    """The problems of a merge that is refused, and leaves everything as it is."""
    before = [(stored(key, pk), len(history(pk))) for pk in (winner, *losers) if exists(key, pk)]
    with pytest.raises(DoorRefused) as refusal:
        merge(key, winner, *losers, actor=actor, **rest)
    assert [(stored(key, pk), len(history(pk))) for pk in (winner, *losers) if exists(key, pk)] == before
    return refusal_codes(refusal.value)


def test_the_winner_gets_what_was_chosen_and_what_it_lacks(ada: User) -> None:
    winner = make("leads", ada, company="Acme", tags=["a"], last_name="Lamb")
    one = make("leads", ada, company="Acme Ltd", phone="+4930123456", tags=["b"], last_name="Lam")
    two = make(
        "leads", ada, phone="+4930999999", email="l@example.com", email_opt_out=True, status="contacted"
    )
    merge("leads", winner, one, two, actor=ada, choices={"company": one, "last_name": winner})
    values = stored("leads", winner).values
    expected = {
        "company": "Acme Ltd", "last_name": "Lamb", "name": "Lamb", "phone": "+4930123456",
        "email": "l@example.com", "tags": ["a", "b"], "email_opt_out": True, "status": "new",
    }  # fmt: skip
    assert {key: values[key] for key in expected} == expected


def test_the_losers_are_in_the_bin_and_name_the_winner(ada: User) -> None:
    winner, loser = make("leads", ada, company="Acme"), make("leads", ada, company="Acme Ltd")
    merge("leads", winner, loser, actor=ada)
    row = stored("leads", loser)
    assert row.binned_at is not None
    assert [entry.kind for entry in history(loser)] == ["create", "merge", "bin"]
    told = history(loser, "merge")[0]
    assert told.changes == {"+merge": [None, {"into": {"id": winner, "name": "Lamb"}}, None]}
    assert chain(told.cause) == [("merge", "Merged into “Lamb”"), ("page", "Ada Adler")]
    assert told.actor == ada
    assert history(winner, "merge")[0].changes["+merge"][1] == {"from": [{"id": loser, "name": "Lamb"}]}
    restore("leads", [loser], actor=ada).or_raise()
    assert value("leads", loser, "company") == "Acme Ltd"


def test_notes_files_shares_and_links_follow(
    ada: User, ben: User, cleo: User, device_requests: Module
) -> None:
    winner, loser = make("accounts", ada, name="Acme"), make("accounts", ada, name="Acme Ltd")
    add_note("accounts", loser, "Hello", actor=ada)
    add_file("accounts", loser, "a.txt", ContentFile(b"abc"), actor=ada)
    share_record("accounts", loser, cleo, "edit", actor=ada)
    share_record("accounts", winner, cleo, "read", actor=ada)
    pointing = {
        "contacts": make("contacts", ben, account=loser),
        "device_requests": make("device_requests", ben, account=loser),
        "tasks": make("tasks", ben, related=("accounts", loser)),
        "accounts": make("accounts", ben, parent=loser),
        "deals": make("deals", ben, account=loser),
    }
    do(Verb.BIN, "deals", pointing["deals"], actor=ben).or_raise()
    merge("accounts", winner, loser, actor=ada)
    assert list(Note.objects.values_list("record_id", flat=True)) == [winner]
    assert list(Attachment.objects.values_list("record_id", flat=True)) == [winner]
    assert [(share.grantee, share.level) for share in shares_of("accounts", winner, user=ada)] == [
        (cleo, "edit")
    ]
    told = history(winner, "merge")[0].changes["+merge"][1]["from"]
    assert told == [{"id": loser, "name": "Acme Ltd", "notes": 1, "files": 1}]
    fields = {"tasks": "related", "accounts": "parent"}
    for key, pk in pointing.items():
        target = value(key, pk, fields.get(key, "account"))
        assert getattr(target, "id", target) == winner
        assert [kind for kind, _label in chain(history(pk)[-1].cause)] == ["merge", "page"]
    assert not RecordLink.objects.filter(to_id=loser).exists()
    assert stored("deals", pointing["deals"]).binned_at is not None


def test_nothing_points_at_itself_afterwards(ada: User) -> None:
    loser = make("accounts", ada)
    winner = make("accounts", ada, parent=loser)
    other = make("accounts", ada, parent=winner)
    merge("accounts", winner, loser, other, actor=ada)
    assert value("accounts", winner, "parent") is None
    assert not RecordLink.objects.filter(to_id=winner, from_id=winner).exists()


def test_a_unique_value_of_a_loser_can_be_taken(ada: User, device_requests: Module) -> None:
    winner = make("device_requests", ada)
    loser = make("device_requests", ada, serial="S1", pieces=5, extras=["bag"])
    merge("device_requests", winner, loser, actor=ada)
    values = stored("device_requests", winner).values
    assert (values["serial"], values["pieces"], values["extras"]) == ("S1", 5, ["bag"])


def test_what_the_actor_may_not_edit_is_filled_but_not_chosen(company: Company) -> None:
    from crm.models import Field, FieldRight
    from crm.people.remembered import forget_everything

    winner, loser = (
        make("leads", company.ada, title="x"),
        make("leads", company.ada, rating="high", title="y"),
    )
    for key in ("rating", "title"):
        field = Field.objects.get(module__key="leads", key=key)
        FieldRight.objects.create(profile=company.staff, field=field, access="read")
    forget_everything()
    assert refused("leads", winner, loser, actor=company.ada, choices={"title": loser}) == [
        ("title", "forbidden")
    ]
    merge("leads", winner, loser, actor=company.ada)
    assert value("leads", winner, "rating") == "high"


def test_a_value_may_point_at_what_the_actor_does_not_see(ada: User, cleo: User) -> None:
    account = make("accounts", cleo)
    winner, loser = make("contacts", ada), make("contacts", None, account=account, owner=ada.pk)
    merge("contacts", winner, loser, actor=ada)
    assert value("contacts", winner, "account") == account


def test_amounts_are_not_taken_over_from_another_currency(ada: User) -> None:
    dollar = Currency.objects.create(code="USD")
    ExchangeRate.objects.create(currency=dollar, day="2020-01-01", rate=Decimal("0.9"))
    configuration_changed(actor=None, kind="currency", key="USD", what="created")
    winner = make("campaigns", ada, budget=5)
    loser = make("campaigns", ada, budget=7, actual_cost=9, currency="USD")
    assert refused("campaigns", winner, loser, actor=ada, choices={"budget": loser}) == [
        ("budget", "currency")
    ]
    merge("campaigns", winner, loser, actor=ada)
    values = stored("campaigns", winner).values
    assert (values["budget"], values["actual_cost"], values["currency"]) == (5, None, "EUR")
    empty = make("campaigns", ada)
    other = make("campaigns", ada, budget=7, currency="USD")
    merge("campaigns", empty, other, actor=ada)
    assert (value("campaigns", empty, "currency"), value("campaigns", empty, "budget_base")) == (
        "USD",
        Decimal("6.30"),
    )


def test_all_records_must_be_allowed(company: Company) -> None:
    ada, cleo = company.ada, company.cleo
    winner, loser = make("leads", ada), make("leads", ada)
    foreign = make("leads", cleo)
    assert refused("leads", winner, foreign, actor=ada) == [(None, "not_found")]
    share_record("leads", foreign, ada, "read", actor=cleo)
    assert refused("leads", winner, foreign, actor=ada) == [(None, "forbidden")]
    grant(company.staff, "leads", "view", "edit")
    assert refused("leads", winner, loser, actor=ada) == [(None, "forbidden")]


def test_what_cannot_be_merged_is_refused_and_named(ada: User) -> None:
    winner, loser = make("leads", ada), make("leads", ada)
    assert refused("leads", winner, actor=ada) == [(None, "invalid")]
    assert refused("leads", winner, winner, actor=ada) == [(None, "invalid")]
    assert refused("leads", winner, 10**9, actor=ada) == [(None, "not_found")]
    assert refused("leads", winner, loser, actor=ada, choices={"nonsense": loser}) == [
        ("nonsense", "invalid")
    ]
    assert refused("leads", winner, loser, actor=ada, choices={"created_at": loser}) == [
        ("created_at", "invalid")
    ]
    assert refused("leads", winner, loser, actor=ada, choices={"company": 10**9}) == [("company", "invalid")]
    account = make("accounts", ada)
    assert refused("leads", winner, account, actor=ada) == [(None, "not_found")]


def test_a_record_that_moved_on_is_not_merged(ada: User, ben: User) -> None:
    winner, loser = make("leads", ada), make("leads", ada)
    versions = {winner: 1, loser: 1}
    edit("leads", loser, ben, company="x").or_raise()
    assert refused("leads", winner, loser, actor=ada, versions=versions) == [(None, "stale")]
    merge("leads", winner, loser, actor=ada, versions={winner: 1, loser: 2})


@pytest.mark.parametrize("which", [0, 1])
def test_a_locked_record_is_not_merged(ada: User, which: int) -> None:
    pair = [make("leads", ada), make("leads", ada)]
    register_guard(lambda _batch, draft, key: "Locked." if draft.id == pair[which] and key is None else None)
    assert refused("leads", *pair, actor=ada) == [(None, "locked")]
