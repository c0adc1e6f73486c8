"""Claims about making, changing and deleting modules."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import override

from crm.door import Change, Source, Verb, apply
from crm.fields import FIELD_TYPES
from crm.models import ConfigurationChange, CustomRecord, Module, ModuleRight, Sharing
from crm.modules.editing import change_module, create_module, delete_module, purge_module, restore_module
from crm.modules.loading import module, registry
from crm.modules.problems import InUse, ModuleProblem
from crm.modules.registry import UnknownModule
from tests.people import Company


def change(verb: Verb, record_id: int | None = None, **values: object) -> Change:
    return Change(verb, "device_requests", record_id, values)


def create(company: Company, **values: object) -> int:
    given = {"name": "Laptop", **values}
    outcome = apply([change(Verb.CREATE, **given)], actor=company.ada, source=Source.PAGE).or_raise()
    return outcome.ids[0]


def test_a_new_module_can_hold_records_at_once(company: Company) -> None:
    made = create_module(label="Student", label_plural="Students", actor=company.admin)
    assert made.key == "students"
    info = module("students")
    assert info.custom
    assert {"name", "owner", "tags", "created_at", "modified_by"} <= set(info.fields)
    change = Change(Verb.CREATE, "students", values={"name": "Zoë"})
    outcome = apply([change], actor=company.admin, source=Source.PAGE).or_raise()
    assert info.rows().get().id == outcome.ids[0]


def test_a_custom_module_with_every_field_type_reads_like_a_built_in_one(device_requests: Module) -> None:
    info = module("device_requests")
    types = {field.type.key for field in info.fields.values()}
    assert {key for key, kind in FIELD_TYPES.items() if kind.custom} <= types
    assert info.field("account").target == "accounts"
    assert info.field("account") in info.link_fields
    assert info.field("price") in info.money_fields
    assert info.field("price_base").options["base_of"] == "price"
    assert list(info.field("status").choices) == ["new", "ordered", "here"]
    assert info.sections[0].key == "details"
    assert info.label_plural == "Device requests"


def test_publishing_a_module_creates_its_permissions_and_the_managers_rights(company: Company) -> None:
    create_module(label="Student", label_plural="Students", actor=company.admin)
    assert ModuleRight.objects.get(profile=company.admins, module__key="students").can_delete
    assert not ModuleRight.objects.filter(profile=company.staff, module__key="students").exists()
    company.admin.is_superuser = False
    company.admin.save()
    company.admin.groups.add(company.admins.group)
    fresh = type(company.admin).objects.get(pk=company.admin.pk)
    assert fresh.has_perm("crm.view_students")
    assert not company.ada.has_perm("crm.view_students")


def test_only_who_manages_modules_makes_them(company: Company) -> None:
    with pytest.raises(PermissionDenied):
        create_module(label="Student", label_plural="Students", actor=company.ada)
    assert not Module.objects.filter(key="students").exists()


@pytest.mark.parametrize("key", ["leads", "lead", "admin", "Big", "x", "ends_"])
def test_a_key_that_is_taken_or_malformed_is_refused(company: Company, key: str) -> None:
    with pytest.raises(ModuleProblem) as refused:
        create_module(label="A", label_plural="B", key=key, actor=company.admin)
    assert refused.value.field == "key"


def test_keys_are_made_of_labels_in_any_script(company: Company) -> None:
    def key(label: str) -> str:
        return create_module(label=label, label_plural=label, actor=company.admin).key

    assert key("Größen & Maße") == "grossen_masse"
    assert key("Größen - Maße") == "grossen_masse_2"
    assert key("设备").startswith("module")


def test_labels_are_per_language(company: Company) -> None:
    made = create_module(
        label="Student",
        label_plural="Students",
        labels={"de": ["Schülerin", "Schülerinnen"]},
        actor=company.admin,
    )
    with override("de"):
        assert module(made.key).label_plural == "Schülerinnen"
    with override("fr"):
        assert module(made.key).label_plural == "Students"
    with pytest.raises(ModuleProblem, match="Translations"):
        change_module(module=made, labels={"de": "Schüler"}, actor=company.admin)  # type: ignore[typeddict-item]


def test_a_change_takes_effect_at_once_and_is_journalled(company: Company) -> None:
    leads = Module.objects.get(key="leads")
    before = registry().generation
    change_module(module=leads, label_plural="Prospects", sharing=Sharing.READ, actor=company.admin)
    assert module("leads").label_plural == "Prospects"
    assert registry().generation > before
    entry = ConfigurationChange.objects.first()
    assert entry is not None
    assert (entry.kind, entry.key, entry.actor) == ("module", "leads", company.admin)
    assert (entry.before["sharing"], entry.after["sharing"]) == ("private", "read")


def test_a_change_that_changes_nothing_is_not_journalled(company: Company) -> None:
    leads = Module.objects.get(key="leads")
    before = ConfigurationChange.objects.count()
    change_module(module=leads, label_plural=leads.label_plural, actor=company.admin)
    assert ConfigurationChange.objects.count() == before


def test_built_in_modules_stay(company: Company) -> None:
    with pytest.raises(ModuleProblem, match="built in"):
        delete_module(module=Module.objects.get(key="leads"), confirmed=True, actor=company.admin)


def test_deleting_a_module_says_what_it_holds_and_keeps_it(device_requests: Module, company: Company) -> None:
    record = create(company)
    with pytest.raises(InUse) as refused:
        delete_module(module=device_requests, actor=company.admin)
    assert not refused.value.blocked
    assert "1 record" in refused.value.message
    delete_module(module=device_requests, confirmed=True, actor=company.admin)
    with pytest.raises(UnknownModule):
        module("device_requests")
    assert CustomRecord.objects.filter(pk=record).exists()
    restore_module(module=device_requests, actor=company.admin)
    assert module("device_requests").rows().get().pk == record


def test_a_module_that_links_lead_to_is_not_deleted(device_requests: Module, company: Company) -> None:
    from crm.modules.field_editing import create_field

    leads = Module.objects.get(key="leads")
    options = {"module": "device_requests"}
    create_field(module=leads, label="Device", type="link", options=options, actor=company.admin)
    with pytest.raises(InUse) as refused:
        delete_module(module=device_requests, confirmed=True, actor=company.admin)
    assert refused.value.blocked
    assert "link field “Device”" in refused.value.message


def test_purging_waits_30_days_and_for_the_last_record(device_requests: Module, company: Company) -> None:
    create(company)
    delete_module(module=device_requests, confirmed=True, actor=company.admin)
    with pytest.raises(ModuleProblem, match="kept until"):
        purge_module(module=device_requests, actor=company.admin)
    later = timezone.now() + timedelta(days=31)
    with pytest.raises(ModuleProblem, match="1 records"):
        purge_module(module=device_requests, actor=company.admin, now=later)
    empty = create_module(label="Student", label_plural="Students", actor=company.admin)
    delete_module(module=empty, confirmed=True, actor=company.admin)
    purge_module(module=empty, actor=company.admin, now=later)
    assert not Module.objects.filter(key="students").exists()
