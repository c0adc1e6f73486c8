"""Finds the records that a file's cells name, a chunk at a time: one statement per column and chunk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria.sources import stored_form
from crm.fields import ValueProblem
from crm.imports.closest import hint
from crm.imports.problems import ImportProblem
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import visible_to

KEPT = 50_000
CANDIDATES = 5_000
FIT = frozenset({"text", "number", "choice"})


def live_rows(module: ModuleInfo, actor: User | None) -> Any:
    """The records that may be linked: those that the person may see, or all for the system itself."""
    if actor is not None:
        return visible_to(actor, module)
    return module.rows().filter(binned_at__isnull=True).order_by()


def column_of(info: FieldInfo) -> str:
    """The name by which a query compares the field's stored value."""
    return info.columns[0] if info.columns else f"custom__{info.key}"


def stored_value(info: FieldInfo, value: Any) -> Any:
    """A clean value as the column has it."""
    return value if info.columns else info.type.store(value, info)


@dataclass
class LinkedRecords:
    """Records of one module by the value of one field, as cells name them."""

    module: ModuleInfo
    info: FieldInfo
    actor: User | None
    found: dict[str, list[int]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @classmethod
    def by(cls, module: ModuleInfo, key: str, actor: User | None) -> LinkedRecords:
        """Records found by the field with that key; raises ImportProblem if there is none that fits."""
        info = module.fields.get(key)
        if info is None or info.type.family not in FIT:
            told = {"module": module.label_plural, "field": key}
            raise ImportProblem(_("%(module)s cannot be found by “%(field)s”.") % told, "unknown_field")
        return cls(module, info, actor)

    def look_up(self, texts: Iterable[str]) -> None:
        """Makes these texts known; asks the database only for those that are new."""
        if len(self.found) > KEPT:
            self.found.clear()
        wanted: dict[Any, list[str]] = {}
        for text in dict.fromkeys(texts):
            if text in self.found:
                continue
            try:
                value = self.info.type.clean(text, self.info)
            except ValueProblem:
                continue
            if value is not None:
                wanted.setdefault(stored_value(self.info, value), []).append(text)
        if not wanted:
            return
        column = column_of(self.info)
        rows = live_rows(self.module, self.actor).filter(**{f"{column}__in": list(wanted)})
        for value, record_id in rows.values_list(stored_form(self.info), "id"):
            for text in wanted[value]:
                self.found.setdefault(text, []).append(record_id)

    def find(self, text: str) -> int | None:
        """The id of the record, None if there is none; raises ValueProblem if there are several."""
        ids = self.found.get(text, ())
        if len(ids) > 1:
            told = {"module": self.module.label_plural, "field": self.info.label, "value": text[:80]}
            raise ValueProblem(_("Several %(module)s have the %(field)s “%(value)s”.") % told, "ambiguous")
        return ids[0] if ids else None

    def reason(self, text: str) -> ValueProblem:
        """Why nothing was found, naming the closest match."""
        if text not in self.reasons:
            if len(self.reasons) > CANDIDATES:
                self.reasons.clear()
            message = _("There is no %(module)s with the %(field)s “%(value)s”.")
            told = {"module": self.module.label, "field": self.info.label, "value": text[:80]}
            self.reasons[text] = message % told + hint(text, self.candidates())
        return ValueProblem(self.reasons[text], "not_found")

    def candidates(self) -> list[str]:
        """What records can be named by, of the first ones."""
        rows = live_rows(self.module, self.actor).values_list(stored_form(self.info), flat=True)
        first = (value for value in islice(rows.iterator(), CANDIDATES) if value)
        info = self.info
        return [info.type.show(v if info.columns else info.type.load(v, info), info) for v in first]
