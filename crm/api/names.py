"""Names of the people and records that told records point at, loaded once for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crm.api.gate import ApiRequest
from crm.fields.links import Ref
from crm.models import User
from crm.modules.loading import registry
from crm.views.showing import sorted_pointers
from crm.visibility import readable, visible_to


@dataclass
class ApiNames:
    """People by id, and the names of the records that the caller may see."""

    people: dict[int, dict[str, Any]] = field(default_factory=dict)
    records: dict[Ref, str] = field(default_factory=dict)

    def person(self, person_id: int) -> dict[str, Any]:
        """The person as JSON."""
        return self.people.get(person_id) or {"id": person_id, "name": None, "email": None}

    def record(self, ref: Ref) -> dict[str, Any]:
        """The record as JSON; without a name if the caller may not see it."""
        return {"module": ref.module, "id": ref.id, "name": self.records.get(ref)}


def load_api_names(request: ApiRequest, wanted: Iterable[int | Ref]) -> ApiNames:
    """One statement for people, and one for each module that is pointed at."""
    people, records = sorted_pointers(wanted)
    names = ApiNames()
    if people:
        rows = User.objects.filter(pk__in=people).order_by()
        names.people = {row["id"]: {**row} for row in rows.values("id", "name", "email")}
    for key, ids in sorted(records.items()):
        module = registry().modules.get(key)
        if module is None or not request.token.reaches(key) or "name" not in readable(request.user, module):
            continue
        rows = visible_to(request.user, module).filter(pk__in=ids)
        names.records.update({Ref(key, pk): name for pk, name in rows.values_list("pk", "name")})
    return names
