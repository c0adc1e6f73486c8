"""The views that every module comes with: all records, my open ones, mine, and what changed last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.models import ListView, User, ViewSharing
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import readable

ALL = "all"
ME = {"field": "owner", "operator": "is", "value": {"current_user": True}}


@dataclass(frozen=True)
class View:
    """A way to look at a list; `row` is the saved one behind it. No columns stand for the usual ones."""

    key: str
    name: str
    columns: tuple[str, ...] = ()
    sort: str = ""
    criteria: Mapping[str, Any] = field(default_factory=dict)
    row: ListView | None = None
    mine: bool = False

    @property
    def shared(self) -> bool:
        """Whether others see it too."""
        return self.row is not None and self.row.sharing != ViewSharing.NOBODY


def builtin_views(user: User, module: ModuleInfo) -> Iterator[View]:
    """Those that make sense with the fields that the person may read."""
    allowed = readable(user, module)
    plural = module.label_plural
    yield View(ALL, _("All %s") % plural)
    state = state_field(module)
    if "owner" in allowed:
        if state is not None and state.key in allowed:
            still_open = {"field": state.key, "operator": "is_any_of", "value": open_values(state)}
            yield View("my_open", _("My open %s") % plural, criteria={"conditions": [ME, still_open]})
        yield View("mine", _("My %s") % plural, criteria={"conditions": [ME]})
    if "modified_at" in allowed and module.fields["modified_at"].sorted:
        yield View("recent", _("Recently changed"), sort="-modified_at")


def state_field(module: ModuleInfo) -> FieldInfo | None:
    """The picklist that tells open records from closed ones, if the module has one."""
    for info in module.fields.values():
        if info.type.family == "choice" and open_values(info):
            return info
    return None


def open_values(state: FieldInfo) -> list[str]:
    """The values of a state that still ask for work."""
    return [key for key, choice in state.choices.items() if choice.attributes.get("open")]
