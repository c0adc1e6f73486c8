"""What criteria can ask of a person, such as the owner: name, e-mail, active, role and profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from crm.criteria.virtual import made_up
from crm.models import Profile, Role
from crm.modules.registry import Choice, FieldInfo


def _choices(model: type[Role] | type[Profile]) -> Callable[[], Mapping[str, Choice]]:
    def read() -> Mapping[str, Choice]:
        rows = model._default_manager.order_by("name").values_list("key", "name")
        return {key: Choice(key, name, {}, {}, active=True, builtin=False) for key, name in rows}

    return read


@dataclass(frozen=True)
class PersonField:
    """One thing about a person; `column` is its lookup from the table of people."""

    key: str
    label: str | Promise
    type: str
    column: str
    choices: Callable[[], Mapping[str, Choice]] | None = None

    def info(self) -> FieldInfo:
        """The field as the registry would describe it; choices are read when somebody looks at them."""
        choices: Any = SimpleLazyObject(self.choices) if self.choices else None
        return made_up("", self.key, self.type, self.label, choices=choices)


PERSON_FIELDS: dict[str, PersonField] = {
    field.key: field
    for field in (
        PersonField("name", _("Name"), "text", "name"),
        PersonField("email", _("E-mail"), "text", "email"),
        PersonField("active", _("Active"), "boolean", "is_active"),
        PersonField("role", _("Role"), "picklist", "role__key", _choices(Role)),
        PersonField("profile", _("Profile"), "picklist", "profile__key", _choices(Profile)),
    )
}


def person_values(ids: set[int]) -> dict[int, dict[str, Any]]:
    """Everything about these people, by id; one query."""
    from crm.models import User

    columns = {field.column: field.key for field in PERSON_FIELDS.values()}
    rows = User.objects.filter(pk__in=ids).values("pk", *columns) if ids else ()
    return {row["pk"]: {key: row[column] for column, key in columns.items()} for row in rows}
