"""Trigger kinds: what makes a rule look at a record. Higher floors register theirs from their own rooms."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules


def register() -> None:
    """Makes the trigger kinds of this folder known."""
    for found in iter_modules(__path__):
        import_module(f"{__name__}.{found.name}")
