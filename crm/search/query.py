"""What somebody typed into a search box, as what a text must hold."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from crm.search.folding import WORD, folded, marked, runs
from crm.search.grams import grams_of_query

LONGEST = 100  # characters that are searched for
MOST_WORDS = 10
NUMBER_LIKE = re.compile(r"[\d\s+()/.\-]+")
SHORTEST_NUMBER = 6


@dataclass(frozen=True)
class Words:
    """Texts that must all occur, in any order, and the pieces that the index is asked for."""

    parts: tuple[str, ...]
    grams: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """What is searched for: one of these, such as a phone number as typed or without its separators."""

    text: str
    either: tuple[Words, ...]

    def __bool__(self) -> bool:
        return bool(self.either)

    def finds(self, text: str) -> bool:
        """Whether a search text holds what is searched for."""
        return any(all(part in text for part in words.parts) for words in self.either)


def clean_query(text: str) -> str:
    """What was typed, in the form in which values are stored."""
    return unicodedata.normalize("NFC", text.replace("\x00", "")).strip()[:LONGEST]


def parse_query(text: str) -> Query:
    """Reads what was typed; the query is empty if there is no letter and no digit in it."""
    plain = clean_query(text)
    typed = folded(plain).split()
    found = [_words(typed)]
    digits = "".join(re.findall(r"\d", plain))
    if len(typed) > 1 and len(digits) >= SHORTEST_NUMBER and NUMBER_LIKE.fullmatch(plain):
        found.append(_words([digits.lstrip("0")]))
    return Query(plain, tuple(words for words in found if words.grams))


def _words(typed: list[str]) -> Words:
    grams: dict[str, None] = {}
    parts = []
    for word in list(dict.fromkeys(typed))[:MOST_WORDS]:
        if pieces := grams_of_query(word):
            grams.update(dict.fromkeys(pieces))
            parts.append(_part(word))
    return Words(tuple(parts), tuple(grams))


def _part(word: str) -> str:
    """The word as it is in a search text: anywhere in a word, but one or two letters at its beginning."""
    text = marked(word)
    anywhere = text.startswith(WORD) and len(runs(word)[0][0]) > 2
    return text[1:] if anywhere else text
