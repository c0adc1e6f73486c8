"""Triggers of notes and files that are put on a record."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from crm.door import Change, Source, Verb, apply
from crm.door.attach import Attaching, on_attached
from workflows.rule_documents import rule_index
from workflows.triggers.base import EVENTS, EventTrigger, register_trigger_kind


@register_trigger_kind
class NoteAdded(EventTrigger):
    """Somebody wrote a note."""

    key, label = "note_added", gettext_lazy("given a note")


@register_trigger_kind
class FileAdded(EventTrigger):
    """Somebody added a file."""

    key, label = "file_added", gettext_lazy("given a file")


@on_attached
def look(attaching: Attaching) -> None:
    """Lets the rules look at the record, in the transaction of the note or file."""
    event = f"{attaching.kind}_added"
    index = rule_index().get(attaching.module)
    if index is None or not any(rule.trigger == event for rule in index.event):
        return
    batch = attaching.batch
    apply(
        [Change(Verb.EDIT, attaching.module, attaching.record_id)],
        actor=batch.actor,
        source=Source.RULE,
        cause=batch.cause,
        trusted=True,
        automation=frozenset(["rules"]),
        options={EVENTS: {attaching.record_id: {event: attaching.id}}},
    )
