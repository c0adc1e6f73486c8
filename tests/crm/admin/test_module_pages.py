"""Claims about the pages of modules, fields, values, currencies and the journal."""

from django.test import Client
from django.urls import reverse

from crm.models import ConfigurationChange, Currency, ExchangeRate, Field, Module, PicklistValue, Section
from crm.modules.field_editing import delete_field
from crm.modules.loading import module
from tests.crm.admin.test_people_pages import formset
from tests.modules import field_of
from tests.people import Company
from tests.rows import make_row

LANGUAGES = {f"labels_de_{place}": "" for place in (0, 1)}


def add(client: Client, name: str, **data: object) -> int:
    return client.post(reverse(f"admin:crm_{name}_add"), data).status_code


def test_a_module_and_its_first_field_are_made(admin_client: Client, company: Company) -> None:
    names = {"labels_de_0": "Schülerin", "labels_de_1": "Schülerinnen"}
    status = add(
        admin_client, "module", label="Student", label_plural="Students", sharing="read", position=5, **names
    )
    assert status == 302
    made = Module.objects.get(key="students")
    assert made.labels == {"de": ["Schülerin", "Schülerinnen"]}
    status = add(
        admin_client,
        "field",
        module=made.pk,
        label="Grade",
        type="picklist",
        choices="A\nB\n\nC",
        default="B",
        labels_de_0="Note",
    )
    assert status == 302
    info = module("students").field("grade")
    assert [choice.label for choice in info.choices.values()] == ["A", "B", "C"]
    assert (info.default, info.labels) == ("b", {"de": "Note"})


def test_what_the_service_refuses_is_shown_beside_the_field(admin_client: Client, company: Company) -> None:
    leads = Module.objects.get(key="leads")
    data = {"module": leads.pk, "label": "Size", "type": "integer", "default": "many"}
    response = admin_client.post(reverse("admin:crm_field_add"), data)
    assert response.status_code == 422
    assert "default" in response.context["adminform"].form.errors
    assert "Size" in response.content.decode()
    assert not Field.objects.filter(label="Size").exists()


def test_a_module_page_changes_names_sections_and_the_order_of_fields(
    admin_client: Client, company: Company, device_requests: Module
) -> None:
    info = module("device_requests")
    section = Section.objects.get(module=device_requests, key="details")
    fields = list(
        Field.objects.filter(module=device_requests, active=True).order_by(
            "section__position", "position", "id"
        )
    )
    rows = [
        {
            "id": field.pk,
            "module": device_requests.pk,
            "label": "Serial number" if field.key == "serial" else field.label,
            "section": field.section_id or "",
            "position": 1 if field.key == "serial" else field.position,
            **({"required": "on"} if field.required else {}),
        }
        for field in fields
    ]
    sections = list(device_requests.sections.all())
    stored = [
        {"id": one.pk, "module": device_requests.pk, "label": one.label, "position": one.position}
        for one in sections
    ]
    data = {"label": "Device request", "label_plural": "Devices wanted", "sharing": "edit", "position": 7}
    data |= formset("fields", *rows, stored=len(rows))
    data |= formset("sections", *stored, {"label": "Delivery", "position": 99}, stored=len(stored))
    response = admin_client.post(reverse("admin:crm_module_change", args=[device_requests.pk]), data)
    assert response.status_code == 302
    changed = module("device_requests")
    assert (changed.label_plural, changed.sharing) == ("Devices wanted", "edit")
    assert next(iter(changed.fields)) == "serial"
    assert changed.field("serial").label == "Serial number"
    assert "Delivery" in [one.label for one in changed.sections]
    assert section.key in [one.key for one in info.sections]
    whats = set(ConfigurationChange.objects.values_list("kind", "key", "what"))
    assert ("field", "device_requests.serial", "changed") in whats
    assert ("section", "device_requests/delivery", "created") in whats


def test_deleting_a_field_says_what_is_lost_and_can_be_undone(
    admin_client: Client, company: Company, device_requests: Module
) -> None:
    make_row("device_requests", name="Laptop", custom={"pieces": 3})
    field = field_of(device_requests, "pieces")
    address = reverse("admin:crm_field_switch_off", args=[field.pk])
    asked = admin_client.get(address).content.decode()
    assert "Device requests: 1 record" in asked
    assert "kept" in asked
    assert admin_client.post(address, {}).status_code == 422
    assert admin_client.post(address, {"confirmed": "on"}).status_code == 302
    assert "pieces" not in module("device_requests").fields
    assert admin_client.post(reverse("admin:crm_field_switch_on", args=[field.pk])).status_code == 302
    assert "pieces" in module("device_requests").fields


