"""The stage of updates of linked records, which rules have asked for in the same round."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.door import Batch, Draft, Notice, Verb
from crm.door.intake import draft_of
from crm.door.reading import read_records
from crm.door.stages.base import Stage
from crm.models import RecordLink
from workflows.linked import DONE, WISHES, Wish

MOST = 200  # records that one action changes over one link
MOST_TOGETHER = 2000  # in one batch
Targets = list[tuple[Wish, list[int]]]


class LinkedStage(Stage):
    """Takes linked records into the batch, locked, and sets their fields: the next round sees them.

    A fixed number of statements per round and module, however many records ask. What was changed has the
    rule as its cause, so that the rule does not fire on it again; others do.
    """

    key = "linked"
    always = True

    def decide(self, batch: Batch, _drafts: Sequence[Draft]) -> None:
        wishes: list[Wish] = batch.memory.pop(WISHES, [])
        wishes = [one for one in wishes if one.firing.draft.id in batch.drafts]
        if not wishes:
            return
        targets = _forward(wishes) + _backward(batch, wishes)
        _take_in(batch, targets)
        for one, ids in targets:
            found = [batch.drafts[pk] for pk in ids if _stands(batch, pk, one)]
            done = [draft for draft in found if _set(batch, draft, one)]
            batch.memory.setdefault(DONE, []).append((one, done))


def _forward(wishes: Sequence[Wish]) -> Targets:
    """The record that a link of the record's own leads to."""
    found: Targets = []
    for one in wishes:
        if not one.link.backward:
            target = one.firing.draft.value(one.link.field)
            found.append((one, [] if target is None else [target]))
    return found


def _backward(batch: Batch, wishes: Sequence[Wish]) -> Targets:
    """The records whose link leads here, as they will be after this batch; not more than the limits."""
    asked: dict[tuple[str, str], list[Wish]] = {}
    for one in wishes:
        if one.link.backward:
            asked.setdefault((one.link.module, one.link.field), []).append(one)
    found: Targets = []
    room = MOST_TOGETHER
    for (module, field), group in asked.items():
        pointing = _pointing(batch, module, field, {one.firing.draft.id for one in group})
        for one in group:
            ids = pointing.get(one.firing.draft.id, [])
            most = min(MOST, room)
            if len(ids) > most:
                _tell_more(one, most)
            found.append((one, ids[:most]))
            room -= len(ids[:most])
    return found


def _pointing(batch: Batch, module: str, field: str, ids: set[int]) -> dict[int, list[int]]:
    """Who links to these records, by record, in order; one statement."""
    links = RecordLink.objects.filter(to_id__in=ids, from_module=module, field=field).order_by("from_id")
    found: dict[int, list[int]] = {}
    for to_id, from_id in links.values_list("to_id", "from_id")[: (MOST + 1) * len(ids) + MOST_TOGETHER]:
        if from_id not in batch.drafts:
            found.setdefault(to_id, []).append(from_id)
    for draft in batch.drafts.values():
        if draft.module.key == module and (to_id := _id_of(draft.after.get(field))) in ids:
            found.setdefault(to_id, []).append(draft.id)
    return {to_id: sorted(there) for to_id, there in found.items()}


def _id_of(value: object) -> int:
    """The id that a link or a link to any record holds; 0 for none."""
    return int(getattr(value, "id", value) or 0)  # type: ignore[call-overload, no-any-return]


def _take_in(batch: Batch, targets: Targets) -> None:
    """Locks and reads what is not in the batch yet, by module and id as everywhere."""
    wanted: dict[str, dict[int, Wish]] = {}
    for one, ids in targets:
        missing = {pk: one for pk in ids if pk not in batch.drafts}
        wanted.setdefault(one.link.module, {}).update(missing)
    for key in sorted(wanted):
        module = batch.registry.module(key)
        for pk, row in read_records(module, wanted[key], lock=True).items():
            if row.binned_at is None:
                draft = draft_of(module, row, Verb.EDIT)
                draft.cause = wanted[key][pk].firing.cause
                batch.drafts[pk] = draft


def _stands(batch: Batch, pk: int, one: Wish) -> bool:
    """Whether the record is there, stays, and is what the link says."""
    draft = batch.drafts.get(pk)
    return draft is not None and draft.stays and draft.module.key == one.link.module


def _set(batch: Batch, draft: Draft, one: Wish) -> bool:
    """Sets the field; tells whether that changed anything."""
    before = draft.after.get(one.info.key)
    batch.set(draft, one.info.key, "" if one.value is None else one.value, one.firing.cause)
    return bool(draft.after.get(one.info.key) != before)


def _tell_more(one: Wish, most: int) -> None:
    message = _("More than %(most)s records are linked (%(link)s); only the first %(most)s were changed.")
    cause = one.firing.cause
    text = message % {"most": most, "link": one.link.label}
    one.firing.batch.notices.append(Notice(one.firing.draft.id, cause.label, None, text, cause))
