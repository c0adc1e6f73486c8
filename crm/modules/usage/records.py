"""Records that hold a field's values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import ngettext

from crm.models import Field, Module
from crm.modules.loading import field_info, model_of
from crm.modules.registry import FieldInfo
from crm.modules.usage.base import Subject, Usage, register_usage


def rows_of(module: Module) -> Any:
    """All rows of a module, switched off or not, also those in the bin."""
    rows = model_of(module)._default_manager.all()
    return rows if module.builtin else rows.filter(module=module.key)


def rows_with(field: Field) -> Any:
    """The rows that hold a value of the field."""
    info = field_info(field)
    rows = rows_of(field.module)
    if info.columns:
        return rows.exclude(**{f"{info.columns[0]}__isnull": True})
    return rows.filter(custom__has_key=info.key)


def path_of(info: FieldInfo) -> str:
    """Where the database keeps a field's value, as a lookup."""
    return info.columns[0] if info.columns else f"custom__{info.key}"


def ids_with_value(field: Field, key: str, *, binned: bool) -> list[int]:
    """The ids of the rows that hold a picklist value, alone or among others."""
    info, path = field_info(field), path_of(field_info(field))
    rows = rows_of(field.module).filter(binned_at__isnull=not binned).order_by("id")
    if info.type.family == "choice":
        return list(rows.filter(**{path: key}).values_list("id", flat=True))
    # The database narrows by text, which also finds "Hot" for "hot"; the list decides.
    near = rows.filter(**{f"{path}__icontains": f'"{key}"'}).values_list("id", path)
    return [record_id for record_id, values in near.iterator(2000) if key in (values or ())]


def _found(subject: Subject) -> Field | None:
    fields = Field.objects.select_related("module", "section").prefetch_related("values")
    return fields.filter(module__key=subject.module, key=subject.field).first()


@register_usage
def records(subject: Subject) -> Iterable[Usage]:
    """How many records there are, or hold the field or value."""
    count = _count(subject)
    if count:
        name = ngettext("%(count)s record", "%(count)s records", count) % {"count": count}
        module = Module.objects.get(key=subject.module)
        yield Usage("records", name, module.label_plural)


def _count(subject: Subject) -> int:
    if subject.field is None:
        return int(rows_of(Module.objects.get(key=subject.module)).count())
    field = _found(subject)
    if field is None:
        return 0
    if subject.value is None:
        return int(rows_with(field).count())
    return sum(len(ids_with_value(field, subject.value, binned=binned)) for binned in (False, True))


def linked_to(module: Module) -> Q:
    """Active link fields that point at the module's records."""
    return Q(type="link", options__module=module.key, active=True)
