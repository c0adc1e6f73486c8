"""Names of people and records, for sentences and explanations."""

from __future__ import annotations

from typing import Any

from crm.fields.links import Ref
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo


def person_id(email: str) -> int | None:
    """The id of the person with that address."""
    return User.objects.filter(email=email.strip().lower()).values_list("pk", flat=True).first()


def person_email(user_id: int) -> str | None:
    """The address of the person with that id."""
    return User.objects.filter(pk=user_id).values_list("email", flat=True).first()


def shown(value: Any, field: FieldInfo) -> str:
    """The name of a person or record, or its number where it has none; one query."""
    if value is None:
        return ""
    reference = value if isinstance(value, Ref) else Ref(field.target or "", value)
    if field.type.family == "user":
        rows: Any = User.objects.all()
    else:
        module = registry().modules.get(reference.module)
        rows = module.rows() if module else User.objects.none()
    return rows.filter(pk=reference.id).values_list("name", flat=True).first() or f"#{reference.id}"
