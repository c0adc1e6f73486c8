"""Stable keys for what admins make: from the label, never one that is or was somebody else's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.models import Field, Module
from crm.models.modules import key_format
from crm.modules.loading import model_of
from crm.modules.problems import ModuleProblem

LONGEST = 60
# Words that addresses of pages and permissions need for themselves.
RESERVED_MODULES = frozenset({
    "account", "admin", "api", "approvals", "blueprints", "criteria", "customrecord", "files", "forms",
    "health", "home", "i18n", "imports", "jobs", "login", "logout", "lookup", "media", "modules",
    "notifications", "people", "profile", "records", "reports", "sandbox", "search", "settings", "static",
    "territories", "unsubscribe",
})  # fmt: skip
# Columns that are no fields, and names that higher floors give to virtual fields.
RESERVED_FIELDS = frozenset({
    "id", "pk", "module", "version", "custom", "binned_at", "record", "role", "score", "territory",
    "blueprint_state",
})  # fmt: skip


def words_of(label: str) -> str:
    """The label in small Latin letters and digits, joined by underscores; empty if it has none."""
    plain = unicodedata.normalize("NFKD", label.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    return "_".join(words)[: LONGEST - 8].strip("_")


def key_from(label: str, fallback: str) -> str:
    """A key that reads like the label; `fallback` where the label has no Latin letters."""
    key = words_of(label)
    if not key or not key[0].isalpha():
        key = f"{fallback}_{key}".strip("_")
    return key if len(key) > 1 else f"{fallback}_{key}"


def free_key(label: str, fallback: str, taken: Collection[str]) -> str:
    """The label's key, numbered if it is taken."""
    return _numbered(key_from(label, fallback), taken)


def _numbered(first: str, taken: Collection[str]) -> str:
    number, key = 2, first
    while key in taken:
        key, number = f"{first}_{number}", number + 1
    return key


def module_key(label_plural: str, given: str | None) -> str:
    """The key of a new module: the one given, else made of the label; raises ModuleProblem."""
    taken = RESERVED_MODULES.union(Module.objects.values_list("key", flat=True), _model_names())
    return _chosen(given, taken) or free_key(label_plural, "module", taken)


def field_key(module: Module, label: str, given: str | None) -> str:
    """The key of a new field, never that of another one, also if it is switched off."""
    taken = RESERVED_FIELDS.union(Field.objects.filter(module=module).values_list("key", flat=True))
    columns = model_of(module)._meta.concrete_fields
    taken |= {name for column in columns for name in (column.name, column.attname)}
    return _chosen(given, taken) or free_key(label, "field", taken)


def value_key(label: str, given: str | None, taken: Collection[str]) -> str:
    """The key of a new picklist value, unique in the field; it may be as short as the label."""
    if given and given in taken:
        raise ModuleProblem(_("The key “%s” is taken.") % given, "key")
    return given or _numbered(words_of(label) or "value", taken)


def section_key(label: str, given: str | None, taken: Collection[str]) -> str:
    """The key of a new section, unique in the module."""
    return _chosen(given, taken) or free_key(label, "section", taken)


def _chosen(given: str | None, taken: Collection[str]) -> str | None:
    if not given:
        return None
    try:
        key_format(given)
    except ValidationError as error:
        raise ModuleProblem(error.messages[0], "key") from None
    if given in taken:
        raise ModuleProblem(_("The key “%s” is taken.") % given, "key")
    return given


def _model_names() -> set[str]:
    """Names of models: `view_lead` shall never be a module's permission as well as a model's."""
    return {str(model._meta.model_name) for model in apps.get_models()}
