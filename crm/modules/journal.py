"""What the journal keeps of modules, fields, values and sections; and the one way to change such a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed
from crm.languages import LANGUAGES
from crm.models import Field, Module, PicklistValue, Section, User
from crm.modules.problems import ModuleProblem, validated

Document = dict[str, Any]
RowT = TypeVar("RowT", bound=models.Model)


def module_document(module: Module) -> Document:
    """A module without its fields."""
    return _picked(module, ("label", "label_plural", "labels", "sharing", "active", "position"))


def field_document(field: Field) -> Document:
    """A field without its values."""
    names = (
        "label",
        "labels",
        "type",
        "required",
        "unique",
        "searched",
        "sorted",
        "default",
        "help",
        "options",
    )
    section = field.section.key if field.section else None
    return _picked(field, (*names, "active", "position")) | {"section": section}


def value_document(value: PicklistValue) -> Document:
    """A picklist value."""
    return _picked(value, ("label", "labels", "attributes", "active", "position"))


def section_document(section: Section) -> Document:
    """A section without its fields."""
    return _picked(section, ("label", "labels", "position"))


def _picked(row: models.Model, names: tuple[str, ...]) -> Document:
    return {name: getattr(row, name) for name in names}


def journal_key(row: Module | Field | PicklistValue | Section) -> str:
    """The stable name of a row: module, module.field, module.field.value or module/section."""
    if isinstance(row, PicklistValue):
        return f"{journal_key(row.field)}.{row.key}"
    if isinstance(row, Module):
        return row.key
    return f"{row.module.key}{'/' if isinstance(row, Section) else '.'}{row.key}"


def save_changes(
    row: RowT,
    changes: Mapping[str, Any],
    *,
    document: Callable[[RowT], Document],
    actor: User | None,
    what: str = "changed",
) -> bool:
    """Stores changed columns of a row and journals them; tells whether anything was different."""
    before = document(row)
    for name, value in changes.items():
        setattr(row, name, value)
    check_labels(getattr(row, "labels", {}), names=2 if isinstance(row, Module) else 1)
    validated(row)
    after = document(row)
    if before == after:
        return False
    row.save()
    told(row, what, actor=actor, before=before, after=after)
    return True


def told(row: Any, what: str, *, actor: User | None, before: Any = None, after: Any = None) -> None:
    """Journals a change of a row."""
    kind = str(row._meta.model_name)
    configuration_changed(actor=actor, kind=kind, key=journal_key(row), what=what, before=before, after=after)


def check_labels(labels: Any, *, names: int) -> None:
    """Raises ModuleProblem unless the labels are texts by language; a module has two in each."""
    known = {code for code, _name in LANGUAGES}
    problem = _("Translations are texts by language, such as %s.")
    example = '{"de": ["Lead", "Leads"]}' if names == 2 else '{"de": "Quelle"}'
    if not isinstance(labels, dict) or not known.issuperset(labels):
        raise ModuleProblem(problem % example, "labels")
    for given in labels.values():
        texts = given if names == 2 else [given]
        right = isinstance(texts, list) and len(texts) == names
        if not right or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ModuleProblem(problem % example, "labels")
