"""What a stage is: one step of deciding what a change brings about, and of storing that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from crm.door.batch import Batch, Draft


class Stage:
    """A stage of the door. `key` is the name by which a caller chooses which automation runs."""

    key = ""
    always = False  # runs whatever automation a caller chooses

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        """Works out, in memory, what these drafts bring about; refuses with `draft.refuse`."""

    def write(self, batch: Batch) -> None:
        """Stores what the stage itself decided, in the batch's transaction."""


@cache
def entry_stages() -> tuple[Stage, ...]:
    """The stages that a change passes once, in order."""
    return tuple(import_string(path)() for path in settings.CRM_STAGES)


@cache
def round_stages() -> tuple[Stage, ...]:
    """The stages that are repeated until nothing changes, in order."""
    return tuple(import_string(path)() for path in settings.CRM_ROUND_STAGES)
