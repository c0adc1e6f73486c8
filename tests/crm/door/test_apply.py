"""The door itself: everything or each, what is wrong with what, rounds, history and causes."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError

from crm.door import Batch, CauseNode, Change, Draft, Source, Verb, apply
from crm.door.guards import register_guard
from crm.door.stages.base import Stage
from crm.models import Cause, History, Lead, Module, RecordLink, User
from tests.crm.door.making import chain, codes, do, edit, exists, history, make, stored, value
from tests.modules import device_requests
from tests.people import Company, grant

__all__ = ["device_requests"]


def lead(**values: Any) -> Change:
    return Change(Verb.CREATE, "leads", None, {"last_name": "Lamb", **values})


def test_one_refusal_refuses_everything(ada: User) -> None:
    outcome = apply([lead(), lead(email="nonsense")], actor=ada, source=Source.PAGE)
    assert [[p.code for p in result.problems] for result in outcome.results] == [["undone"], ["invalid"]]
    assert Lead.objects.count() == History.objects.count() == Cause.objects.count() == 0


def test_each_refuses_only_what_is_wrong(ada: User) -> None:
    changes = [lead(company="a"), lead(email="nonsense"), lead(company="c")]
    outcome = apply(changes, actor=ada, source=Source.IMPORT, mode="each")
    assert [result.ok for result in outcome.results] == [True, False, True]
    assert sorted(Lead.objects.values_list("company", flat=True)) == ["a", "c"]


def test_an_error_of_the_database_is_narrowed_down(ada: User, stages: list[Stage]) -> None:
    class Poison(Stage):
        def write(self, batch: Batch) -> None:
            if any(draft.after.get("company") == "poison" for draft in batch.drafts.values()):
                raise DatabaseError("refused")

    stages.append(Poison())
    changes = [lead(company=company) for company in ("a", "b", "poison", "d", "e")]
    outcome = apply(changes, actor=ada, source=Source.IMPORT, mode="each")
    assert [[p.code for p in result.problems] for result in outcome.results] == [[], [], ["database"], [], []]
    assert Lead.objects.count() == History.objects.count() == 4


def test_every_problem_is_named(company: Company) -> None:
    wrong = {
        "last_name": " ", "email": "x", "phone": "1" * 50, "website": "ftp://x", "status": "nope",
        "annual_revenue": "12,5", "employees": "1.5", "email_opt_out": "perhaps", "owner": 999_999,
        "nonsense": 1, "created_at": "2020-01-01", "description": "a\x00b", "tags": ["x" * 61],
        "currency": "XXX",
    }  # fmt: skip
    outcome = apply([Change(Verb.CREATE, "leads", None, wrong)], actor=company.ada, source=Source.PAGE)
    named = {problem.field for problem in outcome.problems}
    assert named == set(wrong)
    assert all(problem.message for problem in outcome.problems)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Change(Verb.CREATE, "nowhere"), "unknown_module"),
        (Change(Verb.EDIT, "leads", 10**9, {"company": "x"}), "not_found"),
        (Change(Verb.EDIT, "leads", None, {"company": "x"}), "not_found"),
        (Change(Verb.BIN, "leads", 10**9), "not_found"),
        (Change(Verb.PURGE, "leads", 10**9), "not_found"),
    ],
)
def test_what_is_not_there_is_told(ada: User, change: Change, code: str) -> None:
    assert codes(apply([change], actor=ada, source=Source.API)) == [(None, code)]


def test_the_bin_takes_no_values(ada: User) -> None:
    pk = make("leads", ada)
    outcome = apply([Change(Verb.BIN, "leads", pk, {"company": "x"})], actor=ada, source=Source.API)
    assert codes(outcome) == [(None, "unexpected")]


def test_a_stranger_finds_nothing_and_a_reader_may_not_write(ada: User, cleo: User) -> None:
    pk = make("leads", ada)
    assert codes(edit("leads", pk, cleo, company="x")) == [(None, "not_found")]
    Module.objects.filter(key="leads").update(sharing="read")
    from crm.modules.loading import clear_registry

    clear_registry()
    assert codes(edit("leads", pk, cleo, company="x")) == [(None, "forbidden")]
    assert codes(do(Verb.BIN, "leads", pk, actor=cleo)) == [(None, "forbidden")]
    assert value("leads", pk, "company") is None


def test_the_bin_asks_for_the_right_to_delete_and_not_to_edit(company: Company) -> None:
    pk = make("leads", company.ada)
    grant(company.staff, "leads", "view", "edit")
    assert codes(do(Verb.BIN, "leads", pk, actor=company.ada)) == [(None, "forbidden")]
    grant(company.staff, "leads", "view", "delete")
    assert do(Verb.BIN, "leads", pk, actor=company.ada).ok


def test_an_edit_with_a_binning_asks_for_both_rights_and_checks_the_values(company: Company) -> None:
    pk = make("leads", company.ada)
    both = [Change(Verb.EDIT, "leads", pk, {"owner": 999_999}), Change(Verb.BIN, "leads", pk)]
    refused = apply(both, actor=company.ada, source=Source.API)
    assert ("owner", "not_found") in codes(refused)
    grant(company.staff, "leads", "view", "delete")
    both[0].values = {"company": "x"}
    assert (None, "forbidden") in codes(apply(both, actor=company.ada, source=Source.API))


def test_two_changes_of_one_record_merge_in_order(ada: User) -> None:
    pk = make("leads", ada)
    changes = [Change(Verb.EDIT, "leads", pk, {"company": name, "title": "Boss"}) for name in ("a", "b")]
    apply(changes, actor=ada, source=Source.API).or_raise()
    assert value("leads", pk, "company") == "b"
    assert len(history(pk, "edit")) == 1
    assert stored("leads", pk).version == 2


def test_nothing_changed_writes_nothing(ada: User) -> None:
    pk = make("leads", ada, company="a")
    causes = Cause.objects.count()
    assert edit("leads", pk, ada, company=" a ").ok
    assert (len(history(pk)), Cause.objects.count(), stored("leads", pk).version) == (1, causes, 1)


def test_a_product_that_is_not_there_is_named(ada: User) -> None:
    outcome = do(Verb.CREATE, "quotes", None, actor=ada, name="Q", lines=[{"product": 77, "quantity": 1}])  # type: ignore[arg-type]
    assert codes(outcome) == [("lines", "not_found")]


def test_a_unique_value_is_taken_once(ada: User, device_requests: Module) -> None:
    make("device_requests", ada, serial="S1")
    new = [
        Change(Verb.CREATE, "device_requests", None, {"name": "x", "serial": s}) for s in ("S2", "S2", "S1")
    ]
    outcome = apply(new, actor=ada, source=Source.API, mode="each")
    assert [result.ok for result in outcome.results] == [True, False, False]
    assert {p.code for p in outcome.problems} == {"unique"}


def test_a_link_is_kept_as_a_row_too(ada: User, device_requests: Module) -> None:
    account = make("accounts", ada)
    for key in ("contacts", "device_requests"):
        pk = make(key, ada, account=account)
        rows = RecordLink.objects.filter(from_id=pk)
        assert list(rows.values_list("field", "to_module", "to_id")) == [("account", "accounts", account)]
        edit(key, pk, ada, account=None).or_raise()
        assert not rows.exists()


def test_a_guard_refuses_people_and_becomes_a_notice_for_rules(ada: User, stages: list[Stage]) -> None:
    pk = make("leads", ada)

    @register_guard
    def locked(_batch: Batch, draft: Draft, key: str | None) -> str | None:
        return "Waits for approval." if draft.before is not None and key != "title" else None

    assert codes(edit("leads", pk, ada, company="x")) == [("company", "locked")]
    assert codes(do(Verb.BIN, "leads", pk, actor=ada)) == [(None, "locked")]
    stages.append(Sets("company", "by a rule"))
    outcome = edit("leads", pk, ada, title="Boss")
    assert outcome.ok
    assert [(notice.field, notice.message) for notice in outcome.notices] == [
        ("company", "Waits for approval.")
    ]
    assert (value("leads", pk, "title"), value("leads", pk, "company")) == ("Boss", None)


class Sets(Stage):
    """A stage that sets a field once, with a cause of its own."""

    key = "sets"

    def __init__(self, field: str, value: Any) -> None:
        self.field, self.value = field, value

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            if draft.after.get(self.field) != self.value:
                batch.set(draft, self.field, self.value, batch.new_cause("rule", f"Sets {self.field}"))


class Counts(Stage):
    """A stage that never comes to rest."""

    key = "counts"

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            cause = batch.new_cause("rule", "Counts")
            batch.set(draft, "employees", (draft.after.get("employees") or 0) + 1, cause)


def test_rounds_are_bounded_and_that_is_told(ada: User, stages: list[Stage]) -> None:
    stages.append(Counts())
    outcome = apply([lead()], actor=ada, source=Source.PAGE).or_raise()
    assert value("leads", outcome.ids[0], "employees") == settings.CRM_MAX_ROUNDS
    assert [notice.record_id for notice in outcome.notices] == outcome.ids


def test_only_chosen_automation_runs(ada: User, stages: list[Stage]) -> None:
    stages.append(Sets("company", "by a rule"))
    outcome = apply([lead()], actor=ada, source=Source.IMPORT, automation=frozenset())
    assert value("leads", outcome.ids[0], "company") is None


def test_history_says_what_who_when_and_why(ada: User, stages: list[Stage]) -> None:
    stages.append(Sets("rating", "high"))
    pk = (
        apply([lead(company="a", owner=ada.pk)], actor=ada, source=Source.PAGE, label="New lead")
        .or_raise()
        .ids[0]
    )
    stages.clear()
    edit("leads", pk, ada, company="b").or_raise()
    created, edited = history(pk)
    assert (created.kind, created.actor, created.version) == ("create", ada, 1)
    assert created.changes["company"] == [None, "a", None]
    rule = Cause.objects.get(pk=created.changes["rating"][2])
    assert chain(rule) == [("rule", "Sets rating"), ("page", "New lead")]
    assert rule.parent is not None
    assert rule.parent.actor == ada
    assert (edited.kind, edited.changes, edited.version) == ("edit", {"company": ["a", "b", None]}, 2)


def test_a_cause_that_was_not_stored_yet_is_stored_with_those_above_it(ada: User) -> None:
    above = CauseNode("import", "leads.csv")
    cause = CauseNode("action", "Row 1", above)
    pk = apply([lead()], actor=ada, source=Source.IMPORT, cause=cause).or_raise().ids[0]
    assert chain(history(pk)[0].cause) == [("action", "Row 1"), ("import", "leads.csv")]


def test_causes_of_a_refused_call_can_be_used_again(ada: User) -> None:
    cause = CauseNode("action", "Row 1", CauseNode("import", "leads.csv"))
    assert not apply([lead(), lead(email="x")], actor=ada, source=Source.IMPORT, cause=cause).ok
    assert apply([lead()], actor=ada, source=Source.IMPORT, cause=cause).ok
    assert Cause.objects.count() == 2


def test_chunks_of_one_call_go_in_together_or_not_at_all(ada: User, settings: Any) -> None:
    settings.CRM_CHUNK_SIZE = {"postgresql": 2, "sqlite": 2}
    good = [lead() for _ in range(5)]
    assert not apply([*good, lead(email="x")], actor=ada, source=Source.PAGE).ok
    assert Lead.objects.count() == 0
    outcome = apply(good, actor=ada, source=Source.PAGE).or_raise()
    assert len(set(outcome.ids)) == 5
    assert Cause.objects.count() == 1


def test_a_hidden_or_read_only_field_is_not_written(company: Company) -> None:
    from crm.models import Field, FieldRight
    from crm.people.remembered import forget_everything

    pk = make("leads", company.ada)
    field = Field.objects.get(module__key="leads", key="rating")
    FieldRight.objects.create(profile=company.staff, field=field, access="read")
    forget_everything()
    assert codes(edit("leads", pk, company.ada, rating="high")) == [("rating", "forbidden")]
    assert exists("leads", pk)


def test_an_emptied_text_is_empty(ada: User) -> None:
    pk = make("leads", ada, company="a", description="b")
    edit("leads", pk, ada, company=None, description=None).or_raise()
    assert (value("leads", pk, "company"), value("leads", pk, "description")) == (None, None)
