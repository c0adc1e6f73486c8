"""Paths: from a record over links to a field, such as `stage`, `account.industry` or `account.owner.role`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.persons import PERSON_FIELDS
from crm.criteria.sources import ColumnSource, ExpressionSource, Prefix, Source, source_of
from crm.criteria.sql import Infix, StoredNumber
from crm.criteria.virtual import virtual_field
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo, Registry

MOST_HOPS = 3
VALUE = "criteria_value"  # what a subquery gives back


@dataclass(frozen=True)
class Hop:
    """One step over a link; `module` is None where the link leads to a person."""

    field: FieldInfo
    module: ModuleInfo | None

    def rows(self) -> Any:
        """The rows that the link leads to, also those in the bin."""
        return self.module.rows() if self.module else User.objects.all()


@dataclass(frozen=True)
class Operand:
    """What a path leads to: a field of the record itself, of a linked record or of a person."""

    path: str
    hops: tuple[Hop, ...]
    field: FieldInfo
    source: Source
    virtual: bool = False

    @property
    def family(self) -> str:
        """Which operators fit."""
        return self.field.type.family

    @property
    def own(self) -> bool:
        """Whether the record itself has the value."""
        return not self.hops and not self.virtual

    @property
    def label(self) -> str:
        """The field's label in the active language, with the links that lead to it."""
        label = self.field.label
        for hop in reversed(self.hops):
            label = _("%(field)s of %(link)s") % {"field": label, "link": hop.field.label}
        return label

    @cached_property
    def reads(self) -> tuple[tuple[str, str], ...]:
        """Module and key of each real field on the way."""
        fields = [hop.field for hop in self.hops]
        if not self.virtual and (not self.hops or self.hops[-1].module):
            fields.append(self.field)
        return tuple((field.module, field.key) for field in fields)

    def raw(self, prefix: Prefix = "") -> Any:
        """The value in SQL, only good for asking whether it is NULL."""
        return _along(self.hops, self.source.raw, prefix)

    def native(self, prefix: Prefix = "") -> Any:
        """The value in SQL, comparable with `literal`."""
        return _along(self.hops, self.source.native, prefix)

    def common(self, prefix: Prefix = "") -> Any:
        """The value in SQL, comparable with that of any operand of the family."""
        return _along(self.hops, self.source.common, prefix)

    def literal(self, value: Any) -> Any:
        """A constant in SQL."""
        return self.source.literal(value)


def _along(hops: tuple[Hop, ...], form: Callable[[Prefix], Any], prefix: Prefix) -> Any:
    """Over foreign keys by joins, over a custom link (its id is in the JSON column) by a subquery."""
    for place, hop in enumerate(hops):
        if hop.field.columns:
            prefix += f"{hop.field.key}__"
            continue
        link = StoredNumber(OuterRef(f"{prefix}custom"), hop.field.key)
        rows = hop.rows().order_by().filter(Infix(F("pk"), "=", link))
        return Subquery(rows.annotate(**{VALUE: _along(hops[place + 1 :], form, "")}).values(VALUE))
    return form(prefix)


class Paths:
    """Resolves the paths of one criteria; asks for the registry only if a path leaves the record."""

    def __init__(self, module: ModuleInfo) -> None:
        self.module = module
        self.known: dict[str, Operand] = {}

    @cached_property
    def registry(self) -> Registry:
        """All modules."""
        return registry()

    def operand(self, path: Any) -> Operand:
        """What the path leads to; raises SideProblem."""
        if not isinstance(path, str) or not path:
            raise SideProblem(_("Choose a field."))
        if path not in self.known:
            self.known[path] = self._resolve(path)
        return self.known[path]

    def _resolve(self, path: str) -> Operand:
        *links, last = path.split(".")
        if len(links) > MOST_HOPS + 1:
            raise SideProblem(_("A path goes over at most %(limit)s links.") % {"limit": MOST_HOPS})
        hops: tuple[Hop, ...] = ()
        module: ModuleInfo | None = self.module
        for key in links:
            hop = self._hop(module, key, path)
            hops, module = (*hops, hop), hop.module
        if len(hops) - (module is None) > MOST_HOPS:
            raise SideProblem(_("A path goes over at most %(limit)s links.") % {"limit": MOST_HOPS})
        return self._end(path, hops, module, last)

    def _hop(self, module: ModuleInfo | None, key: str, path: str) -> Hop:
        if module is None or key not in module.fields:
            raise unknown(module, key, path)
        field = module.fields[key]
        if field.type.family == "user":
            return Hop(field, None)
        target = self.registry.modules.get(field.target or "")
        if field.type.family != "link" or target is None:
            raise SideProblem(_("%(field)s is no link to follow.") % {"field": field.label})
        return Hop(field, target)

    def _end(self, path: str, hops: tuple[Hop, ...], module: ModuleInfo | None, key: str) -> Operand:
        if module is None:
            if key not in PERSON_FIELDS:
                raise unknown(module, key, path)
            person = PERSON_FIELDS[key]
            field = person.info()
            return Operand(path, hops, field, ColumnSource(field, person.column))
        if key in module.fields:
            field = module.fields[key]
            return Operand(path, hops, field, source_of(field))
        virtual = virtual_field(module, key)
        if virtual is None:
            raise unknown(module, key, path)
        field = virtual.info(module)
        return Operand(path, hops, field, ExpressionSource(field, virtual.expression), virtual=True)


def unknown(module: ModuleInfo | None, key: str, path: str) -> SideProblem:
    """The problem of a path that leads nowhere."""
    if module is None:
        allowed = ", ".join(PERSON_FIELDS)
        return SideProblem(
            _("A person has no “%(key)s”, but: %(allowed)s.") % {"key": key, "allowed": allowed}
        )
    return SideProblem(
        _("%(module)s has no field “%(key)s”.") % {"module": module.label_plural, "key": key}
        + ("" if key == path else _(" The path is “%(path)s”.") % {"path": path})
    )
