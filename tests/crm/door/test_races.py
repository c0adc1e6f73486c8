"""Two people at the same record at the same moment, with two real connections."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from crm.door import Change, DoorRefused, Outcome, Source, Verb, apply
from crm.door.attach import add_note
from crm.door.bin import purge, restore
from crm.door.convert import convert_lead
from crm.door.invoicing import invoice_from_quote
from crm.door.merge import merge_records
from crm.door.tags import add_tags
from crm.models import Contact, Invoice, Lead, Note, RecordLink, User
from tests.crm.door.making import codes, do, edit, exists, history, make, refusal_codes, stored, value
from tests.crm.door.racing import race, together
from tests.modules import device_requests
from tests.people import Company

__all__ = ["device_requests"]
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
Pause = Callable[[], None]


@pytest.fixture
def people(transactional_db: None, company: Company) -> Company:
    """The people, stored for other connections to see."""
    return company


def held(work: Callable[[], Any]) -> Callable[[Pause], Any]:
    """The work, then a pause before its transaction ends."""

    def run(pause: Pause) -> Any:
        with transaction.atomic():
            answer = work()
            pause()
        return answer

    return run


def test_edit_against_edit_loses_nothing(people: Company) -> None:
    pk = make("leads", people.ada, company="a", title="x")
    first, second = race(
        held(lambda: edit("leads", pk, people.ada, version=1, company="b")),
        lambda: edit("leads", pk, people.ben, version=1, title="y", company="c"),
    )
    assert first.ok
    assert codes(second) == [("company", "stale")]
    assert edit("leads", pk, people.ben, version=2, title="y").ok
    assert (value("leads", pk, "company"), value("leads", pk, "title")) == ("b", "y")


def test_edits_of_different_fields_both_go_in(people: Company) -> None:
    pk = make("leads", people.ada, tags=["t"])
    first, second = race(
        held(lambda: edit("leads", pk, people.ada, version=1, company="b")),
        lambda: edit("leads", pk, people.ben, version=1, title="y"),
    )
    assert first.ok
    assert second.ok
    row = stored("leads", pk)
    assert (row.values["company"], row.values["title"], row.version) == ("b", "y", 3)
    assert [entry.version for entry in history(pk)] == [1, 2, 3]


def test_custom_fields_share_a_column_and_both_go_in(people: Company, device_requests: Any) -> None:
    pk = make("device_requests", people.ada)
    race(
        held(lambda: edit("device_requests", pk, people.ada, pieces=3)),
        lambda: edit("device_requests", pk, people.ben, reason="new"),
    )
    row = stored("device_requests", pk).values
    assert (row["pieces"], row["reason"]) == (3, "new")


def test_delete_against_edit(people: Company) -> None:
    pk = make("leads", people.ada)
    first, second = race(
        held(lambda: do(Verb.BIN, "leads", pk, actor=people.ada)),
        lambda: edit("leads", pk, people.ben, version=1, company="b"),
    )
    assert first.ok
    assert codes(second) == [(None, "not_found")]
    other = make("leads", people.ada)
    first, second = race(
        held(lambda: edit("leads", other, people.ben, version=1, company="b")),
        lambda: do(Verb.BIN, "leads", other, actor=people.ada),
    )
    assert first.ok
    assert second.ok
    restore("leads", [other], actor=people.ada).or_raise()
    assert value("leads", other, "company") == "b"


def test_merge_against_edit_keeps_what_was_edited(people: Company) -> None:
    winner, loser = make("leads", people.ada), make("leads", people.ada)
    first, second = race(
        held(lambda: edit("leads", loser, people.ben, company="b")),
        lambda: merge_records("leads", winner, [loser], {}, actor=people.ada),
    )
    assert first.ok
    assert isinstance(second, Outcome)
    assert value("leads", winner, "company") == "b"


def test_merge_of_seen_versions_against_edit_is_refused(people: Company) -> None:
    winner, loser = make("leads", people.ada), make("leads", people.ada)
    _first, second = race(
        held(lambda: edit("leads", loser, people.ben, company="b")),
        lambda: merge_records("leads", winner, [loser], {}, actor=people.ada, versions={winner: 1, loser: 1}),
    )
    assert isinstance(second, DoorRefused)
    assert refusal_codes(second) == [(None, "stale")]
    assert stored("leads", loser).binned_at is None


def test_edit_of_a_loser_during_the_merge_is_told(people: Company) -> None:
    winner, loser = make("leads", people.ada), make("leads", people.ada)
    first, second = race(
        held(lambda: merge_records("leads", winner, [loser], {}, actor=people.ada)),
        lambda: edit("leads", loser, people.ben, company="b"),
    )
    assert isinstance(first, Outcome)
    assert codes(second) == [(None, "not_found")]


def test_two_merges_the_other_way_round_do_not_hang(people: Company) -> None:
    one, two = make("leads", people.ada), make("leads", people.ada)
    with together() as threads:
        threads.start("a", lambda: merge_records("leads", one, [two], {}, actor=people.ada))
        threads.start("b", lambda: merge_records("leads", two, [one], {}, actor=people.ben))
    assert sorted(type(answer).__name__ for answer in threads.answers.values()) == ["DoorRefused", "Outcome"]
    assert [stored("leads", pk).binned_at is None for pk in (one, two)].count(True) == 1


def test_bin_against_restore(people: Company) -> None:
    pk = make("leads", people.ada)
    do(Verb.BIN, "leads", pk, actor=people.ada).or_raise()
    first, second = race(
        held(lambda: restore("leads", [pk], actor=people.ada)),
        lambda: do(Verb.BIN, "leads", pk, actor=people.ben),
    )
    assert first.ok
    assert second.ok
    assert [entry.kind for entry in history(pk)] == ["create", "bin", "restore", "bin"]


def test_two_who_restore_and_purge_agree_on_one(people: Company) -> None:
    pk = make("leads", people.ada)
    do(Verb.BIN, "leads", pk, actor=people.ada).or_raise()
    first, second = race(
        held(lambda: purge("leads", [pk], actor=people.ada)), lambda: restore("leads", [pk], actor=people.ben)
    )
    assert first.ok
    assert codes(second) == [(None, "not_found")]
    assert not exists("leads", pk)


def test_a_note_on_a_record_that_is_being_purged_does_not_stay(people: Company) -> None:
    pk = make("leads", people.ada)

    def bin_and_purge() -> None:
        do(Verb.BIN, "leads", pk, actor=people.ada).or_raise()
        purge("leads", [pk], actor=people.ada).or_raise()

    _first, second = race(held(bin_and_purge), lambda: add_note("leads", pk, "Hello", actor=people.ben))
    assert isinstance(second, DoorRefused)
    assert not Note.objects.exists()


def test_a_link_to_a_record_that_is_being_purged_is_refused_plainly(people: Company) -> None:
    account = make("accounts", people.ada)
    new = Change(
        Verb.CREATE, "contacts", None, {"last_name": "C", "account": account, "owner": people.ada.pk}
    )

    def link(pause: Pause) -> Outcome:
        pauses = iter([pause])

        def once(*_args: Any) -> None:
            next(pauses, lambda: None)()

        from crm.door.stages.base import Stage

        class Slow(Stage):
            def decide(self, batch: Any, drafts: Any) -> None:
                once()

        apply_module = __import__("sys").modules[apply.__module__]
        usual = apply_module.round_stages
        apply_module.round_stages = lambda: (Slow(),)
        try:
            return apply([new], actor=people.ada, source=Source.PAGE)
        finally:
            apply_module.round_stages = usual

    def bin_and_purge() -> None:
        apply_actor = people.ben
        with transaction.atomic():
            do(Verb.BIN, "accounts", account, actor=apply_actor).or_raise()
            purge("accounts", [account], actor=apply_actor).or_raise()

    first, _second = race(link, bin_and_purge)
    assert not first.ok
    assert {code for _field, code in codes(first)} <= {"not_found", "database"}
    assert not Contact.objects.exists()
    assert not RecordLink.objects.exists()


def test_a_lead_is_converted_by_one_of_two(people: Company) -> None:
    pk = make("leads", people.ada, company="Acme")
    first, second = race(
        held(lambda: convert_lead(pk, actor=people.ada)), lambda: convert_lead(pk, actor=people.ben)
    )
    assert first.contact_id
    assert isinstance(second, DoorRefused)
    assert Contact.objects.count() == 1


def test_a_quote_is_invoiced_by_one_of_two(people: Company) -> None:
    pk = make("quotes", people.ada, status="accepted", lines=[{"text": "x", "price": 1}])
    first, second = race(
        held(lambda: invoice_from_quote(pk, actor=people.ada)),
        lambda: invoice_from_quote(pk, actor=people.ben),
    )
    assert first.ok
    assert isinstance(second, DoorRefused)
    assert Invoice.objects.count() == 1


def test_tags_of_two_people_are_united(people: Company) -> None:
    pk = make("leads", people.ada)
    race(
        held(lambda: add_tags("leads", [pk], ["a"], actor=people.ada)),
        lambda: add_tags("leads", [pk], ["b"], actor=people.ben),
    )
    assert value("leads", pk, "tags") == ["a", "b"]


def test_two_connections_never_get_the_same_number_or_id(people: Company) -> None:
    def bill(actor: User) -> list[int]:
        return [make("invoices", actor) for _ in range(10)]

    make("invoices", people.ada)
    with together() as threads:
        for actor in (people.ada, people.ben, people.cleo):
            threads.start(actor.name, lambda actor=actor: bill(actor))  # type: ignore[misc]
    assert all(isinstance(answer, list) for answer in threads.answers.values()), threads.answers
    numbers = sorted(int(number.split("-")[1]) for number in Invoice.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 32))


def test_the_first_numbers_of_a_series_are_no_exception(people: Company) -> None:
    first, second = race(held(lambda: make("invoices", people.ada)), lambda: make("invoices", people.ben))
    assert {type(first), type(second)} == {int}
    assert sorted(Invoice.objects.values_list("number", flat=True)) == ["I-00001", "I-00002"]


def test_big_batches_in_opposite_order_do_not_hang(people: Company) -> None:
    ids = [make("leads", people.ada) for _ in range(40)]

    def touch(order: list[int], word: str) -> Outcome:
        changes = [Change(Verb.EDIT, "leads", pk, {"company": word}) for pk in order]
        return apply(changes, actor=people.ada, source=Source.LIST)

    with together() as threads:
        threads.start("up", lambda: touch(ids, "up"))
        threads.start("down", lambda: touch(ids[::-1], "down"))
    assert all(answer.ok for answer in threads.answers.values())
    assert Lead.objects.values("company").distinct().count() == 1
