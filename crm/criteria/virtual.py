"""Fields that no record has in itself, such as its territory or score: higher floors register them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from crm.fields import FIELD_TYPES
from crm.modules.registry import Choice, FieldInfo, ModuleInfo


def no_choices(_module: ModuleInfo) -> Mapping[str, Choice]:
    """The choices of a field that has none."""
    return {}


@dataclass(frozen=True)
class VirtualField:
    """A field that criteria can read on every record of the modules that have it.

    `type` is the key of a field type, and with it the family. `expression(prefix)` is the value in SQL
    for the record that `prefix` leads to: use `F(prefix + "pk")`, or `OuterRef(prefix + "pk")` within a
    subquery. `load(module, ids)` gives the values of many records with a fixed number of queries; a
    record without one may be left out. Both must give the same values, `None` (NULL) for an empty one.
    """

    key: str
    label: str | Promise
    type: str
    expression: Callable[[str], Any]
    load: Callable[[ModuleInfo, Collection[int]], Mapping[int, Any]]
    choices: Callable[[ModuleInfo], Mapping[str, Choice]] = no_choices
    modules: Callable[[ModuleInfo], bool] = lambda _module: True
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """Which operators fit."""
        return FIELD_TYPES[self.type].family

    def info(self, module: ModuleInfo) -> FieldInfo:
        """The field as the registry would describe it."""
        return made_up(
            module.key, self.key, self.type, self.label, choices=self.choices(module), options=self.options
        )


_fields: dict[str, VirtualField] = {}


def register_virtual_field(virtual: VirtualField) -> VirtualField:
    """Makes a virtual field known; call it when the application starts."""
    _fields[virtual.key] = virtual
    return virtual


def forget_virtual_field(key: str) -> None:
    """Takes a virtual field back; for tests."""
    _fields.pop(key, None)


def virtual_field(module: ModuleInfo, key: str) -> VirtualField | None:
    """The module's virtual field with that key."""
    found = _fields.get(key)
    return found if found and found.modules(module) else None


def virtual_fields(module: ModuleInfo) -> tuple[VirtualField, ...]:
    """All virtual fields that the module has."""
    return tuple(virtual for virtual in _fields.values() if virtual.modules(module))


def made_up(
    module: str,
    key: str,
    kind: str,
    label: str | Promise,
    *,
    choices: Mapping[str, Choice] | None = None,
    options: Mapping[str, Any] | None = None,
) -> FieldInfo:
    """A description of a field that is no row of the configuration; its label is the product's own."""
    return FieldInfo(
        module=module, key=key, type=FIELD_TYPES[kind], source_label=label, labels={}, builtin=True,  # type: ignore[arg-type]
        system=True, required=False, unique=False, searched=False, sorted=False, default=None, help="",
        options=options or {}, section=None, position=0, columns=(),
        choices={} if choices is None else choices,
    )  # fmt: skip
