"""Ignoring case means the same in Python and in both databases, for every character there is."""

from __future__ import annotations

import json
import unicodedata

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.sql import Query

from crm.criteria.text import Folded, fold
from crm.models import Lead

# Letters that got a partner in Unicode 16: a Python or PostgreSQL older than that leaves them as they are.
NEWER = {0xA7CB, 0xA7CC, 0xA7DA, 0xA7DC, *range(0x10D50, 0x10D66)}
CHARACTERS = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000 and code not in NEWER]


def folded(texts: list[str]) -> list[str]:
    """The texts, folded by the database."""
    on_postgres = connection.vendor == "postgresql"
    source = "json_array_elements_text(%s::json) AS t(value)" if on_postgres else "json_each(%s)"
    rows = Query(Lead, alias_cols=False)
    template, _none = rows.get_compiler(connection=connection).compile(
        Folded(F("name")).resolve_expression(rows)
    )
    with connection.cursor() as cursor:
        sql = template.replace('"name"', "value").replace("%", "%%")
        cursor.execute(f"SELECT {sql} FROM {source}", [json.dumps(texts)])
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db
def test_every_character_folds_alike() -> None:
    assert [
        text for text, found in zip(CHARACTERS, folded(CHARACTERS), strict=True) if fold(text) != found
    ] == []


@pytest.mark.django_db
@pytest.mark.parametrize("shape", ["x{}Σ", "ΑΣ{}Α", "ΑΣ{}"])
def test_a_sigma_folds_alike_whatever_its_neighbour_is(shape: str) -> None:
    texts = [shape.format(each) for each in CHARACTERS if unicodedata.category(each) not in ("Lo", "Co")]
    assert [text for text, found in zip(texts, folded(texts), strict=True) if fold(text) != found] == []


def test_a_final_sigma_is_a_sigma() -> None:
    assert fold("ΟΔΟΣ") == fold("οδος") == fold("οδοσ")
    assert fold("ß") != fold("SS")
    assert fold("İ") == "i\u0307"
