"""Reads a form out of HTML as a browser would send it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import QueryDict

SENT_IF_CHECKED = ("checkbox", "radio")


class FormReader(HTMLParser):
    """Collects the names and values of controls, without buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self.select = ""
        self.options: list[tuple[str, bool]] = []
        self.area: str | None = None
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "input" and name and (given.get("type") not in SENT_IF_CHECKED or "checked" in given):
            one_line = value.replace("\r", "").replace("\n", "")
            self.sent.append((name, value if given.get("type") in ("hidden", *SENT_IF_CHECKED) else one_line))
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option":
            self.options.append((value, "selected" in given))
        elif tag == "textarea":
            self.area, self.text = name, []

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.options:
            chosen = [value for value, selected in self.options if selected] or [self.options[0][0]]
            self.sent.append((self.select, chosen[-1]))
        elif tag == "textarea" and self.area is not None:
            text = "".join(self.text).removeprefix("\n").replace("\r\n", "\n")
            self.sent.append((self.area, text.replace("\r", "\n").replace("\n", "\r\n")))
            self.area = None


def form_of(html: str, **more: Any) -> QueryDict:
    """What a browser would post of these controls, and of a button if one is named."""
    reader = FormReader()
    reader.feed(html)
    reader.close()
    data = QueryDict(mutable=True)
    for name, value in [*reader.sent, *more.items()]:
        data.appendlist(name.replace("__", "-"), str(value))
    return data
