"""Makes records without the door, for tests of what is below it."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone

from crm.door.reading import read_records
from crm.door.searching import rewrite_texts
from crm.models import GROUP_SHARES, USER_SHARES, SharingGroup, User
from crm.models.records import RecordQuerySet
from crm.modules.loading import module
from crm.modules.registry import ModuleInfo

_ids = count(1_000_001)


def make_rows(module_key: str, rows: list[Mapping[str, Any]]) -> list[Any]:
    """Inserts records of a module; what a row does not say is empty, and now."""
    info = module(module_key)
    now = timezone.now()
    usual: dict[str, Any] = {"created_at": now, "modified_at": now}
    if info.custom:
        usual["module"] = info.key
    objects = [info.model(**{"id": next(_ids)} | usual | dict(row)) for row in rows]
    made = super(RecordQuerySet, info.model._default_manager.all()).bulk_create(objects)
    rewrite_texts(info, list(read_records(info, [row.id for row in made]).values()))
    return made


def make_row(module_key: str, **values: Any) -> Any:
    """Inserts one record."""
    return make_rows(module_key, [values])[0]


def change_row(row: Any, **values: Any) -> None:
    """Changes columns of a record."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    super(RecordQuerySet, rows).update(**values)


def share_row(
    row: Any, *, user: User | None = None, group: SharingGroup | None = None, edit: bool = False
) -> None:
    """Shares a record with a person or a group, to read or to edit."""
    model = type(row)
    for action in ("view", "change") if edit else ("view",):
        permission = Permission.objects.get(
            codename=f"{action}_{model._meta.model_name}", content_type__app_label="crm"
        )
        if user is not None:
            USER_SHARES[model].objects.create(user=user, permission=permission, content_object=row)
        if group is not None:
            GROUP_SHARES[model].objects.create(group=group.group, permission=permission, content_object=row)


def leads() -> ModuleInfo:
    """The module that most tests use."""
    return module("leads")
