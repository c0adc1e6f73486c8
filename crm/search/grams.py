"""Pieces of words that the index holds: what finds a part of a word without reading every text.

Of a word: three characters in a row, and its first one and two. Of a dense script: each character and each
two in a row. So a word of one or two letters is found at the beginning of words, where it tells something,
and two Chinese characters are found anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

from crm.search.folding import SEGMENT, WORD, runs

MODULE, BEGINNING = "__", "_"  # no piece of a word holds a low line
MARK_LENGTH = 4
MOST_ASKED = 12  # more pieces of one word only make the index work harder


@lru_cache(maxsize=50_000)
def _of_word(word: str) -> tuple[str, ...]:
    return (BEGINNING + word[0], BEGINNING + word[:2], *(word[i : i + 3] for i in range(len(word) - 2)))


def _of_dense(run: str) -> tuple[str, ...]:
    return (*run, *(run[i : i + 2] for i in range(len(run) - 1)))


def grams_of_text(module: str, text: str) -> set[str]:
    """The pieces of a record's whole search text, and of its module."""
    found = {MODULE + module}
    for segment in text.split(SEGMENT)[1:]:
        for run, dense in runs(segment[MARK_LENGTH:].replace(WORD, "")):
            found.update(_of_dense(run) if dense else _of_word(run))
    return found


def grams_of_query(word: str) -> list[str]:
    """The pieces that every text with this word has; none for a word without letters and digits."""
    found: dict[str, None] = {}
    for run, dense in runs(word):
        if dense:
            found.update(dict.fromkeys(_of_dense(run) if len(run) == 1 else _of_dense(run)[len(run) :]))
        elif len(run) > 2:
            found.update(dict.fromkeys(_of_word(run)[2:]))
        else:
            found[BEGINNING + run] = None
    pieces = list(found)
    return pieces[:: len(pieces) // MOST_ASKED + 1]


@lru_cache(maxsize=50_000)
def number_of(gram: str) -> int:
    """A piece as PostgreSQL's index holds it, in 32 bits. Where two coincide, the text sorts it out."""
    return crc32(gram.encode()) - 2**31


def hashed(grams: Iterable[str]) -> list[int]:
    """The pieces as numbers."""
    return [number_of(gram) for gram in grams]


@lru_cache(maxsize=50_000)
def _digits_of(gram: str) -> str:
    return str(number_of(gram))


def as_array(grams: Iterable[str]) -> str:
    """The pieces as the text of a PostgreSQL array."""
    return "{" + ",".join(map(_digits_of, grams)) + "}"


def as_words(grams: Iterable[str]) -> str:
    """The pieces as words for SQLite's full-text index."""
    return " ".join(grams)
