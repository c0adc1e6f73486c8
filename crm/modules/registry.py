"""One registry in front of built-in and custom modules: code that works on "a module" asks only here.

The registry is read from the configuration tables once per configuration generation and process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext

if TYPE_CHECKING:
    from crm.fields.base import FieldType
    from crm.models import Record


class UnknownModule(KeyError):  # noqa: N818 — reads as what it is
    """There is no such module, or it is switched off."""


class UnknownField(KeyError):  # noqa: N818
    """The module has no such field, or it is switched off."""


def translated(label: str, labels: Mapping[str, Any], builtin: bool) -> str:
    """A label in the active language: the admin's translation, else the product's own."""
    given = labels.get(get_language() or "en")
    if given:
        return str(given)
    return gettext(label) if builtin else label


@dataclass(frozen=True)
class Choice:
    """A picklist value."""

    key: str
    source_label: str
    labels: Mapping[str, str]
    attributes: Mapping[str, Any]
    active: bool
    builtin: bool

    @property
    def label(self) -> str:
        """The label in the active language."""
        return translated(self.source_label, self.labels, self.builtin)


@dataclass(frozen=True)
class FieldInfo:
    """A field of a module. `columns` are the model's column attributes; none for a custom field."""

    module: str
    key: str
    type: FieldType
    source_label: str
    labels: Mapping[str, str]
    builtin: bool
    system: bool
    required: bool
    unique: bool
    searched: bool
    sorted: bool
    default: Any  # as dumped by the type
    help: str
    options: Mapping[str, Any]
    section: str | None
    position: int
    columns: tuple[str, ...]
    choices: Mapping[str, Choice] = field(default_factory=dict)
    index_ready: bool = False

    @property
    def label(self) -> str:
        """The label in the active language."""
        return translated(self.source_label, self.labels, self.builtin)

    @property
    def custom(self) -> bool:
        """Whether the value lives in the JSON column."""
        return not self.columns

    @property
    def target(self) -> str | None:
        """The module that a link field points to."""
        return self.options.get("module")


@dataclass(frozen=True)
class SectionInfo:
    """A headed part of the form."""

    key: str
    source_label: str
    labels: Mapping[str, str]
    builtin: bool

    @property
    def label(self) -> str:
        """The heading in the active language."""
        return translated(self.source_label, self.labels, self.builtin)


@dataclass(frozen=True)
class ModuleInfo:
    """A module: its model, and its fields by key in the order of the layout."""

    key: str
    model: type[Record]
    builtin: bool
    source_label: str
    source_label_plural: str
    labels: Mapping[str, Any]
    sharing: str
    position: int
    fields: Mapping[str, FieldInfo]
    sections: tuple[SectionInfo, ...]

    @property
    def label(self) -> str:
        """The name of one, in the active language."""
        given = self.labels.get(get_language() or "en")
        return str(given[0]) if given else translated(self.source_label, {}, self.builtin)

    @property
    def label_plural(self) -> str:
        """The name of many, in the active language."""
        given = self.labels.get(get_language() or "en")
        return str(given[1]) if given else translated(self.source_label_plural, {}, self.builtin)

    @property
    def custom(self) -> bool:
        """Whether the company made the module; its records are rows of CustomRecord."""
        return not self.builtin

    def field(self, key: str) -> FieldInfo:
        """The field with that key; raises UnknownField."""
        try:
            return self.fields[key]
        except KeyError:
            raise UnknownField(key) from None

    @cached_property
    def link_fields(self) -> tuple[FieldInfo, ...]:
        """Fields that point at a record."""
        return tuple(info for info in self.fields.values() if info.type.family in ("link", "any_link"))

    @cached_property
    def pointing_fields(self) -> tuple[FieldInfo, ...]:
        """Fields that somebody enters and that point at people or records."""
        families = ("user", "link", "any_link", "lines")
        return tuple(i for i in self.fields.values() if i.type.family in families and not i.system)

    @cached_property
    def required_fields(self) -> tuple[FieldInfo, ...]:
        """Fields that must have a value."""
        return tuple(info for info in self.fields.values() if info.required)

    @cached_property
    def money_fields(self) -> tuple[FieldInfo, ...]:
        """Fields that hold an amount in the record's currency."""
        return tuple(info for info in self.fields.values() if info.type.key == "money")

    @cached_property
    def number_fields(self) -> tuple[FieldInfo, ...]:
        """Fields that get a document number."""
        return tuple(info for info in self.fields.values() if info.type.key == "number")

    def rows(self) -> Any:
        """All rows of the module, also those in the bin, whoever may see them."""
        rows = self.model._default_manager.all()
        return rows.filter(module=self.key) if self.custom else rows


@dataclass(frozen=True)
class Registry:
    """All active modules at one configuration generation."""

    generation: int
    modules: Mapping[str, ModuleInfo]

    def module(self, key: str) -> ModuleInfo:
        """The module with that key; raises UnknownModule."""
        try:
            return self.modules[key]
        except KeyError:
            raise UnknownModule(key) from None
