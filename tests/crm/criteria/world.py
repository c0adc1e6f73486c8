"""A configuration with every type of field in modules of both kinds, links in all directions, and people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Group
from django.db import models

from crm.criteria import DictRow, load_linked_values
from crm.models import CustomRecord, Field, Generation, Module, PicklistValue, Profile, Role, User
from crm.models.records import RecordQuerySet
from crm.modules.builtin import specs
from crm.modules.loading import clear_registry, module
from crm.modules.registry import FieldInfo, ModuleInfo

START = datetime(2024, 1, 1, tzinfo=UTC)
COLOURS = ("red", "green", "blue")
CUSTOM_FIELDS: dict[str, dict[str, Any]] = {
    "text": {"length": 255},
    "long_text": {},
    "email": {"length": 254},
    "phone": {"length": 40},
    "url": {"length": 500},
    "integer": {},
    "decimal": {"scale": 4},
    "money": {"scale": 2},
    "percent": {"scale": 2},
    "date": {},
    "datetime": {},
    "boolean": {},
    "picklist": {},
    "multi_picklist": {},
    "user": {},
}
LINKS = (  # module, key, target
    ("deals", "x_machine", "machines"),
    ("accounts", "x_site", "sites"),
    ("tasks", "x_deal", "deals"),
    ("machines", "account", "accounts"),
    ("machines", "site", "sites"),
    ("machines", "twin", "machines"),
    ("sites", "machine", "machines"),
)


def build_world() -> list[int]:
    """Makes modules `machines` and `sites`, custom fields and people; returns the people's ids."""
    for key in ("machines", "sites"):
        _custom_module(key)
    _custom_fields()
    Generation.objects.filter(pk=1).update(number=models.F("number") + 1)
    clear_registry()
    return _people()


def _custom_module(key: str) -> None:
    row = Module.objects.create(key=key, label=key[:-1].title(), label_plural=key.title())
    Field.objects.bulk_create(
        Field(
            module=row, key=name, label=str(spec.label), type=spec.type, builtin=True, system=spec.system,
            options=spec.options, default=spec.default,
        )
        for name, _columns, spec in specs(CustomRecord)
    )  # fmt: skip


def _custom_fields() -> None:
    """All in two statements, since every test does this."""
    modules = {row.key: row for row in Module.objects.all()}
    wanted = [
        (key, f"x_{kind}", kind, options)
        for key in ("machines", "deals", "accounts", "leads")
        for kind, options in CUSTOM_FIELDS.items()
    ]
    wanted += [(key, name, "link", {"module": target}) for key, name, target in LINKS]
    wanted.append(("deals", "x_number", "decimal", {"scale": 0}))
    fields = Field.objects.bulk_create(
        Field(
            module=modules[module_key], key=key, type=kind, options=options,
            label="My " + key.removeprefix("x_").replace("_", " ").title(),
        )
        for module_key, key, kind, options in wanted
    )  # fmt: skip
    PicklistValue.objects.bulk_create(
        PicklistValue(field=field, key=colour, label=colour.title())
        for field in fields
        if "picklist" in field.type
        for colour in COLOURS
    )


def _people() -> list[int]:
    profile = Profile.objects.create(
        key="sellers", name="Sellers", group=Group.objects.create(name="profile sellers")
    )
    role = Role.objects.create(key="north", name="North")
    people = [
        User(name="Ada Σ", email="ada@example.com", profile=profile, role=role),
        User(
            name="ben",
            email="ben@example.com",
            is_active=False,
            role=Role.objects.create(key="south", name="S"),
        ),
        User(name="İpek ß", email="ipek@example.com", profile=profile),
    ]
    return [user.pk for user in User.objects.bulk_create(people)]


def values_to_row(info: ModuleInfo, record_id: int, values: Mapping[str, Any]) -> Any:
    """A model instance as the database shall have it."""
    row = info.model(id=record_id, created_at=START, modified_at=START)
    if info.custom:
        row.module = info.key  # type: ignore[attr-defined]
    for key, value in values.items():
        field = info.field(key)
        if field.custom:
            if value is not None:
                row.custom[key] = field.type.store(value, field)
            continue
        for column, part in zip(field.columns, field.type.to_columns(value, field), strict=True):
            setattr(row, column, part)
    return row


def insert(info: ModuleInfo, records: Mapping[int, Mapping[str, Any]]) -> None:
    """Writes records past the door, which refuses everybody else."""
    rows = [values_to_row(info, record_id, values) for record_id, values in records.items()]
    super(RecordQuerySet, info.model.objects.all()).bulk_create(rows)


def custom_info(module_key: str, key: str) -> FieldInfo:
    """A field of the world."""
    return module(module_key).field(key)


def rows_of(info: ModuleInfo, paths: Any, records: Mapping[int, Mapping[str, Any]]) -> dict[int, DictRow]:
    """The records as criteria read them, with what they link to."""
    linked = load_linked_values(info, paths, records)
    return {record_id: DictRow(values, linked[record_id]) for record_id, values in records.items()}
