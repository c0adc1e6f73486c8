"""Finds records that a file's rows are doubles of, by one or several key fields; one statement per chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from crm.criteria.sources import stored_form
from crm.fields import ValueProblem
from crm.imports.linked import column_of, live_rows, stored_value
from crm.imports.problems import ImportProblem
from crm.modules.registry import FieldInfo, ModuleInfo

Key = tuple[Any, ...]
COMPARED = frozenset({"text", "number", "choice", "date", "datetime", "user", "link", "boolean"})


class OnDuplicate(StrEnum):
    """What is done with a row whose key a record has already."""

    SKIP = "skip"
    UPDATE = "update"
    CREATE = "create"


@dataclass(frozen=True)
class KeyFields:
    """The fields that together say whether two records are the same."""

    module: ModuleInfo
    fields: tuple[FieldInfo, ...]

    @classmethod
    def of(cls, module: ModuleInfo, keys: Iterable[str], filled: Iterable[str]) -> KeyFields:
        """Key fields by their keys; raises ImportProblem for one that isn't filled or can't be compared."""
        filled = set(filled)
        fields = []
        for key in keys:
            info = module.fields.get(key)
            if info is None or info.type.family not in COMPARED:
                raise ImportProblem(_("“%s” cannot be a key for duplicates.") % key, "unknown_field")
            if key not in filled:
                raise ImportProblem(_("No column fills the key “%s”.") % info.label, "missing_required")
            fields.append(info)
        return cls(module, tuple(fields))

    def key_of(self, values: Mapping[str, Any]) -> Key | None:
        """The row's key; None if a part is empty or no value, for then it is no double of anything."""
        parts = []
        for info in self.fields:
            try:
                value = info.type.clean(values.get(info.key), info)
            except ValueProblem:
                return None
            if value is None:
                return None
            parts.append(stored_value(info, value))
        return tuple(parts)

    def existing(self, keys: Iterable[Key]) -> dict[Key, list[int]]:
        """The ids of the live records that have one of these keys, whoever may see them."""
        wanted = set(keys)
        if not wanted:
            return {}
        first = {f"{column_of(self.fields[0])}__in": list({key[0] for key in wanted})}
        forms = [stored_form(info) for info in self.fields]
        found: dict[Key, list[int]] = {}
        for row in live_rows(self.module, None).filter(**first).order_by("id").values_list("id", *forms):
            if row[1:] in wanted:
                found.setdefault(row[1:], []).append(row[0])
        return found
