"""The pattern in the editor: all, any, or one of one's own, that follows when conditions come and go."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from crm.criteria import pattern
from crm.criteria.base import SideProblem

ALL, ANY, OWN = "all", "any", "own"


def match_of(text: Any, count: int) -> str:
    """Which of the three ways a stored pattern is."""
    if not text:
        return ALL
    tree = _tree(text)
    if tree == pattern.all_of(count):
        return ALL
    return ANY if tree is not None and tree == _any_of(count) else OWN


def posted_match(data: QueryDict, name: str) -> str:
    """The way that was chosen in a form."""
    given = data.get(f"{name}-match", ALL)
    return given if given in (ALL, ANY, OWN) else ALL


def pattern_for(match: str, text: str, count: int) -> str | None:
    """The pattern to compile; None where all conditions must hold."""
    if match == ANY and count > 1:
        return pattern.write(_any_of(count), str)
    return text.strip() or None if match == OWN else None


def with_number(text: str, number: int) -> str:
    """The pattern with one more condition that must hold; as it is if it can't be read or has it."""
    tree = _tree(text)
    if tree is None or number in pattern.numbers(tree):
        return text
    parts = tree.parts if isinstance(tree, pattern.Every) else (tree,)
    return pattern.write(pattern.Every((*parts, pattern.Number(number))), str)


def without_number(text: str, number: int) -> str:
    """The pattern without a condition; those after it move up. As it is if it can't be read."""
    tree = _tree(text)
    if tree is None:
        return text
    rest = _without(tree, number)
    return "" if rest is None else pattern.write(rest, str)


def _tree(text: Any) -> pattern.Node | None:
    try:
        return pattern.parse(text) if isinstance(text, str) and text.strip() else None
    except SideProblem:
        return None


def _any_of(count: int) -> pattern.Node:
    numbers = tuple(pattern.Number(number) for number in range(1, count + 1))
    return numbers[0] if count == 1 else pattern.Some(numbers)


def _without(node: pattern.Node, number: int) -> pattern.Node | None:
    if isinstance(node, pattern.Number):
        if node.number == number:
            return None
        return pattern.Number(node.number - (node.number > number))
    if isinstance(node, pattern.Not):
        inner = _without(node.part, number)
        return None if inner is None else pattern.Not(inner)
    parts = tuple(part for one in node.parts if (part := _without(one, number)) is not None)
    if len(parts) < 2:
        return parts[0] if parts else None
    return type(node)(parts)
