"""Reads a formula's text into a tree, by precedence climbing.

From loose to close: or, and, not, comparisons (which do not chain), + and -, * and /, the sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from crm.formulas.base import NOTHING, FormulaProblem, FormulaProblems
from crm.formulas.tree import Call, Constant, Node, Path

LONGEST = 2000
DEEPEST = 100
MOST_DIGITS, MOST_PLACES = 15, 10
TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?!\w))|(?P<text>"(?:[^"]|"")*")"""
    r"""|(?P<name>[^\W\d]\w*(?:\.\w+)*)|(?P<sign><=|>=|<>|!=|==|[-+*/=<>(),])|(?P<other>\S))"""
)
BINDING = {
    "or": 1, "and": 2, "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6,
}  # fmt: skip
NOT, COMPARISON = 3, 4
SAME = {"==": "=", "<>": "!="}
WORDS: dict[str, tuple[bool | None, str]] = {
    "true": (True, "boolean"),
    "false": (False, "boolean"),
    "empty": (None, NOTHING),
}


class Token(NamedTuple):
    """A piece of the text; `position` is where it begins, from 1."""

    kind: str
    text: str
    position: int


def parse(text: str) -> Node:
    """The tree of a formula; raises FormulaProblems that name the position."""
    if len(text) > LONGEST:
        raise refused(1, _("A formula has at most %(limit)s characters.") % {"limit": LONGEST})
    if not text.strip():
        raise refused(1, _("Enter a formula."))
    return _Reader(text).whole()


def refused(position: int, message: str) -> FormulaProblems:
    """One problem, to raise."""
    return FormulaProblems([FormulaProblem(position, message)])


def _tokens(text: str) -> Iterator[Token]:
    for match in TOKEN.finditer(text.rstrip()):
        kind = match.lastgroup or ""
        found, position = match.group(kind), match.start(kind) + 1
        if kind == "other":
            raise refused(position, _unreadable(found))
        lowered = found.lower()
        if kind == "name" and lowered in ("and", "or", "not"):
            kind, found = "sign", lowered
        yield Token(kind, SAME.get(found, found), position)
    yield Token("end", "", len(text.rstrip()) + 1)


def _unreadable(found: str) -> str:
    if found in "\"'“”„‘’":
        return _('Texts stand between straight double quotes, such as "open".')
    return _("“%(text)s” can't be read here.") % {"text": found}


class _Reader:
    """One run over the tokens."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def take(self, sign: str) -> bool:
        """Whether the sign comes next, which is then passed."""
        if self.token.kind != "sign" or self.token.text != sign:
            return False
        self.at += 1
        return True

    def unexpected(self, wanted: str = "") -> FormulaProblems:
        """The problem with the next token."""
        token = self.token
        found = _("The formula ends too early.") if token.kind == "end" else _unreadable(token.text)
        return refused(token.position, f"{found} {wanted}".strip())

    def whole(self) -> Node:
        tree = self.operation(0, 0)
        if self.token.kind != "end":
            raise self.unexpected()
        return tree

    def operation(self, loosest: int, depth: int) -> Node:
        """What stands between operators that bind closer than `loosest`."""
        left = self.prefixed(depth + 1)
        while self.token.kind == "sign":
            sign, position = self.token.text, self.token.position
            binding = BINDING.get(sign, 0)
            if binding <= loosest:
                break
            self.at += 1
            left = self.call(position, sign, left, self.operation(binding, depth))
            if binding == COMPARISON and BINDING.get(self.token.text) == COMPARISON:
                raise self.unexpected(_("Join two comparisons by “and”."))
        return left

    def call(self, position: int, name: str, *parts: Node) -> Call:
        """A call, which must not be too high for a walk through it."""
        made = Call(position, name, parts)
        self.bounded(position, made.height)
        return made

    def bounded(self, position: int, depth: int) -> None:
        """Refuses what is nested too deep to be worked out."""
        if depth > DEEPEST:
            message = _("The formula is nested more than %(limit)s deep, or joins as many parts in a row.")
            raise refused(position, message % {"limit": DEEPEST})

    def prefixed(self, depth: int) -> Node:
        """A part with `not` or a sign in front, or without."""
        position = self.token.position
        self.bounded(position, depth)
        if self.take("not"):
            return self.call(position, "not", self.operation(NOT, depth))
        if self.take("-"):
            return self.call(position, "negative", self.prefixed(depth + 1))
        return self.single(depth)

    def single(self, depth: int) -> Node:
        """A constant, a path, a call or a part in brackets."""
        token = self.token
        if self.take("("):
            tree = self.operation(0, depth)
            self.close()
            return tree
        if token.kind not in ("number", "text", "name"):
            raise self.unexpected()
        self.at += 1
        if token.kind == "number":
            return Constant(token.position, _number(token), "number")
        if token.kind == "text":
            return Constant(token.position, _text(token), "text")
        if self.take("("):
            return self.call(token.position, token.text.lower(), *self.parts(depth))
        if token.text.lower() in WORDS:
            return Constant(token.position, *WORDS[token.text.lower()])
        return Path(token.position, token.text)

    def parts(self, depth: int) -> Iterator[Node]:
        """The parts of a call, behind its opening bracket."""
        if self.take(")"):
            return
        yield self.operation(0, depth)
        while self.take(","):
            yield self.operation(0, depth)
        self.close()

    def close(self) -> None:
        """Passes a closing bracket."""
        if not self.take(")"):
            raise self.unexpected(_("A closing bracket is missing."))


def _number(token: Token) -> Decimal:
    whole, _point, places = token.text.partition(".")
    if len(whole.lstrip("0")) > MOST_DIGITS or len(places) > MOST_PLACES:
        raise refused(
            token.position,
            _("A number has at most %(digits)s digits before and %(places)s after the point.")
            % {"digits": MOST_DIGITS, "places": MOST_PLACES},
        )
    return Decimal(token.text)


def _text(token: Token) -> str | None:
    text = unicodedata.normalize("NFC", token.text[1:-1].replace('""', '"').replace("\r\n", "\n"))
    if "\x00" in text or re.search(r"[\ud800-\udfff]", text):
        message = _("The text contains a character that is not allowed (NUL or half a character).")
        raise refused(token.position, message)
    return text or None
