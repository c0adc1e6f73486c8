"""Writes what the code declares into the configuration tables, and never over what an admin changed."""

from __future__ import annotations

from time import time_ns
from typing import Any

from django.utils.translation import override

from crm.models import Currency, CustomRecord, Field, Generation, Module, PicklistValue, Record, Section
from crm.models.columns import Spec
from crm.modules.builtin import BUILTIN_MODULES, SECTIONS, BuiltinModule, specs

LAST = ("currency", "owner", "tags")  # what every record has, below what it is about


def seed_builtin_modules(using: str) -> None:
    """Adds missing built-in modules, sections, fields and picklist values; safe to call again."""
    with override("en"):
        added = [_seed_module(using, declared, place) for place, declared in enumerate(BUILTIN_MODULES, 1)]
        made = Module.objects.using(using).filter(builtin=False)
        added += [seed_fields(using, module, CustomRecord) for module in made]
        if not Currency.objects.using(using).exists():
            Currency.objects.using(using).create(code="EUR", company=True)
        generation, created = Generation.objects.using(using).get_or_create(pk=1)
        if any(added) and not created:
            generation.number = max(generation.number + 1, time_ns() // 1000)
            generation.save(using=using)


def _seed_module(using: str, declared: BuiltinModule, place: int) -> bool:
    """Adds one module's missing rows; tells whether there were any."""
    module, _created = Module.objects.using(using).get_or_create(
        key=declared.key,
        defaults={
            "label": str(declared.label),
            "label_plural": str(declared.label_plural),
            "builtin": True,
            "position": place * 10,
        },
    )
    return seed_fields(using, module, declared.model, name_is_derived=declared.name_is_derived)


def seed_fields(using: str, module: Module, model: type[Record], *, name_is_derived: bool = False) -> bool:
    """Adds the fields that the model declares and the module lacks; tells whether there were any."""
    known = set(module.fields.using(using).values_list("key", flat=True))
    declared = [(key, spec) for key, _columns, spec in specs(model) if key not in known]
    missing = _in_order(declared)
    if not missing:
        return False
    sections = _seed_sections(using, module, {spec.section for _key, spec in missing})
    fields = Field.objects.using(using).bulk_create(
        Field(
            module=module,
            position=(len(known) + place) * 10,
            **_field_values(key, spec, sections, derived=key == "name" and name_is_derived),
        )
        for place, (key, spec) in enumerate(missing, 1)
    )
    _seed_values(using, fields, [spec for _key, spec in missing])
    return True


def _in_order(declared: list[tuple[str, Spec]]) -> list[tuple[str, Spec]]:
    """What the record is about comes first; the currency stands before the first amount that it is of."""
    common = {key: (key, spec) for key, spec in declared if key in LAST}
    ordered = [pair for pair in declared if pair[0] not in common]
    amounts = [
        place for place, (_key, spec) in enumerate(ordered) if spec.type == "money" and not spec.system
    ]
    if "currency" in common and amounts:
        ordered.insert(amounts[0], common.pop("currency"))
    return ordered + [common[key] for key in LAST if key in common]


def seed_declared(module: Module, model: type[Record]) -> None:
    """Adds what every record of the model has to a module that somebody has just made."""
    with override("en"):
        seed_fields(str(module._state.db), module, model)


def _seed_sections(using: str, module: Module, keys: set[str]) -> dict[str, Section]:
    return {
        key: Section.objects.using(using).get_or_create(
            module=module, key=key, defaults={"label": str(label), "position": place * 10}
        )[0]
        for place, (key, label) in enumerate(SECTIONS, 1)
        if key in keys
    }


def _field_values(key: str, spec: Spec, sections: dict[str, Section], *, derived: bool) -> dict[str, Any]:
    return {
        "key": key,
        "label": str(spec.label),
        "type": spec.type,
        "builtin": True,
        "system": spec.system or derived,
        "required": spec.required and not derived,
        "searched": spec.searched,
        "sorted": spec.sorted,
        "default": spec.default,
        "options": spec.options,
        "section": sections[spec.section],
    }


def _seed_values(using: str, fields: list[Field], declared: list[Spec]) -> None:
    PicklistValue.objects.using(using).bulk_create(
        PicklistValue(
            field=field,
            key=choice[0],
            label=str(choice[1]),
            attributes=choice[2] if len(choice) > 2 else {},
            position=place * 10,
        )
        for field, spec in zip(fields, declared, strict=True)
        for place, choice in enumerate(spec.choices, 1)
    )
