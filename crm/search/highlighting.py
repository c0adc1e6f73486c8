"""Which characters of a value a search has found, to be shown as such."""

from __future__ import annotations

from typing import NamedTuple

from crm.search.folding import WORD, folded, marked
from crm.search.query import Query


class Piece(NamedTuple):
    """A part of a value, and whether it is what was searched for."""

    text: str
    is_found: bool


def pieces(value: str, query: Query) -> list[Piece]:
    """The value cut where what was searched for begins and ends; joined again they are the value."""
    plain, places = _folded_with_places(value)
    found = [False] * len(value)
    for part in {part for words in query.either for part in words.parts}:
        start = plain.find(part)
        while start >= 0:
            for place in places[start : start + len(part)]:
                found[place] = True
            start = plain.find(part, start + 1)
    cut: list[Piece] = []
    for character, is_found in zip(value, found, strict=True):
        if cut and cut[-1].is_found == is_found:
            cut[-1] = Piece(cut[-1].text + character, is_found)
        else:
            cut.append(Piece(character, is_found))
    return cut


def _folded_with_places(value: str) -> tuple[str, list[int]]:
    """The value as its search text has it, and for each character of that the one of the value it is from."""
    characters = [(folded(character), place) for place, character in enumerate(value)]
    places = [place for text, place in characters for _character in text]
    plain = marked("".join(text for text, _place in characters))
    found, passed = [], 0
    for character in plain:
        found.append(places[passed])
        passed += character != WORD
    return plain, found
