"""Tells a formula in the active language: fields by their labels, functions in plain words."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from crm.fields.numbers import babel_locale
from crm.formulas.functions.base import OPERATORS
from crm.formulas.reading import BINDING, NOT
from crm.formulas.tree import Apply, Read, Typed, Value

CLOSEST, SIMPLE = 8, 9
STRUNG = (*BINDING, "negative")  # a sign between or before parts
OPEN = dict.fromkeys(("if", "coalesce", "concat", "min", "max"), 0)  # whose words hold their parts apart


def tell(tree: Typed) -> str:
    """The part in words."""
    if isinstance(tree, Value):
        return _constant(tree)
    if isinstance(tree, Read):
        return tree.operand.label
    bound = _binding(tree) if tree.function.key in STRUNG else OPEN.get(tree.function.key, SIMPLE)
    step = tree.function.key in BINDING
    return tree.function.words(
        [_bracketed(part, bound + step * (n > 0)) for n, part in enumerate(tree.parts)]
    )


def _binding(tree: Typed) -> int:
    """How closely a part holds together without brackets."""
    if not isinstance(tree, Apply) or not tree.parts:
        return SIMPLE
    if tree.function.key not in OPERATORS:
        return SIMPLE if tree.function.key in OPEN else CLOSEST
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
