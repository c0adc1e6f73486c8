"""Action kinds, one file each; a new file is found by itself."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules


def register() -> None:
    """Makes the action kinds of this folder known."""
    for found in iter_modules(__path__):
        import_module(f"{__name__}.{found.name}")