def test_a_type_is_changed_or_says_what_does_not_fit(
    admin_client: Client, company: Company, device_requests: Module
) -> None:
    make_row("device_requests", name="Laptop", custom={"reason": "broken"})
    field = field_of(device_requests, "reason")
    address = reverse("admin:crm_field_change_type", args=[field.pk])
    assert "1 record has a value" in admin_client.get(address).content.decode()
    refused = admin_client.post(address, {"type": "integer"})
    assert refused.status_code == 422
    assert "Enter a number" in refused.content.decode()
    assert admin_client.post(address, {"type": "text"}).status_code == 302
    assert module("device_requests").field("reason").type.key == "text"


def test_a_value_gets_a_replacement(admin_client: Client, company: Company, device_requests: Module) -> None:
    row = make_row("device_requests", name="Laptop", custom={"status": "ordered"})
    field = field_of(device_requests, "status")
    ordered, here = (PicklistValue.objects.get(field=field, key=key) for key in ("ordered", "here"))
    address = reverse("admin:crm_field_delete_value", args=[field.pk, ordered.pk])
    assert "1 record" in admin_client.get(address).content.decode()
    refused = admin_client.post(address, {"replacement": ""})
    assert refused.status_code == 422
    assert admin_client.post(address, {"replacement": here.pk}).status_code == 302
    row.refresh_from_db()
    assert row.custom["status"] == "here"


def test_values_are_edited_on_the_field_page(
    admin_client: Client, company: Company, device_requests: Module
) -> None:
    field = field_of(device_requests, "extras")
    values = list(field.values.all())
    rows = [
        {
            "id": value.pk,
            "field": field.pk,
            "label": f"{value.label}!",
            "attributes": "{}",
            "position": value.position,
            "active": "on",
        }
        for value in values
    ]
    new = {"label": "Screen", "attributes": '{"open": true}', "position": 5, "active": "on"}
    data = {"label": "Extras", "default": "", "help": "What else?", "section": field.section_id}
    data |= {"position": field.position, **formset("values", *rows, new, stored=len(rows))}
    assert admin_client.post(reverse("admin:crm_field_change", args=[field.pk]), data).status_code == 302
    info = module("device_requests").field("extras")
    assert info.help == "What else?"
    assert [choice.label for choice in info.choices.values()] == ["Screen", "Bag!", "Mouse!"]
    assert info.choices["screen"].attributes == {"open": True}


def test_a_module_is_switched_off_and_on(
    admin_client: Client, company: Company, device_requests: Module
) -> None:
    make_row("device_requests", name="Laptop")
    off = reverse("admin:crm_module_switch_off", args=[device_requests.pk])
    assert "1 record" in admin_client.get(off).content.decode()
    assert admin_client.post(off, {"confirmed": "on"}).status_code == 302
    assert not Module.objects.get(pk=device_requests.pk).active
    purge = reverse("admin:crm_module_purge", args=[device_requests.pk])
    assert "kept until" in admin_client.post(purge, {"confirmed": "on"}).content.decode()
    on = reverse("admin:crm_module_switch_on", args=[device_requests.pk])
    assert admin_client.post(on).status_code == 302
    assert "device_requests" in str(module("device_requests").key)


def test_currencies_and_rates_are_kept(admin_client: Client, company: Company) -> None:
    assert add(admin_client, "currency", code="usd", decimals=2, active="on") == 302
    assert Currency.objects.get(code="USD").active
    assert add(admin_client, "currency", code="dollars", decimals=2, active="on") == 200
    assert add(admin_client, "exchangerate", currency="USD", day="2026-01-01", rate="0.9") == 302
    assert ExchangeRate.objects.get().rate > 0
    assert add(admin_client, "exchangerate", currency="EUR", day="2026-01-01", rate="1") == 422
    assert add(admin_client, "exchangerate", currency="USD", day="2026-01-02", rate="-1") in (200, 422)
    assert set(ConfigurationChange.objects.values_list("kind", flat=True)) >= {"currency", "rate"}


def test_the_journal_tells_what_is_different(
    admin_client: Client, company: Company, device_requests: Module
) -> None:
    delete_field(field=field_of(device_requests, "pieces"), actor=company.admin)
    entry = ConfigurationChange.objects.get(key="device_requests.pieces", what="switched off")
    page = admin_client.get(reverse("admin:crm_configurationchange_change", args=[entry.pk])).content.decode()
    assert "<b>active</b>: true → false" in page
    assert "Dana Admin" in page
