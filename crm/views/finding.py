"""Quick search: the records whose name or other searched fields contain what was typed."""

from __future__ import annotations

import unicodedata

from django.db.models import Q, Value
from django.db.models.lookups import Contains

from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.visibility import readable
from crm.visibility.columns import LoweredValue

LONGEST = 100  # characters that are searched for


def clean_query(text: str) -> str:
    """What was typed, in the form in which values are stored."""
    return unicodedata.normalize("NFC", text.replace("\x00", "")).strip()[:LONGEST]


def search_condition(user: User, module: ModuleInfo, text: str) -> Q | None:
    """The condition for a search; None without a text. Case is ignored; hidden fields are not looked at."""
    query = clean_query(text).lower()
    if not query:
        return None
    found = Q()
    for info in searched_fields(user, module):
        found |= Q(Contains(LoweredValue(module.fields[info]), Value(query)))
    return found or Q(pk__in=())


def searched_fields(user: User, module: ModuleInfo) -> list[str]:
    """The keys of the text fields that a search looks at."""
    allowed = readable(user, module)
    fields = (info for info in module.fields.values() if info.searched and info.type.family == "text")
    return [info.key for info in fields if info.key in allowed]
