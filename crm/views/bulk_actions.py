"""The buttons of bulk actions, as far as a person's profile allows them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from crm.bulk.kinds import BULK_KINDS
from crm.models import User
from crm.modules.registry import ModuleInfo


@dataclass(frozen=True)
class Action:
    """A bulk action as a button."""

    key: str
    icon: str
    label: str | Promise


ACTIONS = [
    Action("update", "edit", gettext_lazy("Change fields")),
    Action("owner", "user", gettext_lazy("Change owner")),
    Action("tag", "tag", gettext_lazy("Tag")),
    Action("share", "share", gettext_lazy("Share")),
    Action("delete", "trash", gettext_lazy("Delete")),
]


def actions_for(user: User, module: ModuleInfo) -> list[Action]:
    """The bulk actions that the person's profile allows in the module."""
    return [action for action in ACTIONS if BULK_KINDS[action.key].allowed(user, module)]
