"""What every page shows around its content: the modules, and how many messages are unread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from crm.models import Notification, User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility import can

UNREAD_CAP = 99
ICONS = {
    "leads": "user-plus", "accounts": "building", "contacts": "users", "deals": "briefcase",
    "products": "package", "quotes": "file-text", "invoices": "file-invoice", "campaigns": "speakerphone",
    "cases": "ticket", "tasks": "checklist",
}  # fmt: skip


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Modules that the person may view, and the unread messages, both worked out where they are shown."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"languages": settings.LANGUAGES}
    return {"navigation": lambda: modules_of(user), "unread": lambda: unread(user)}


def modules_of(user: User) -> list[dict[str, Any]]:
    """The modules that the person may view, with their icons, in order."""
    modules = sorted(registry().modules.values(), key=lambda module: module.position)
    seen = [module for module in modules if can(user, "view", module)]
    letters = letters_for([module.key for module in seen])
    return [
        {"module": module, "icon": icon_of(module), "letter": letters.get(module.key, "")} for module in seen
    ]


def letters_for(keys: Sequence[str]) -> dict[str, str]:
    """The letter that leads to each module after `g`: the first of its key that no other has.

    `h` is the home page's. Keys are the same in every language, so the fingers need not learn anew.
    """
    taken, found = {"h"}, {}
    for key in keys:
        letter = next((one for one in key if one.isalpha() and one not in taken), "")
        if letter:
            taken.add(letter)
            found[key] = letter
    return found


def icon_of(module: ModuleInfo) -> str:
    """The icon that stands for a module."""
    return ICONS.get(module.key, "database")


def unread(user: User) -> str:
    """How many messages the person has not read: "", a number, or "99+"."""
    rows = Notification.objects.filter(user=user, read_at__isnull=True).order_by()
    number = rows[: UNREAD_CAP + 1].count()
    return f"{UNREAD_CAP}+" if number > UNREAD_CAP else str(number or "")
