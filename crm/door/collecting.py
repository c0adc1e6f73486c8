"""Keeps Python's collector of cyclic garbage from looking through a large batch again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 50  # changes; a smaller batch is done before the collector would run often


@contextmanager
def without_collecting(changes: int) -> Iterator[None]:
    """A chunk's objects all live until it is written: searching them for garbage took a quarter of the time.

    What is no longer referred to is freed as always. Of two threads at once, the first that is done
    lets the collector run again, which costs the other only time.
    """
    if changes < MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
