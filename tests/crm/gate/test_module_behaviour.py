"""The gate: everything that a module does, it does alike whether it is built in or made by the company."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from crm.criteria import Context, DictRow, compile_criteria
from crm.door import Change, DoorRefused, Source, Verb, apply
from crm.door.attach import add_note
from crm.door.merge import merge_records
from crm.door.reading import read_records
from crm.fields import FIELD_TYPES
from crm.models import FieldRight, History, Module, Note, RecordLink, Sharing
from crm.modules.editing import change_module
from crm.modules.field_editing import change_field
from crm.people.remembered import forget_everything
from crm.visibility import Access, can, fields_of, page, visible_ids, visible_to
from tests.crm.gate.conftest import KINDS, Subject
from tests.people import Company, grant

MOMENT = datetime(2026, 2, 28, 9, 30, tzinfo=UTC)
# By kind: what somebody enters, the value, another value, and something that is refused.
VALUES: dict[str, tuple[Any, Any, Any, Any]] = {
    "text": (" Straße 1 ", "Straße 1", "Other", "x" * 2001),
    "long_text": ("two\nlines", "two\nlines", "one", "nul \x00"),
    "integer": ("42", 42, 7, "4.5"),
    "decimal": ("1.2345", Decimal("1.235"), Decimal("2.000"), "much"),
    "money": ("1234.5", Decimal("1234.50"), Decimal("1.00"), "1" * 20),
    "percent": ("15 %", Decimal("15.00"), Decimal("20.00"), "high"),
    "date": ("2026-02-28", date(2026, 2, 28), date(2026, 3, 1), "2026-02-30"),
    "datetime": (MOMENT, MOMENT, MOMENT.replace(year=2027), "yesterday"),
    "boolean": ("yes", True, False, "perhaps"),
    "picklist": ("Ordered", "ordered", "here", "lost"),
    "multi_picklist": (["mouse", "bag"], ["bag", "mouse"], ["bag"], ["car"]),
    "email": ("a@example.com", "a@example.com", "b@example.com", "nobody"),
    "phone": ("+49 30 1234567", "+49301234567", "+4930765432", "1" * 41),
    "url": ("example.com", "https://example.com", "https://other.example", "not a page"),
}
EMPTY = {"boolean": False}


def test_every_kind_that_an_admin_can_make_is_tested() -> None:
    made_by_admins = {key for key, kind in FIELD_TYPES.items() if kind.custom}
    assert made_by_admins == set(KINDS)
    assert made_by_admins == {*VALUES, "user", "link"}


@pytest.mark.django_db
class TestFields:
    """Values of every kind."""

    def test_are_cleaned_kept_told_and_emptied(self, subject: Subject) -> None:
        entered = {kind: values[0] for kind, values in VALUES.items()}
        record = subject.create(**entered)
        assert {kind: subject.value(record, kind) for kind in VALUES} == {
            kind: values[1] for kind, values in VALUES.items()
        }
        others = {kind: values[2] for kind, values in VALUES.items()}
        subject.do(Verb.EDIT, record, **others).or_raise()
        assert {kind: subject.value(record, kind) for kind in VALUES} == others
        emptied = {kind: None for kind in VALUES if kind != "picklist"}
        subject.do(Verb.EDIT, record, **emptied).or_raise()
        assert {kind: subject.value(record, kind) for kind in emptied} == {
            kind: EMPTY.get(kind) for kind in emptied
        }

    def test_history_tells_each_change_as_plain_data(self, subject: Subject) -> None:
        record = subject.create(integer=1, decimal="1.5", picklist="new")
        subject.do(Verb.EDIT, record, integer=2, decimal="2.5", picklist="here").or_raise()
        row = History.objects.filter(record_id=record, kind="edit").get()
        told = {kind: row.changes[subject.fields[kind]] for kind in ("integer", "decimal", "picklist")}
        assert told == {
            "integer": [1, 2, None],
            "decimal": ["1.500", "2.500", None],
            "picklist": ["new", "here", None],
        }
        assert (row.module, row.actor, row.version) == (subject.key, subject.company.ada, 2)

    @pytest.mark.parametrize("kind", VALUES)
    def test_what_does_not_fit_is_refused_and_named(self, subject: Subject, kind: str) -> None:
        record = subject.create()
        outcome = subject.do(Verb.EDIT, record, **{kind: VALUES[kind][3]})
        assert [problem.field for problem in outcome.problems] == [subject.fields[kind]]
        assert subject.version(record) == 1

    def test_money_has_a_currency_and_an_amount_in_the_companys(self, subject: Subject) -> None:
        record = subject.create(money="10")
        assert subject.value(record, "currency") == "EUR"
        assert subject.value(record, f"{subject.fields['money']}_base") == Decimal("10.00")

    def test_defaults_and_required(self, subject: Subject) -> None:
        assert subject.value(subject.create(), "picklist") == "new"
        change_field(field=subject.row("text"), required=True, actor=subject.company.admin)
        outcome = subject.try_create()
        assert (subject.fields["text"], "required") in [(p.field, p.code) for p in outcome.problems]
        subject.create(text="given")

    def test_unique_is_unique_outside_the_bin(self, subject: Subject) -> None:
        change_field(field=subject.row("text"), unique=True, actor=subject.company.admin)
        first = subject.create(text="A1")
        second = subject.create(text="B2")
        assert subject.do(Verb.EDIT, second, text="A1").problems[0].code == "unique"
        subject.do(Verb.BIN, first).or_raise()
        subject.do(Verb.EDIT, second, text="A1").or_raise()
        assert not subject.do(Verb.RESTORE, first).ok


@pytest.mark.django_db
class TestLinks:
    """Links both ways."""

    def account(self, subject: Subject) -> int:
        change = Change(Verb.CREATE, "accounts", values={"name": "Isdom", "owner": subject.company.ada.pk})
        return apply([change], actor=subject.company.ada, source=Source.PAGE).or_raise().ids[0]

    def test_a_link_is_found_from_both_ends_and_moves_with_the_record(self, subject: Subject) -> None:
        one, other = self.account(subject), self.account(subject)
        record = subject.create(link=one)
        key = subject.fields["link"]

        def back(account: int) -> list[int]:
            found = RecordLink.objects.filter(to_id=account, from_module=subject.key, field=key)
            return list(found.values_list("from_id", flat=True))

        assert (back(one), back(other)) == ([record], [])
        subject.do(Verb.EDIT, record, link=other).or_raise()
        assert (back(one), back(other)) == ([], [record])
        subject.do(Verb.EDIT, record, link=None).or_raise()
        assert (back(one), back(other)) == ([], [])

    def test_links_lead_to_what_is_there_and_may_be_seen(self, subject: Subject) -> None:
        account = self.account(subject)
        assert [problem.code for problem in subject.try_create(link=account + 999).problems] == ["not_found"]
        hidden = subject.try_create(actor=subject.company.cleo, link=account)
        assert [problem.code for problem in hidden.problems] == ["not_found"]

    def test_a_person_is_an_active_one(self, subject: Subject) -> None:
        ben = subject.company.ben
        assert subject.value(subject.create(user=ben.pk), "user") == ben.pk
        ben.is_active = False
        ben.save()
        outcome = subject.try_create(user=ben.pk)
        assert [problem.field for problem in outcome.problems] == [subject.fields["user"]]

    def test_criteria_go_over_the_link(self, subject: Subject) -> None:
        record = subject.create(link=self.account(subject))
        subject.create()
        path = f"{subject.fields['link']}.name"
        data = {"conditions": [{"field": path, "operator": "is", "value": "Isdom"}]}
        criteria = compile_criteria(data, subject.info)
        found = subject.info.rows().filter(criteria.q(Context(timezone.now())))
        assert list(found.values_list("pk", flat=True)) == [record]


CONDITIONS: list[tuple[str, str, Any]] = [
    ("text", "is", "straße 1"),
    ("text", "contains", "ss"),
    ("long_text", "contains", "LINES"),
    ("integer", "greater", 41),
    ("decimal", "is", "1.235"),
    ("money", "between", [1000, 2000]),
    ("percent", "less", 16),
    ("date", "before", "2026-03-01"),
    ("datetime", "after", "2026-02-28 09:00:00"),
    ("boolean", "is", True),
    ("picklist", "is_any_of", ["ordered", "here"]),
    ("multi_picklist", "contains_any", ["mouse"]),
    ("email", "ends_with", "example.com"),
    ("phone", "is_not_empty", None),
    ("url", "contains", "example"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "operator", "value"), CONDITIONS)
def test_criteria_mean_the_same_on_every_kind(subject: Subject, kind: str, operator: str, value: Any) -> None:
    record = subject.create(**{name: values[0] for name, values in VALUES.items()})
    subject.create(picklist="new")
    condition = {"field": subject.fields[kind], "operator": operator}
    if value is not None:
        condition["value"] = value
    criteria = compile_criteria({"conditions": [condition]}, subject.info)
    context = Context(timezone.now())
    in_sql = set(subject.info.rows().filter(criteria.q(context)).values_list("pk", flat=True))
    rows = read_records(subject.info, subject.info.rows().values_list("pk", flat=True))
    in_python = {pk for pk, row in rows.items() if criteria.matches(DictRow(row.values), context)}
    assert in_sql == in_python
    wanted = {record} if (kind, operator) != ("text", "contains") else in_python
    assert in_sql == wanted


@pytest.mark.django_db
class TestLife:
    """From making a record to deleting it for good."""

    def test_two_people_at_once_do_not_overwrite_each_other(self, subject: Subject) -> None:
        record = subject.create(text="first", integer=1)
        seen = subject.version(record)
        subject.do(Verb.EDIT, record, actor=subject.company.ben, text="Ben's").or_raise()
        stale = subject.do(Verb.EDIT, record, version=seen, text="Ada's")
        assert [(p.field, p.code) for p in stale.problems] == [(subject.fields["text"], "stale")]
        subject.do(Verb.EDIT, record, version=seen, integer=2).or_raise()
        assert (subject.value(record, "text"), subject.value(record, "integer")) == ("Ben's", 2)

    def test_the_bin_keeps_a_record_until_it_is_restored_or_purged(self, subject: Subject) -> None:
        record = subject.create(text="kept")
        subject.do(Verb.BIN, record).or_raise()
        assert visible_ids(subject.company.ada, subject.info, [record]) == set()
        assert not subject.do(Verb.EDIT, record, text="no").ok
        subject.do(Verb.RESTORE, record).or_raise()
        assert subject.value(record, "text") == "kept"
        subject.do(Verb.BIN, record).or_raise()
        subject.do(Verb.PURGE, record).or_raise()
        assert not subject.info.rows().filter(pk=record).exists()
        kinds = list(History.objects.filter(record_id=record).order_by("id").values_list("kind", flat=True))
        assert kinds == ["create", "bin", "restore", "bin", "purge"]

    def test_duplicates_are_merged_field_by_field(self, subject: Subject) -> None:
        winner, loser = (
            subject.create(text="old", integer=1),
            subject.create(text="new", email="a@example.com"),
        )
        add_note(subject.key, loser, "Called", actor=subject.company.ada)
        merge_records(
            subject.key, winner, [loser], {subject.fields["text"]: loser}, actor=subject.company.ada
        ).or_raise()
        held = [subject.value(winner, kind) for kind in ("text", "integer", "email")]
        assert held == ["new", 1, "a@example.com"]
        assert visible_ids(subject.company.ada, subject.info, [winner, loser]) == {winner}
        assert Note.objects.get(text="Called").record_id == winner


@pytest.mark.django_db
class TestVisibility:
    """Who sees and changes what."""

    def test_the_owner_and_superiors_see_it_and_strangers_do_not(self, subject: Subject) -> None:
        company = subject.company
        record = subject.create()
        seen = {
            person.name
            for person in (company.ada, company.ben, company.cleo)
            if visible_to(person, subject.info).filter(pk=record).exists()
        }
        assert seen == {"Ada Adler", "Ben Berg"}
        assert can(company.ben, "edit", subject.info, record)
        outcome = subject.do(Verb.EDIT, record, actor=company.cleo, text="no")
        assert [problem.code for problem in outcome.problems] == ["not_found"]
        with pytest.raises(DoorRefused):
            add_note(subject.key, record, "no", actor=company.cleo)

    @pytest.mark.parametrize(("sharing", "reads", "edits"), [
        (Sharing.PRIVATE, False, False), (Sharing.READ, True, False), (Sharing.EDIT, True, True),
    ])  # fmt: skip
    def test_the_sharing_default_opens_the_module(
        self, subject: Subject, sharing: str, reads: bool, edits: bool
    ) -> None:
        company = subject.company
        record = subject.create()
        row = Module.objects.get(key=subject.key)
        change_module(module=row, sharing=sharing, actor=company.admin)
        assert bool(visible_ids(company.cleo, subject.info, [record])) is reads
        assert can(company.cleo, "edit", subject.info, record) is edits
        assert subject.do(Verb.EDIT, record, actor=company.cleo, text="Cleo's").ok is edits

    def test_a_page_of_the_list_shows_what_the_person_may_see(self, subject: Subject) -> None:
        mine = subject.create()
        subject.create(actor=subject.company.cleo)
        rows = page(subject.company.ada, subject.info).rows
        assert [getattr(row, "pk", getattr(row, "id", row)) for row in rows] == [mine]

    def test_the_profile_closes_verbs_and_fields(self, subject: Subject) -> None:
        company = subject.company
        record = subject.create(integer=1)
        FieldRight.objects.create(profile=company.staff, field=subject.row("integer"), access="read")
        FieldRight.objects.create(profile=company.staff, field=subject.row("text"), access="hidden")
        forget_everything()
        access = fields_of(company.ada, subject.info)
        assert access[subject.fields["integer"]] is Access.READ
        assert access[subject.fields["text"]] is Access.HIDDEN
        outcome = subject.do(Verb.EDIT, record, integer=2)
        assert [(p.field, p.code) for p in outcome.problems] == [(subject.fields["integer"], "forbidden")]
        grant(company.staff, subject.key, "view", "edit")
        assert [p.code for p in subject.do(Verb.BIN, record).problems] == ["forbidden"]


def test_the_subjects_are_a_built_in_and_a_custom_module(company: Company, subject: Subject) -> None:
    assert subject.info.custom is (subject.key == "device_requests")
