"""The pattern of criteria, such as `(1 and 2) or not 3`: read, checked, written.

`not` binds closer than `and`, and `and` closer than `or`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem

LONGEST = 2000
DEEPEST = 40
TOKEN = re.compile(r"\s*(?:(\d{1,4})|(and|or|not)\b|([()])|(\S))", re.IGNORECASE)


@dataclass(frozen=True)
class Number:
    """The condition with that number, from 1."""

    number: int


@dataclass(frozen=True)
class Not:
    """The opposite of a part."""

    part: Node


@dataclass(frozen=True)
class Every:
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Some:
    """At least one part holds."""

    parts: tuple[Node, ...]


Node = Number | Not | Every | Some
Token = tuple[str, int]  # the text in small letters, and where it begins, from 1


def all_of(count: int) -> Node:
    """The pattern where none is given: every condition holds."""
    return Number(1) if count == 1 else Every(tuple(Number(number) for number in range(1, count + 1)))


def parse(text: str) -> Node:
    """The pattern's tree; raises SideProblem that names the position."""
    if len(text) > LONGEST:
        raise SideProblem(_("The pattern has more than %(limit)s characters.") % {"limit": LONGEST})
    return _Reader(text).read()


def _tokens(text: str) -> Iterator[Token]:
    for match in TOKEN.finditer(text.rstrip()):
        start = match.start(match.lastindex or 0) + 1
        if match.group(4):
            raise SideProblem(
                _("The pattern can't be read at position %(position)s, near “%(text)s”.")
                % {"position": start, "text": match.group(4)}
            )
        yield match.group().strip().lower(), start


class _Reader:
    """Reads by descent: or, and, not, then a number or brackets."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.end = len(text.rstrip()) + 1
        self.at = 0
        self.depth = 0

    def read(self) -> Node:
        tree = self.either()
        if self.at < len(self.tokens):
            self.refuse()
        return tree

    def next(self) -> str | None:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else None

    def take(self, word: str) -> bool:
        if self.next() != word:
            return False
        self.at += 1
        return True

    def refuse(self) -> None:
        if self.at >= len(self.tokens):
            raise SideProblem(_("The pattern ends too early, at position %(at)s.") % {"at": self.end})
        text, start = self.tokens[self.at]
        raise SideProblem(
            _("The pattern can't be read at position %(position)s, near “%(text)s”.")
            % {"position": start, "text": text}
        )

    def either(self) -> Node:
        parts = [self.each()]
        while self.take("or"):
            parts.append(self.each())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def each(self) -> Node:
        parts = [self.single()]
        while self.take("and"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def single(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise SideProblem(_("The pattern is nested more than %(limit)s deep.") % {"limit": DEEPEST})
        node = self.negated() if self.take("not") else self.bracketed()
        self.depth -= 1
        return node

    def negated(self) -> Node:
        part = self.single()
        return part.part if isinstance(part, Not) else Not(part)

    def bracketed(self) -> Node:
        if self.take("("):
            tree = self.either()
            if not self.take(")"):
                self.refuse()
            return tree
        word = self.next()
        if word is None or not word.isdecimal():
            self.refuse()
        self.at += 1
        return Number(int(word or 0))


def numbers(tree: Node) -> set[int]:
    """The conditions that the pattern names."""
    if isinstance(tree, Number):
        return {tree.number}
    parts = (tree.part,) if isinstance(tree, Not) else tree.parts
    return set().union(*(numbers(part) for part in parts))


CODE = ("and", "or", "not %s")


def write(tree: Node, leaf: Callable[[int], str], words: tuple[str, str, str] = CODE) -> str:
    """The tree as text: `leaf` writes a condition, `words` are and, or, not; brackets where parts mix."""
    both, either, no = words

    def inner(node: Node) -> str:
        text = outer(node)
        return f"({text})" if isinstance(node, Every | Some) else text

    def outer(node: Node) -> str:
        if isinstance(node, Number):
            return leaf(node.number)
        if isinstance(node, Not):
            return no.replace("%s", outer(node.part) if "(" in no else inner(node.part))
        joiner = f" {both} " if isinstance(node, Every) else f" {either} "
        return joiner.join(inner(part) for part in node.parts)

    return outer(tree)
