"""Claims about changing a field's type: everything is carried over, or nothing is changed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from crm.door import Change, Source, Verb, apply
from crm.door.reading import read_records
from crm.models import Field, History, Module
from crm.modules.field_editing import create_field, delete_field, purge_field
from crm.modules.loading import module
from crm.modules.problems import ModuleProblem
from crm.modules.retyping import change_field_type, try_field_type
from tests.modules import field_of
from tests.people import Company, limited_admin


def made(company: Company, kind: str, values: list[object], **given: Any) -> tuple[Field, list[int]]:
    """A field of leads, and leads that hold the values."""
    leads = Module.objects.get(key="leads")
    field = create_field(module=leads, label="Thing", type=kind, actor=company.admin, **given)
    changes = [Change(Verb.CREATE, "leads", values={"last_name": "M", "thing": value}) for value in values]
    return field, apply(changes, actor=company.ada, source=Source.PAGE).or_raise().ids


def values_of(ids: list[int]) -> list[object]:
    records = read_records(module("leads"), ids)
    return [records[record_id].values["thing"] for record_id in ids]


@pytest.mark.parametrize(
    ("kind", "values", "target", "expected"),
    [
        ("text", ["a", "b", None], "long_text", ["a", "b", None]),
        ("text", ["12", "7"], "integer", [12, 7]),
        ("text", ["1.5", "2"], "decimal", [Decimal("1.50"), Decimal("2.00")]),
        ("text", ["2026-02-28"], "date", [date(2026, 2, 28)]),
        ("text", ["a@example.com"], "email", ["a@example.com"]),
        ("text", ["example.com"], "url", ["https://example.com"]),
        ("integer", [12, -3], "decimal", [Decimal("12.00"), Decimal("-3.00")]),
        ("decimal", ["12.00"], "integer", [12]),
        ("decimal", ["12.34"], "percent", [Decimal("12.34")]),
        ("integer", [12], "text", ["12"]),
        ("decimal", ["1234.5"], "text", ["1234.50"]),
        ("boolean", [True, False], "text", ["yes", "no"]),
        ("date", ["2026-02-28"], "text", ["2026-02-28"]),
        ("email", ["a@example.com"], "text", ["a@example.com"]),
        ("datetime", ["2026-02-28 10:00+00:00"], "text", ["2026-02-28 10:00:00+00:00"]),
    ],
)
def test_safe_changes_carry_every_value_over(
    company: Company, kind: str, values: list[object], target: str, expected: list[object]
) -> None:
    field, ids = made(company, kind, values)
    change_field_type(field=field, type=target, actor=company.admin)
    assert module("leads").field("thing").type.key == target
    assert values_of(ids) == expected


@pytest.mark.parametrize(
    ("kind", "values", "target"),
    [
        ("text", ["12", "many"], "integer"),
        ("text", ["007"], "integer"),
        ("decimal", ["12.34"], "integer"),
        ("long_text", ["two\nlines"], "text"),
        ("text", ["nobody"], "email"),
        ("date", ["2026-02-28"], "datetime"),
        ("money", ["5"], "decimal"),
        ("boolean", [True], "picklist"),
    ],
)
def test_a_change_that_loses_something_changes_nothing(
    company: Company, kind: str, values: list[object], target: str
) -> None:
    field, ids = made(company, kind, values)
    before = values_of(ids)
    with pytest.raises(ModuleProblem) as refused:
        change_field_type(field=field, type=target, actor=company.admin)
    assert refused.value.field == "type"
    assert module("leads").field("thing").type.key == kind
    assert values_of(ids) == before


def test_a_trial_says_what_would_not_fit(company: Company) -> None:
    field, _ids = made(company, "text", ["12", "many", "more"])
    trial = try_field_type(field=field, type="integer")
    assert (trial.fitting, trial.refused, trial.ok) == (1, 2, False)
    assert trial.values == ["12", "many", "more"]


def test_a_text_becomes_a_picklist_of_its_values(company: Company) -> None:
    field, ids = made(company, "text", ["Red wine", "Beer", "Beer"])
    with pytest.raises(ModuleProblem, match="Beer"):
        change_field_type(field=field, type="picklist", choices=["Red wine"], actor=company.admin)
    change_field_type(field=field, type="picklist", choices=["Red wine", "Beer"], actor=company.admin)
    assert values_of(ids) == ["red_wine", "beer", "beer"]
    field.refresh_from_db()
    change_field_type(field=field, type="text", actor=company.admin)
    assert values_of(ids) == ["Red wine", "Beer", "Beer"]
    assert not field.values.exists()


def test_a_picklist_becomes_a_multi_picklist(company: Company) -> None:
    field, ids = made(company, "picklist", ["a1"], choices=[("a1", "A"), ("b1", "B")], default="a1")
    change_field_type(field=field, type="multi_picklist", actor=company.admin)
    assert values_of(ids) == [["a1"]]
    assert module("leads").field("thing").default == ["a1"]


def test_more_digits_are_safe_and_fewer_only_if_nothing_is_cut(company: Company) -> None:
    field, ids = made(company, "decimal", ["1.25"])
    change_field_type(field=field, type="decimal", options={"scale": 4}, actor=company.admin)
    assert values_of(ids) == [Decimal("1.2500")]
    field.refresh_from_db()
    with pytest.raises(ModuleProblem):
        change_field_type(field=field, type="decimal", options={"scale": 1}, actor=company.admin)


def test_records_in_the_bin_are_carried_over_too(company: Company) -> None:
    field, ids = made(company, "integer", [12])
    apply([Change(Verb.BIN, "leads", ids[0])], actor=company.admin, source=Source.PAGE).or_raise()
    assert change_field_type(field=field, type="text", actor=company.admin) == 1
    assert values_of(ids) == ["12"]


def test_the_history_tells_the_change_and_who_made_it(company: Company) -> None:
    field, ids = made(company, "decimal", ["1.5"])
    change_field_type(field=field, type="text", actor=company.admin)
    row = History.objects.filter(record_id=ids[0]).first()
    assert row is not None
    assert row.changes == {"thing": ["1.50", "1.50", None]}
    assert (row.actor, row.version) == (company.admin, 2)


def test_the_admin_is_the_cause_without_rights_on_the_records(company: Company) -> None:
    lena = limited_admin("manage_modules")
    field, ids = made(company, "integer", [12])
    before = read_records(module("leads"), ids)[ids[0]].values
    with time_machine.travel(before["modified_at"] + timedelta(hours=1), tick=False):
        change_field_type(field=field, type="text", actor=lena)
    row = History.objects.filter(record_id=ids[0]).first()
    assert row is not None
    assert (row.actor, row.cause.actor, row.cause.kind) == (lena, lena, "admin")
    after = read_records(module("leads"), ids)[ids[0]].values
    assert after["modified_by"] == lena.pk
    assert after["modified_at"] == before["modified_at"] + timedelta(hours=1)


def test_values_that_go_with_their_field_name_the_admin_too(company: Company) -> None:
    field, ids = made(company, "integer", [12])
    gone = delete_field(field=field, actor=company.admin, confirmed=True)
    assert purge_field(field=gone, actor=company.admin, now=timezone.now() + timedelta(days=31)) == 1
    row = History.objects.filter(record_id=ids[0]).first()
    assert row is not None
    assert (row.changes, row.actor, row.cause.kind) == ({"thing": [12, None, None]}, company.admin, "admin")


def test_built_in_fields_keep_their_type(company: Company) -> None:
    leads = Module.objects.get(key="leads")
    with pytest.raises(ModuleProblem, match="keeps its type"):
        change_field_type(field=field_of(leads, "company"), type="long_text", actor=company.admin)
