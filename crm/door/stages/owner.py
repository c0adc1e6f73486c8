"""The stage after assignment: a new record that nobody got belongs to whoever made it."""

from __future__ import annotations

from collections.abc import Sequence

from crm.door.batch import Batch, Draft
from crm.door.stages.base import Stage


class OwnerStage(Stage):
    """Before the rules, so that they see the owner; without a person (the clock, a form) nobody owns it."""

    key = "owner"
    always = True

    def decide(self, batch: Batch, drafts: Sequence[Draft]) -> None:
        if batch.actor is None:
            return
        for draft in drafts:
            if draft.is_new and draft.changes and draft.after.get("owner") is None:
                draft.after["owner"] = batch.actor.pk
