"""Which fields a list shows, as long as nobody chose others: the name and a few that tell most."""

from __future__ import annotations

from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import readable

WIDTH = 6
PREFERRED = {
    "leads": ("name", "company", "status", "rating", "phone", "owner"),
    "accounts": ("name", "type", "industry", "city", "phone", "owner"),
    "contacts": ("name", "account", "title", "email", "phone", "owner"),
    "deals": ("name", "account", "stage", "amount", "close_date", "owner"),
    "products": ("name", "code", "category", "price", "tax", "on_sale"),
    "quotes": ("name", "number", "account", "status", "total", "owner"),
    "invoices": ("name", "number", "account", "status", "total", "due_date"),
    "campaigns": ("name", "type", "status", "start_date", "budget", "owner"),
    "cases": ("name", "number", "account", "status", "priority", "owner"),
    "tasks": ("name", "status", "priority", "due_date", "related", "owner"),
}
TOO_LONG = frozenset({"long_text", "lines", "multi_picklist", "tags"})


def list_columns(user: User, module: ModuleInfo) -> list[FieldInfo]:
    """The fields of the module's list that the person may read, in order."""
    allowed = readable(user, module)
    keys = PREFERRED.get(module.key) or _by_layout(module)
    return [module.fields[key] for key in keys if key in module.fields and key in allowed]


def _by_layout(module: ModuleInfo) -> list[str]:
    """The name, then what can be sorted, then what comes first in the form; the owner last."""
    last = ("name", "owner", "currency")
    fields = [info for info in module.fields.values() if _fits(info) and info.key not in last]
    fields.sort(key=lambda info: not info.sorted)
    return ["name", *(info.key for info in fields[: WIDTH - 2]), "owner"]


def _fits(info: FieldInfo) -> bool:
    return info.section != "system" and info.type.key not in TOO_LONG and "base_of" not in info.options
