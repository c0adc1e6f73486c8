"""The search text of a record: a part for each searched field, folded.

Each part begins with a mark of its field, so that what somebody may not read can be left out. Marks are
control characters, which no value and no query holds; where two fields of a module had the same one, who
may not read the one would not find by the other either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2s
from typing import Any

from django.db import connection

from crm.modules.registry import FieldInfo, ModuleInfo
from crm.search.folding import SEGMENT, folded, marked
from crm.search.grams import MARK_LENGTH, as_array, as_words, grams_of_text

EDITION = 1  # of folding and pieces: with another one all texts are made anew
FIRST_MARK = 0x0E
NO_DIGIT = re.compile(r"\D+")
STORED = {"postgresql": as_array, "sqlite": as_words}
COLUMNS = ("id", "module", "text", "grams")


def searched_fields(module: ModuleInfo) -> tuple[FieldInfo, ...]:
    """The fields that a record of the module is found by; worked out once for each registry."""
    known: tuple[FieldInfo, ...] | None = module.__dict__.get("_searched_fields")
    if known is None:
        fields = module.fields.values()
        known = tuple(info for info in fields if info.searched and info.type.family == "text")
        module.__dict__["_searched_fields"] = known
    return known


@lru_cache(maxsize=10_000)
def mark(key: str) -> str:
    """The four characters that stand for a field."""
    digest = blake2s(key.encode()).hexdigest()[:MARK_LENGTH]
    return "".join(chr(FIRST_MARK + int(digit, 16)) for digit in digest)


def text_of(module: ModuleInfo, values: Mapping[str, Any]) -> str:
    """The search text of a record with these values."""
    parts = []
    for info in searched_fields(module):
        value = values.get(info.key)
        if value is None:
            continue
        plain = folded(value)
        if info.type.key == "phone" and (digits := NO_DIGIT.sub("", plain)) not in plain:
            plain = f"{plain} {digits}"
        parts.append(f"{SEGMENT}{mark(info.key)}{marked(plain)}")
    return "".join(parts)


def row_of(module: ModuleInfo, record_id: int, values: Mapping[str, Any]) -> tuple[int, str, str, str]:
    """The row of COLUMNS for a record."""
    text = text_of(module, values)
    return record_id, module.key, text, STORED[connection.vendor](grams_of_text(module.key, text))


def parts_of(text: str | None, marks: str) -> str | None:
    """The parts of a search text whose marks are among these, one mark after the other."""
    if text is None:
        return None
    known = {marks[place : place + MARK_LENGTH] for place in range(0, len(marks), MARK_LENGTH)}
    parts = (part for part in text.split(SEGMENT)[1:] if part[:MARK_LENGTH] in known)
    return "".join(f"{SEGMENT}{part}" for part in parts)


def signature(module: ModuleInfo) -> str:
    """What the module's texts are made of; when it changes they are made anew."""
    fields: Iterable[str] = (f"{info.key}:{info.type.key}" for info in searched_fields(module))
    return blake2s(f"{EDITION} {sorted(fields)}".encode(), digest_size=16).hexdigest()
