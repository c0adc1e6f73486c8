"""What search makes of a text, and of what somebody types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.search.folding import SEGMENT, WORD, folded, marked
from crm.search.grams import grams_of_query, grams_of_text
from crm.search.highlighting import pieces
from crm.search.query import parse_query

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


def text_of(value: str) -> str:
    """A record's search text with one field."""
    return f"{SEGMENT}\x0e\x0e\x0e\x0e{marked(folded(value))}"


def finds(typed: str, value: str) -> bool:
    """Whether the value is found, by the index as well as by its text."""
    query, text = parse_query(typed), text_of(value)
    by_index = any(grams_of_text("leads", text) >= set(words.grams) for words in query.either)
    assert by_index or not query.finds(text), "the index leaves out what the text holds"
    return query.finds(text)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("zolty", "Żółty Kamień"),
        ("ŻÓŁTY", "zolty kamien"),
        ("strasse", "Lange Straße 3"),
        ("straße", "LANGE STRASSE"),
        ("oeuvre", "Œuvre"),
        ("οδος", "ΟΔΟΣ"),
        ("istanbul", "İSTANBUL"),
        ("елка", "Ёлка"),
        ("小明", "王小明"),
        ("王", "王小明"),
        ("김", "김 민수"),
        ("ガス", "東京ｶﾞｽ"),
        ("abc", "ＡＢＣ"),
        ("kowal", "Jan Kowalski"),
        ("walski", "Jan Kowalski"),
        ("ski jan", "Jan Kowalski"),
        ("ja", "Jan Kowalski"),
        ("j", "Jan Kowalski"),
        ("jan.kow", "jan.kowalski@example.com"),
        ("kowalski@ex", "jan.kowalski@example.com"),
        ("& sons", "Smith & Sons"),
        ("q-001", "Q-00123"),
        ("+4822", "+48221234567"),
        ("022 123 45 67", "+48221234567"),
        ("+48 (22) 123-45-67", "+48221234567"),
        ("o'neil", "Shaun O'Neill"),
    ],
)
def test_it_finds(typed: str, value: str) -> None:
    assert finds(typed, value)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("an", "Jan Kowalski"),
        ("kowalskij", "Jan Kowalski"),
        ("jan nowak", "Jan Kowalski"),
        ("明小", "王小明"),
        ("jank", "Jan Kowalski"),
        ("lead1@", "lead12@example.com"),
        ("ガ", "カス"),
        ("022 123 45 68", "+48221234567"),
    ],
)
def test_it_does_not_find(typed: str, value: str) -> None:
    assert not finds(typed, value)


@pytest.mark.parametrize("typed", ["", " ", "%", "_", "\\", "' OR 1=1", "&", "\x00", "\x1e", "\x1f", "♥"])
def test_signs_alone_are_no_search_and_never_a_pattern(typed: str) -> None:
    query = parse_query(typed)
    assert query.finds(text_of("anything or 1=1")) == (typed == "' OR 1=1")
    assert not query.finds(text_of("Wanda"))


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert not set(folded(text)) & {SEGMENT, WORD}


@given(TEXTS, st.data())
def test_what_the_text_holds_the_index_finds(value: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(value)))
    finds(value[start : data.draw(st.integers(start, len(value)))], value)


@given(TEXTS)
def test_a_value_is_found_by_itself(value: str) -> None:
    query = parse_query(value)
    if query and len(value.split()) <= 10:
        assert query.finds(text_of(value))


@given(TEXTS, TEXTS)
def test_a_marked_value_is_still_the_value(value: str, typed: str) -> None:
    assert "".join(piece.text for piece in pieces(value, parse_query(typed))) == value


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("zol", "Der Żółty", "Der [Żół]ty"),
        ("strasse", "Lange Straße", "Lange [Straße]"),
        ("an", "Jan Anders", "Jan [An]ders"),
        ("小明", "王小明", "王[小明]"),
        ("ann ers", "Anna Anders", "[Ann]a And[ers]"),
        ("022 123 45 67", "+48221234567", "+48[221234567]"),
        ("xyz", "Jan", "Jan"),
    ],
)
def test_what_was_found_is_marked(typed: str, value: str, shown: str) -> None:
    cut = pieces(value, parse_query(typed))
    assert "".join(f"[{piece.text}]" if piece.is_found else piece.text for piece in cut) == shown


def test_a_long_word_asks_the_index_for_few_pieces() -> None:
    assert len(grams_of_query("a" + "bcdefghijklmnopqrstuvwxyz" * 3)) <= 13
