"""Tags on many records at once, without touching the tags that others put there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from django.conf import settings
from django.db import connection

from crm.door.apply import apply
from crm.door.batch import CauseNode
from crm.door.changes import Change, Outcome, Source, Verb
from crm.door.once import in_one_transaction
from crm.door.reading import read_records
from crm.models import User
from crm.modules.loading import registry

Rewrite = Callable[[set[str]], set[str]]


def add_tags(
    module: str, ids: Sequence[int], tags: Iterable[str], *, actor: User | None, source: Source = Source.LIST,
    cause: CauseNode | None = None,
) -> Outcome:  # fmt: skip
    """Puts the tags on the records beside those they have; refused records come back, others go in."""
    new = {str(tag) for tag in tags}
    return _rewrite(module, ids, lambda had: had | new, actor, source, cause)


def remove_tags(
    module: str, ids: Sequence[int], tags: Iterable[str], *, actor: User | None, source: Source = Source.LIST,
    cause: CauseNode | None = None,
) -> Outcome:  # fmt: skip
    """Takes the tags off the records and leaves the others; refused records come back, others go in."""
    old = {str(tag).strip() for tag in tags}
    return _rewrite(module, ids, lambda had: had - old, actor, source, cause)


def _rewrite(
    module: str,
    ids: Sequence[int],
    rewrite: Rewrite,
    actor: User | None,
    source: Source,
    cause: CauseNode | None,
) -> Outcome:
    """Reads each chunk's tags under the lock under which they are written."""
    root = cause or CauseNode(source.value, str(actor) if actor else source.value)
    size = settings.CRM_CHUNK_SIZE[connection.vendor]
    whole = Outcome([])
    for start in range(0, len(ids), size):
        work = partial(_chunk, module, ids[start : start + size], rewrite, actor, source, root)
        outcome = in_one_transaction(work, root)
        whole.results += outcome.results
        whole.notices += outcome.notices
    whole.cause_id = root.id
    return whole


def _chunk(
    module: str, ids: Sequence[int], rewrite: Rewrite, actor: User | None, source: Source, root: CauseNode
) -> Outcome:
    info = registry().modules.get(module)
    rows = read_records(info, ids, lock=True) if info is not None else {}
    had = {pk: set(row.values.get("tags") or ()) for pk, row in rows.items()}
    changes = [Change(Verb.EDIT, module, pk, {"tags": sorted(rewrite(had.get(pk, set())))}) for pk in ids]
    return apply(changes, actor=actor, source=source, mode="each", cause=root)
