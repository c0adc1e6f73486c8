"""How texts with merge fields are written: `{{field}}`, `{{field|otherwise}}` and `{{#list}} … {{/list}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

MARK = re.compile(r"\{\{\s*([#/]?)\s*([^{}|]*?)\s*(?:\|([^{}]*))?\}\}")


@dataclass(frozen=True)
class Put:
    """A merge field, and the text that stands there if it is empty."""

    name: str
    otherwise: str = ""


@dataclass(frozen=True)
class Repeat:
    """A part that is repeated for each entry of a list."""

    name: str
    inner: tuple[Node, ...]


Node = str | Put | Repeat


def read(text: str) -> tuple[tuple[Node, ...], list[str]]:
    """The parts of a text, and what is wrong with how it is written."""
    problems: list[str] = []
    done: list[Node] = []
    open_list: str | None = None
    outside, here, place = done, done, 0
    for mark in MARK.finditer(text):
        here.append(text[place : mark.start()])
        place = mark.end()
        sign, name, otherwise = mark.groups()
        if not sign:
            here.append(Put(name, (otherwise or "").strip()))
        elif sign == "#" and open_list is None:
            open_list, here = name, []
        elif sign == "/" and name == open_list:
            outside.append(Repeat(name, tuple(here)))
            open_list, here = None, outside
        else:
            problems.append(_wrong(sign, name))
    here.append(text[place:])
    if open_list is not None:
        problems.append(_("The list {{#%(name)s}} is not closed by {{/%(name)s}}.") % {"name": open_list})
    if any("{{" in part or "}}" in part for part in _texts([*done, *here])):
        problems.append(_("A merge field is written {{field}}; a pair of braces is left open."))
    return tuple(part for part in done if part != ""), problems


def _wrong(sign: str, name: str) -> str:
    if sign == "#":
        return _("The list {{#%s}} begins inside another list.") % name
    return _("{{/%(name)s}} closes a list that is not open: there is no {{#%(name)s}} before it.") % {
        "name": name
    }


def _texts(nodes: Sequence[Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Repeat):
            yield from _texts(node.inner)
