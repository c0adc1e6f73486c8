"""The naughty strings, harmless ones in their place, and what a page shows of them."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from crm.door import Change, Source, Verb, apply
from crm.models import Module, User
from crm.modules.editing import create_module
from crm.modules.field_editing import create_field

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
ADDRESSES = frozenset({"href", "src", "action", "formaction", "hx-get", "hx-post"})
EVERY = 10  # where one call does for all texts, each tenth goes through the whole page too
WIDE = 64  # fields of a record of the module that holds many strings


def kept(text: str) -> str:
    """What is kept of a text: normal form, no blanks around it, no carriage returns."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()


def flat(text: str) -> str:
    """The text with blanks in a row as one, as a row of a list has it."""
    return " ".join(kept(text).split())


def in_one_line(text: str) -> str:
    """The text without control characters and line breaks, as subjects and notifications have it."""
    control = [unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text]
    plain = (" " if is_control else one for one, is_control in zip(text, control, strict=True))
    return " ".join("".join(plain).split())


def read_strings(folder: Path) -> list[str]:
    """All strings that leave something to keep, then those with accents as signs of their own.

    NUL would be refused, but there is none among them.
    """
    found = json.loads((folder / "naughty_strings" / "blns.json").read_text(encoding="utf-8"))
    apart = (unicodedata.normalize("NFD", text) for text in found)
    return [text for text in dict.fromkeys([*found, *apart]) if kept(text)]


def tame(strings: Sequence[str]) -> list[str]:
    """As many harmless texts: what a page of them is made of, a page of the strings must be made of too."""
    return [f"Harmless {number}" for number in range(len(strings))]


@dataclass
class Element:
    """An element of a page, with all text in it."""

    tag: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text, with the template's blanks around it taken away."""
        return "".join(self.parts).strip()


class Page(HTMLParser):
    """A page as a browser reads it: its elements, and the text in each."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.parts: list[str] = []
        self._open: list[Element] = []
        assert response.status_code in (200, 400, 422), response.status_code
        self.html = response.content.decode()
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        for parts in (self.parts, *(element.parts for element in self._open)):
            parts.append(data)

    def find(self, tag: str, **attributes: str) -> Iterator[Element]:
        """The elements with that tag and these attributes (`class_`: one of its classes), in order."""
        wanted = attributes.pop("class_", None)
        for element in self.elements:
            has_class = wanted is None or wanted in element.attributes.get("class", "").split()
            if element.tag == tag and has_class and attributes.items() <= element.attributes.items():
                yield element

    def texts(self, tag: str, **attributes: str) -> list[str]:
        """The texts of these elements."""
        return [element.text for element in self.find(tag, **attributes)]

    @property
    def shape(self) -> Counter[tuple[str, ...]]:
        """How often each element with which attributes is on the page."""
        return Counter((element.tag, *sorted(element.attributes)) for element in self.elements)

    @property
    def foreign(self) -> list[str]:
        """Addresses that lead anywhere but to the site itself."""
        found = [value for one in self.elements for key, value in one.attributes.items() if key in ADDRESSES]
        return [address for address in found if address and (address[0] not in "/?#" or address[:2] == "//")]


def came_to_life(page: Page, harmless: Page) -> list[Any]:
    """Elements with attributes that only one of two pages has, and addresses of other sites: none, if the
    strings stayed texts."""
    return [*(page.shape - harmless.shape), *(harmless.shape - page.shape), *page.foreign]


def make_accounts(chief: User, texts: Sequence[str]) -> list[int]:
    """The ids of new accounts: each text as name and street as far as it fits, and as description."""
    changes = [Change(Verb.CREATE, "accounts", values=values_of(text)) for text in texts]
    return apply(changes, actor=chief, source=Source.IMPORT).or_raise().ids


def values_of(text: str) -> dict[str, str]:
    """An account's values."""
    return {"name": text[:200], "street": text[:200], "description": text}


def change_accounts(chief: User, ids: Sequence[int], texts: Sequence[str]) -> None:
    """Gives the accounts other texts."""
    changes = [
        Change(Verb.EDIT, "accounts", pk, values_of(text)) for pk, text in zip(ids, texts, strict=True)
    ]
    apply(changes, actor=chief, source=Source.PAGE).or_raise()


def make_wide_module(chief: User) -> str:
    """The key of a module whose records hold many texts: in one line, and in several, by turns."""
    module: Module = create_module(label="Lot", label_plural="Lots", actor=chief)
    for number in range(WIDE):
        kind = "text" if number % 2 else "long_text"
        create_field(module=module, label=f"Text {number}", key=f"text_{number}", type=kind, actor=chief)
    return module.key


def lots_of(texts: Sequence[str], size: int) -> list[list[str]]:
    """The texts, so many at once."""
    return [list(texts[start : start + size]) for start in range(0, len(texts), size)]


def wide_values(texts: Sequence[str]) -> list[dict[str, str]]:
    """The values of records of the wide module that hold all texts."""
    return [{f"text_{n}": text[:255] for n, text in enumerate(lot)} for lot in lots_of(texts, WIDE)]


def make_wide(chief: User, key: str, texts: Sequence[str]) -> dict[int, dict[str, str]]:
    """The ids and values of records that hold the texts."""
    given = wide_values(texts)
    changes = [Change(Verb.CREATE, key, values={"name": f"Lot {n}"} | one) for n, one in enumerate(given)]
    ids = apply(changes, actor=chief, source=Source.PAGE).or_raise().ids
    return dict(zip(ids, given, strict=True))


def change_wide(chief: User, key: str, ids: Sequence[int], texts: Sequence[str]) -> None:
    """Gives the records other texts."""
    pairs = zip(ids, wide_values(texts), strict=True)
    apply([Change(Verb.EDIT, key, pk, one) for pk, one in pairs], actor=chief, source=Source.PAGE).or_raise()
