"""What is read from the configuration once per space and generation, and then kept in the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from crm.documents.generation import current_generation
from crm.space import current_space

T = TypeVar("T")
_all: list[PerGeneration[object]] = []


class PerGeneration(Generic[T]):
    """Wraps a function without arguments; calls it again only when the configuration has changed."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._kept: dict[str, tuple[int, T]] = {}
        self.__doc__ = read.__doc__
        _all.append(self)  # type: ignore[arg-type]

    def __call__(self) -> T:
        space, generation = current_space(), current_generation()
        kept = self._kept.get(space)
        if kept is None or kept[0] != generation:
            kept = (generation, self._read())
            self._kept[space] = kept
        return kept[1]

    def clear(self) -> None:
        """Forgets what was read."""
        self._kept.clear()


def forget_everything() -> None:
    """Forgets all that was read; for tests, which roll the configuration back."""
    for kept in _all:
        kept.clear()
