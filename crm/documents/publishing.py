"""Puts documents live and switches them off; what is live never changes, it is replaced."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from crm.documents.generation import configuration_changed
from crm.documents.kinds import DOCUMENT_KINDS, Data, DocumentRefused, canonical
from crm.models import DocumentVersion, Generation, User, VersionState


def publish(
    kind: str, key: str, name: str, data: Data, *, actor: User | None, note: str = ""
) -> DocumentVersion:
    """Makes the next version of a document and retires the live one; returns the live version.

    A document that says the same as the live one makes no new version. Raises DocumentRefused, naming
    everything that is wrong. Everything or nothing; of two publishers at once, one waits for the other.
    """
    declared = DOCUMENT_KINDS[kind]
    with transaction.atomic():
        _one_at_a_time()
        problems = declared.validate(key, data)
        if problems:
            raise DocumentRefused(problems)
        text = canonical(data)
        old = live_version(kind, key)
        if old is not None and (old.text, old.format, old.name) == (text, declared.format, name):
            return old
        if old is not None:
            _retire(old)
        last = DocumentVersion.objects.filter(kind=kind, key=key).order_by("-number").first()
        new = DocumentVersion.objects.create(
            kind=kind,
            key=key,
            number=last.number + 1 if last else 1,
            name=name,
            format=declared.format,
            text=text,
            published_at=timezone.now(),
            published_by=actor,
            note=note,
        )
        before = {"version": old.number} if old else None
        configuration_changed(
            actor=actor, kind=kind, key=key, what="published", before=before, after={"version": new.number}
        )
    return new


def retire(kind: str, key: str, *, actor: User | None) -> DocumentVersion | None:
    """Switches a document off; returns the version that was live, None if there was none."""
    with transaction.atomic():
        _one_at_a_time()
        old = live_version(kind, key)
        if old is None:
            return None
        _retire(old)
        before = {"version": old.number}
        configuration_changed(actor=actor, kind=kind, key=key, what="switched off", before=before)
    return old


def live_version(kind: str, key: str) -> DocumentVersion | None:
    """The live version of one document."""
    return DocumentVersion.objects.filter(kind=kind, key=key, state=VersionState.PUBLISHED).first()


def _one_at_a_time() -> None:
    """Waits for whoever is changing the configuration; on SQLite the transaction itself is the lock."""
    Generation.objects.get_or_create(pk=1)
    Generation.objects.select_for_update().get(pk=1)


def _retire(version: DocumentVersion) -> None:
    version.retire()
    version.retired_at = timezone.now()
    version.save(update_fields=["state", "retired_at"])
