"""How search compares text: without case, accents and width, as words and runs of characters.

Wider than the `fold` of criteria, which has to mean the same in SQL: this is worked out in Python only,
when a record is written and when somebody searches.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SEGMENT = "\x1e"  # begins the part of a text that one field gave
WORD = "\x1f"  # stands before each word of a script that has blanks between words

# Scripts without blanks between words, and those in which one or two characters are a word.
DENSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
RUNS = re.compile(rf"([^\W_{DENSE}]+)|((?:(?=[^\W_])[{DENSE}])+)")
WORDS = re.compile(rf"([^\W_{DENSE}]+)")
PLAIN_WORDS = re.compile("[A-Za-z0-9]+")  # the same, of ASCII only
ACCENTS = re.compile("[\u0300-\u036f]")
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# Letters that Unicode does not take apart, as people without them on the keyboard type them.
LETTERS = str.maketrans({
    "ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ı": "i", "ŧ": "t",
})  # fmt: skip


def folded(text: str) -> str:
    """The text as it is searched: "Żółty" becomes "zolty", "Straße" becomes "strasse"."""
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text).casefold()
        text = unicodedata.normalize("NFC", ACCENTS.sub("", plain).translate(LETTERS))
    text = text.lower()
    return text if text.isprintable() else CONTROLS.sub(" ", text)


@lru_cache(maxsize=50_000)
def marked(text: str) -> str:
    """A folded text with WORD before each word."""
    parts = WORDS.split(text)  # every second one is a word
    parts[1::2] = [WORD + word for word in parts[1::2]]
    return "".join(parts)


def runs(text: str) -> list[tuple[str, bool]]:
    """The words of a folded text, and its runs of dense script; tells which are dense."""
    if text.isascii():
        return [(word, False) for word in PLAIN_WORDS.findall(text)]
    return [(word or dense, bool(dense)) for word, dense in RUNS.findall(text)]
