"""Finds records that a file's rows are doubles of, by one or several key fields; one statement per chunk.

Only among records that the importer may see, and those that the same import made: else a file would be a way
to find out what others have. Of a unique field the door tells that its value is taken, and no more.
"""

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
from crm.models import History, User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import visible_ids

Key = tuple[Any, ...]
COMPARED = frozenset({"text", "number", "choice", "date", "datetime", "user", "link", "boolean"})


class OnDuplicate(StrEnum):
    """What is done with a row whose key a record has already."""

    SKIP = "skip"
    UPDATE = "update"
    CREATE = "create"


@dataclass(frozen=True)
class KeyFields:
    """The fields that together say whether two records are the same; `actor` None sees every record."""

    module: ModuleInfo
    fields: tuple[FieldInfo, ...]
    actor: User | None = None

    @classmethod
    def of(
        cls, module: ModuleInfo, keys: Iterable[str], filled: Iterable[str], actor: User | None = None
    ) -> KeyFields:
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
        return cls(module, tuple(fields), actor)

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

    def existing(self, keys: Iterable[Key], made_by: int | None = None) -> dict[Key, list[int]]:
        """The ids of the live records that have one of these keys, as far as the actor may know of them.

        `made_by` is the import's cause: what it made, it may meet again, whoever owns it now.
        """
        wanted = set(keys)
        if not wanted:
            return {}
        first = {f"{column_of(self.fields[0])}__in": list({key[0] for key in wanted})}
        forms = [stored_form(info) for info in self.fields]
        found: dict[Key, list[int]] = {}
        for row in live_rows(self.module, None).filter(**first).order_by("id").values_list("id", *forms):
            if row[1:] in wanted:
                found.setdefault(row[1:], []).append(row[0])
        known = self._known([pk for ids in found.values() for pk in ids], made_by)
        return {key: kept for key, ids in found.items() if (kept := [pk for pk in ids if pk in known])}

    def _known(self, ids: list[int], made_by: int | None) -> set[int]:
        if self.actor is None:
            return set(ids)
        seen = visible_ids(self.actor, self.module, ids)
        unseen = [pk for pk in ids if pk not in seen]
        if made_by is None or not unseen:
            return seen
        made = History.objects.filter(record_id__in=unseen, kind=History.Kind.CREATE, cause_id=made_by)
        return seen | set(made.values_list("record_id", flat=True))
