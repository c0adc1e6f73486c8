"""Claims about making, changing and deleting fields, and about the layout."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from crm.door import Change, Source, Verb, apply
from crm.door.reading import read_records
from crm.models import ConfigurationChange, Field, FieldRight, History, IndexState, Module, Section
from crm.modules.field_editing import change_field, create_field, delete_field, purge_field, restore_field
from crm.modules.layout import arrange, change_section, create_section, delete_section, layout_document
from crm.modules.loading import module
from crm.modules.problems import InUse, ModuleProblem
from tests.modules import field_of
from tests.people import Company


@pytest.fixture
def leads(company: Company) -> Module:
    return Module.objects.get(key="leads")


def lead(company: Company, **values: object) -> int:
    change = Change(Verb.CREATE, "leads", values={"last_name": "Meier", **values})
    return apply([change], actor=company.ada, source=Source.PAGE).or_raise().ids[0]


def value(record_id: int, key: str) -> object:
    return read_records(module("leads"), [record_id])[record_id].values[key]


def test_a_new_field_takes_values_at_once(leads: Module, company: Company) -> None:
    field = create_field(module=leads, label="Shoe size", type="decimal", actor=company.admin)
    assert (field.key, field.options) == ("shoe_size", {"scale": 2})
    assert value(lead(company, shoe_size="42.5"), "shoe_size") == Decimal("42.50")


def test_a_field_key_is_never_taken_twice_even_from_a_field_that_is_off(
    leads: Module, company: Company
) -> None:
    first = create_field(module=leads, label="Size", type="integer", actor=company.admin)
    delete_field(field=first, actor=company.admin)
    assert create_field(module=leads, label="Size", type="text", actor=company.admin).key == "size_2"
    with pytest.raises(ModuleProblem) as refused:
        create_field(module=leads, label="Size", key="size", type="text", actor=company.admin)
    assert refused.value.field == "key"
    assert create_field(module=leads, label="Version", type="text", actor=company.admin).key == "version_2"


def test_a_money_field_has_its_amount_in_company_currency(leads: Module, company: Company) -> None:
    create_field(module=leads, label="Budget", type="money", actor=company.admin)
    record = lead(company, budget="100")
    assert value(record, "budget_base") == Decimal("100.00")
    twin = Field.objects.get(module=leads, key="budget_base")
    with pytest.raises(ModuleProblem, match="comes with"):
        delete_field(field=twin, actor=company.admin)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"type": "lines"}, "type"),
        ({"type": "nonsense"}, "type"),
        ({"type": "decimal", "options": {"scale": 9}}, "options"),
        ({"type": "text", "options": {"colour": "red"}}, "options"),
        ({"type": "link"}, "options"),
        ({"type": "link", "options": {"module": "nowhere"}}, "options"),
        ({"type": "picklist"}, "choices"),
        ({"type": "text", "choices": ["a"]}, "choices"),
        ({"type": "boolean", "unique": True}, "unique"),
        ({"type": "long_text", "sorted": True}, "sorted"),
        ({"type": "integer", "searched": True}, "searched"),
        ({"type": "boolean", "required": True}, "required"),
        ({"type": "integer", "default": "many"}, "default"),
        ({"type": "picklist", "choices": ["a", "b"], "default": "c"}, "default"),
        ({"type": "text", "labels": {"xx": "?"}}, "labels"),
        ({"type": "text", "label": " "}, "label"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(
    leads: Module, company: Company, given: dict[str, object], wrong: str
) -> None:
    before = Field.objects.count()
    with pytest.raises(ModuleProblem) as refused:
        create_field(module=leads, actor=company.admin, **{"label": "New", **given})  # type: ignore[arg-type]
    assert refused.value.field == wrong
    assert Field.objects.count() == before


def test_a_flag_asks_the_job_for_an_index(leads: Module, company: Company) -> None:
    field = create_field(module=leads, label="Size", type="integer", actor=company.admin)
    assert field.index_state == IndexState.NONE
    changed = change_field(field=field, sorted=True, actor=company.admin)
    assert changed.index_state == IndexState.WAITING


def test_a_field_with_doubles_does_not_become_unique(leads: Module, company: Company) -> None:
    field = create_field(module=leads, label="Code", type="text", actor=company.admin)
    lead(company, code="A1"), lead(company, code="A1"), lead(company, code="B2")
    with pytest.raises(ModuleProblem, match="A1") as refused:
        change_field(field=field, unique=True, actor=company.admin)
    assert refused.value.field == "unique"


def test_doubles_that_differ_only_in_case_are_doubles(leads: Module, company: Company) -> None:
    field = create_field(module=leads, label="Code", type="text", actor=company.admin)
    lead(company, code="A1"), lead(company, code="a1")
    with pytest.raises(ModuleProblem, match=r"[aA]1"):
        change_field(field=field, unique=True, actor=company.admin)


def test_built_in_fields_are_relabelled_and_made_required_but_not_loosened(
    leads: Module, company: Company
) -> None:
    company_field = field_of(leads, "company")
    change_field(
        field=company_field,
        label="Firm",
        labels={"de": "Firma"},
        help="As on the invoice",
        required=True,
        actor=company.admin,
    )
    assert module("leads").field("company").label == "Firm"
    assert module("leads").field("company").required
    with pytest.raises(ModuleProblem, match="always required"):
        change_field(field=field_of(leads, "last_name"), required=False, actor=company.admin)
    with pytest.raises(ModuleProblem, match="kept by the system"):
        change_field(field=field_of(leads, "created_at"), required=True, actor=company.admin)
    with pytest.raises(ModuleProblem, match="comes with Signalbox"):
        delete_field(field=company_field, confirmed=True, actor=company.admin)


def test_deleting_a_field_says_where_it_is_used_and_keeps_the_values(leads: Module, company: Company) -> None:
    field = create_field(module=leads, label="Size", type="integer", actor=company.admin)
    record = lead(company, size=42)
    FieldRight.objects.create(profile=company.staff, field=field, access="read")
    with pytest.raises(InUse) as refused:
        delete_field(field=field, actor=company.admin)
    assert {usage.kind for usage in refused.value.usages} == {"records", "right"}
    delete_field(field=field, confirmed=True, actor=company.admin)
    assert "size" not in module("leads").fields
    apply([Change(Verb.EDIT, "leads", record, {"company": "X"})], actor=None, source=Source.PAGE).or_raise()
    restore_field(field=field, actor=company.admin)
    assert value(record, "size") == 42


def test_purging_a_field_waits_30_days_and_leaves_the_history(leads: Module, company: Company) -> None:
    field = create_field(module=leads, label="Size", type="integer", actor=company.admin)
    record = lead(company, size=42)
    delete_field(field=field, confirmed=True, actor=company.admin)
    with pytest.raises(ModuleProblem, match="kept until"):
        purge_field(field=field, actor=company.admin)
    later = timezone.now() + timedelta(days=31)
    assert purge_field(field=field, actor=company.admin, now=later) == 1
    stored = read_records(module("leads"), [record])[record]
    assert (stored.custom, stored.version) == ({}, 2)
    row = History.objects.filter(record_id=record).first()
    assert row is not None
    assert row.changes == {"size": [42, None, None]}
    assert "Size" in row.cause.label
    entry = ConfigurationChange.objects.first()
    assert entry is not None
    assert (entry.kind, entry.key, entry.what) == ("field", "leads.size", "deleted")


def test_only_who_manages_modules_changes_fields(leads: Module, company: Company) -> None:
    with pytest.raises(PermissionDenied):
        change_field(field=field_of(leads, "company"), label="Firm", actor=company.ben)
    with pytest.raises(PermissionDenied):
        create_field(module=leads, label="Size", type="integer", actor=company.ben)


def test_a_layout_is_arranged_as_a_whole(leads: Module, company: Company) -> None:
    section = create_section(module=leads, label="Very important", actor=company.admin)
    layout = layout_document(leads)
    layout["details"].remove("company")
    layout = {"very_important": ["company"], **{key: layout[key] for key in layout if key != section.key}}
    arrange(module=leads, layout=layout, actor=company.admin)
    info = module("leads")
    assert info.sections[0].label == "Very important"
    assert next(iter(info.fields)) == "company"
    layout["details"].append("nonsense")
    with pytest.raises(ModuleProblem, match="nonsense"):
        arrange(module=leads, layout=layout, actor=company.admin)


def test_a_section_with_fields_names_where_they_go(leads: Module, company: Company) -> None:
    address = Section.objects.get(module=leads, key="address")
    details = Section.objects.get(module=leads, key="details")
    change_section(section=address, label="Where", actor=company.admin)
    assert "Where" in [section.label for section in module("leads").sections]
    with pytest.raises(ModuleProblem, match="5 fields"):
        delete_section(section=address, actor=company.admin)
    assert delete_section(section=address, into=details, actor=company.admin) == 5
    assert module("leads").field("city").section == "details"
