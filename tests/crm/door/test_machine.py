"""Any order of create, edit, bin, restore, purge and merge leaves what a small model of it says."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from crm.door import Change, DoorRefused, Outcome, Source, Verb, apply
from crm.door.merge import merge_records
from crm.models import Account, History, RecordLink
from crm.modules.loading import clear_registry

TEXTS = st.sampled_from([None, "a", "b"])
MOST = 4  # records at once
TAGS = st.sampled_from([None, ["x"], ["y"], ["x", "y"]])


@dataclass
class Known:
    """An account as the model has it."""

    phone: str | None
    tags: list[str] | None
    parent: int | None
    binned: bool = False
    version: int = 1
    kinds: list[str] = field(default_factory=lambda: ["create"])

    def moved(self, kind: str) -> None:
        """One more change."""
        self.version += 1
        self.kinds.append(kind)


class Records(RuleBasedStateMachine):
    """The door beside its model."""

    accounts = Bundle("accounts")

    def __init__(self) -> None:
        super().__init__()
        clear_registry()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.known: dict[int, Known] = {}
        self.gone: dict[int, list[str]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def do(self, verb: Verb, pk: int | None, **values: Any) -> Outcome:
        return apply([Change(verb, "accounts", pk, values)], actor=None, source=Source.API)

    def live(self, pk: int | None) -> bool:
        return pk in self.known and not self.known[pk].binned

    @initialize(target=accounts)
    def begin(self) -> Any:
        """Few records, so that the same ones meet again and again."""
        return multiple(*(self.create(phone, None) for phone in (None, "a")))

    @precondition(lambda self: len(self.known) < MOST)
    @rule(target=accounts, phone=TEXTS, tags=TAGS)
    def create(self, phone: str | None, tags: list[str] | None) -> int:
        pk = self.do(Verb.CREATE, None, name="A", phone=phone, tags=tags).or_raise().ids[0]
        self.known[pk] = Known(phone, tags, None)
        return pk

    @rule(pk=accounts, phone=TEXTS, tags=TAGS)
    def edit(self, pk: int, phone: str | None, tags: list[str] | None) -> None:
        assert self.do(Verb.EDIT, pk, phone=phone, tags=tags).ok == self.live(pk)
        if self.live(pk):
            known = self.known[pk]
            if (known.phone, known.tags) != (phone, tags):
                known.phone, known.tags = phone, tags
                known.moved("edit")

    @rule(pk=accounts, parent=accounts)
    def link(self, pk: int, parent: int) -> None:
        same = self.live(pk) and self.known[pk].parent == parent
        fits = self.live(pk) and (self.live(parent) or same)
        assert self.do(Verb.EDIT, pk, parent=parent).ok == fits
        if fits and not same:
            self.known[pk].parent = parent
            self.known[pk].moved("edit")

    @rule(pk=accounts)
    def to_the_bin(self, pk: int) -> None:
        assert self.do(Verb.BIN, pk).ok == self.live(pk)
        if self.live(pk):
            self.known[pk].binned = True
            self.known[pk].moved("bin")

    @rule(pk=accounts)
    def restore(self, pk: int) -> None:
        fits = pk in self.known and self.known[pk].binned
        assert self.do(Verb.RESTORE, pk).ok == fits
        if fits:
            self.known[pk].binned = False
            self.known[pk].moved("restore")

    @rule(pk=accounts, parent=accounts)
    def purge_what_is_linked(self, pk: int, parent: int) -> None:
        """What chance alone finds too seldom."""
        self.link(pk, parent)
        self.to_the_bin(parent)
        self.purge(parent)

    @rule(pk=accounts, winner=accounts, loser=accounts)
    def merge_what_is_linked(self, pk: int, winner: int, loser: int) -> None:
        """The same."""
        self.link(pk, loser)
        self.merge(winner, loser)

    @rule(pk=accounts)
    def purge(self, pk: int) -> None:
        fits = pk in self.known and self.known[pk].binned
        assert self.do(Verb.PURGE, pk).ok == fits
        if fits:
            self.gone[pk] = [*self.known.pop(pk).kinds, "purge"]
            for known in self.known.values():
                if known.parent == pk:
                    known.parent = None
                    known.moved("edit")

    @rule(winner=accounts, loser=accounts)
    def merge(self, winner: int, loser: int) -> None:
        fits = winner != loser and self.live(winner) and self.live(loser)
        try:
            merge_records("accounts", winner, [loser], {}, actor=None)
            assert fits
        except DoorRefused:
            assert not fits
            return
        one, two = self.known[winner], self.known[loser]
        before = (one.phone, one.tags, one.parent)
        one.kinds.append("merge")
        two.kinds.append("merge")
        two.moved("bin")
        two.binned = True
        one.phone = one.phone or two.phone
        one.tags = sorted({*(one.tags or []), *(two.tags or [])}) or None
        if one.parent in (None, winner, loser):
            one.parent = None if two.parent in (winner, loser) else two.parent
        if (one.phone, one.tags, one.parent) != before:
            one.moved("edit")
        for pk, known in self.known.items():
            if known.parent == loser and pk not in (winner, loser):
                known.parent = winner
                known.moved("edit")

    @invariant()
    def the_database_agrees(self) -> None:
        rows = Account.objects.values_list("id", "phone", "tags", "parent_id", "version", "binned_at")
        found = {pk: (phone, tags or None, parent, version, binned is not None)
                 for pk, phone, tags, parent, version, binned in rows}  # fmt: skip
        expected = {pk: (k.phone, k.tags, k.parent, k.version, k.binned) for pk, k in self.known.items()}
        assert found == expected
        links = set(RecordLink.objects.values_list("from_id", "to_id"))
        assert links == {(pk, known.parent) for pk, known in self.known.items() if known.parent}
        kinds: dict[int, list[str]] = {}
        for pk, kind in History.objects.order_by("id").values_list("record_id", "kind"):
            kinds.setdefault(pk, []).append(kind)
        assert kinds == {**{pk: known.kinds for pk, known in self.known.items()}, **self.gone}


@pytest.mark.slow
class TestRecords(TestCase, Records.TestCase):  # type: ignore[misc, name-defined]
    """Runs the machine; each run is rolled back."""

    settings = settings(
        max_examples=20, stateful_step_count=30, deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
    )  # fmt: skip
