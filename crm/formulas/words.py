"""Tells a formula in the active language: fields by their labels, functions in plain words."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from crm.fields.numbers import babel_locale
from crm.formulas.functions.base import OPERATORS
from crm.formulas.reading import BINDING, NOT
from crm.formulas.tree import Apply, Read, Typed, Value

CLOSEST = 8


def tell(tree: Typed) -> str:
    """The part in words."""
    if isinstance(tree, Value):
        return _constant(tree)
    if isinstance(tree, Read):
        return tree.operand.label
    parts = tree.parts
    if tree.function.key not in OPERATORS or tree.function.key == "not":
        return tree.function.words([tell(part) for part in parts])
    bound = _binding(tree)
    told = [_bracketed(part, bound + (place > 0)) for place, part in enumerate(parts)]
    return tree.function.words(told)


def _binding(tree: Typed) -> int:
    """How closely a part holds together without brackets."""
    if not isinstance(tree, Apply) or tree.function.key not in OPERATORS:
        return CLOSEST
    return NOT if tree.function.key == "not" else BINDING.get(tree.function.key, CLOSEST - 1)


def _bracketed(part: Typed, loosest: int) -> str:
    """The part, in brackets if it would fall apart."""
    told = tell(part)
    return f"({told})" if _binding(part) < loosest else told


def _constant(part: Value) -> str:
    if part.value is None:
        return _("nothing")
    if isinstance(part.value, bool):
        return _("yes") if part.value else _("no")
    if isinstance(part.value, Decimal):
        return format_decimal(part.value, locale=babel_locale(), decimal_quantization=False)
    return f"“{part.value}”"
