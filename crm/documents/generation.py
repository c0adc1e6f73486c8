"""The configuration's generation: one number that tells every cache whether it is still right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import time_ns
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.models import ConfigurationChange, Generation, User

_held: ContextVar[int | None] = ContextVar("held_generation", default=None)


def current_generation() -> int:
    """The generation: held for this request or batch, else read (one query)."""
    held = _held.get()
    return held if held is not None else _read()


def _read() -> int:
    number = Generation.objects.filter(pk=1).values_list("number", flat=True).first()
    return 0 if number is None else number


@contextmanager
def held_generation() -> Iterator[int]:
    """Reads the generation once for what is inside: a request, a batch, a job."""
    if (held := _held.get()) is not None:
        yield held
        return
    number = _read()
    token = _held.set(number)
    try:
        yield number
    finally:
        _held.reset(token)


def generation_moved() -> bool:
    """Whether the configuration changed since the generation was read; from then on the new one is held."""
    number = _read()
    if number == _held.get():
        return False
    _held.set(number)
    return True


def read_generation_again() -> None:
    """Where a generation is held, holds the stored one: a change of the configuration was taken back."""
    if _held.get() is not None:
        _held.set(_read())


def configuration_changed(
    *, actor: User | None, kind: str, key: str, what: str, before: Any = None, after: Any = None
) -> int:
    """Journals one configuration change and starts the next generation; returns its number."""
    with transaction.atomic():
        Generation.objects.get_or_create(pk=1)
        generation = Generation.objects.select_for_update().get(pk=1)
        # Never a number again that a rolled back transaction had: caches outlive it.
        number = generation.number = max(generation.number + 1, time_ns() // 1000)
        generation.save()
        ConfigurationChange.objects.create(
            generation=number,
            at=timezone.now(),
            actor=actor,
            kind=kind,
            key=key,
            what=what,
            before=before,
            after=after,
        )
    if _held.get() is not None:
        _held.set(number)
    return number
