"""HTML of e-mails: cleaned by lists of what is allowed, and as plain text.

Tokens are read one by one and written anew, so that merge fields stay where they stand, also between the
rows of a table, from where a parser that mends tables would move them. What is written is balanced, and
every text and attribute is escaped.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img"})
BLOCKS = frozenset({
    "address", "blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "tr",
    "ul",
})  # fmt: skip
ALLOWED = VOID | BLOCKS | frozenset({
    "a", "abbr", "b", "caption", "center", "code", "dd", "del", "dl", "dt", "em", "font", "i", "ins", "li",
    "s", "small", "span", "strong", "sub", "sup", "tbody", "td", "tfoot", "th", "thead", "u",
})  # fmt: skip
# Their content goes with them; everything else that is not allowed leaves its text behind.
SILENT = frozenset(
    {"script", "style", "title", "template", "textarea", "select", "iframe", "object", "noscript"}
)
EVERYWHERE = frozenset({"align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"})
ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href"}),
    "font": frozenset({"color", "face", "size"}),
    "img": frozenset({"alt", "src"}),
    "ol": frozenset({"start"}),
    "table": frozenset({"border", "cellpadding", "cellspacing", "role"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
}
ADDRESS = re.compile(r"(https?://|mailto:|tel:|#|\{\{)", re.IGNORECASE)
PROPERTY = re.compile(
    r"(background-color|border(-[a-z-]+)?|color|display|font(-[a-z-]+)?|height|letter-spacing|line-height"
    r"|list-style-type|margin(-[a-z]+)?|max-width|min-width|padding(-[a-z]+)?|text-[a-z-]+|vertical-align"
    r"|white-space|width)",
    re.IGNORECASE,
)
SPACES = re.compile("[ \t\n\r\f]+")  # what HTML takes for one blank; others are part of the text
VALUE = re.compile(r"[\w\s#%.,()'\"!+-]*")


def clean_html(text: str) -> str:
    """The text with allowed elements, attributes, addresses and styles only, and every element closed."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    cleaner.close()
    return cleaner.result()


def to_text(text: str) -> str:
    """What HTML says, as plain text: blocks and rows on lines of their own, links with their address."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (SPACES.sub(" ", line).strip(" ") for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


class _Silenced(HTMLParser):
    """Leaves out elements whose content is no text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent += 1
        elif not self.silent:
            self.begin(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SILENT and not self.silent:
            self.begin(tag, attrs)
            self.end(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.silent = max(0, self.silent - 1)
        elif not self.silent:
            self.end(tag)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.say(data)

    def begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        raise NotImplementedError

    def end(self, tag: str) -> None:
        """An element ends."""
        raise NotImplementedError

    def say(self, data: str) -> None:
        """A piece of text."""
        raise NotImplementedError


class _Cleaner(_Silenced):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            return
        told = "".join(
            f' {name}="{escape(value)}"'
            for name, given in dict(attrs).items()
            if (value := _attribute(tag, name, given or "")) is not None
        )
        self.parts.append(f"<{tag}{told}>")
        if tag not in VOID:
            self.open.append(tag)

    def end(self, tag: str) -> None:
        if tag not in self.open:
            return
        while (last := self.open.pop()) != tag:
            self.parts.append(f"</{last}>")
        self.parts.append(f"</{tag}>")

    def say(self, data: str) -> None:
        self.parts.append(escape(data, quote=False))

    def result(self) -> str:
        """What was read, written anew."""
        closing = (f"</{tag}>" for tag in reversed(self.open))
        return "".join([*self.parts, *closing])


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The attribute's value as it may stand there, or None if it may not."""
    if name not in EVERYWHERE and name not in ATTRIBUTES.get(tag, ()):
        return None
    if name in ("href", "src"):
        address = value.strip()
        return address if ADDRESS.match(address) else None
    return _style(value) if name == "style" else value


def _style(value: str) -> str | None:
    """The allowed declarations; none may load anything."""
    kept = []
    for declaration in value.split(";"):
        name, _colon, given = declaration.partition(":")
        is_plain = VALUE.fullmatch(given) and not re.search(r"url|expression|image", given, re.IGNORECASE)
        if PROPERTY.fullmatch(name.strip()) and is_plain:
            kept.append(f"{name.strip()}: {given.strip()}")
    return "; ".join(kept) or None


class _Reader(_Silenced):
    def __init__(self) -> None:
        super().__init__()
        self.address = ""

    def begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS or tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag == "a":
            self.address = dict(attrs).get("href") or ""

    def end(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag == "a":
            if self.address.startswith("http") and self.address not in self.parts[-1:]:
                self.parts.append(f" ({self.address})")
            self.address = ""

    def say(self, data: str) -> None:
        self.parts.append(SPACES.sub(" ", data))
