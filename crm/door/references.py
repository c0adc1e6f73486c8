"""Do the people and records that drafts point at exist? One statement per kind of target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from crm.door.batch import Batch, Draft
from crm.fields.links import Ref
from crm.models import User
from crm.modules.registry import FieldInfo
from crm.visibility import visible_ids

Pointer = tuple[Draft, str]
Wanted = dict[int, list[Pointer]]


def check_references(batch: Batch, drafts: Sequence[Draft]) -> None:
    """Refuses drafts that newly point at an inactive person, or at a record that is not there.

    What was copied from another record need only exist: the person in it may have left, and the record
    may be one that the actor does not see, or that is in the bin.
    """
    people: dict[bool, Wanted] = {}
    records: dict[tuple[str, bool], Wanted] = {}
    for draft in drafts:
        for info in draft.module.pointing_fields:
            if draft.after.get(info.key) == draft.before_value(info.key):
                continue
            copied = draft.is_copied(info.key)
            for target in _targets(draft, info):
                if isinstance(target, int):
                    people.setdefault(copied, {}).setdefault(target, []).append((draft, info.key))
                elif not _is_in_batch(batch, target):
                    wanted = records.setdefault((target.module, copied), {})
                    wanted.setdefault(target.id, []).append((draft, info.key))
    for copied, wanted_people in people.items():
        _check_people(wanted_people, copied)
    for (module_key, copied), wanted in records.items():
        _check_records(batch, module_key, wanted, copied)


def _targets(draft: Draft, info: FieldInfo) -> Iterator[int | Ref]:
    """What the field's value points at: people by id, records as Ref."""
    value = draft.after.get(info.key)
    if value is None:
        return
    if info.type.family == "user":
        yield value
    elif info.type.family == "lines":
        known = {None, *(line["product"] for line in draft.before_value(info.key) or [])}
        yield from (Ref("products", line["product"]) for line in value if line["product"] not in known)
    else:
        yield value if isinstance(value, Ref) else Ref(info.target or "", value)


def _is_in_batch(batch: Batch, target: Ref) -> bool:
    """Whether the batch makes or holds the record itself, and it stays."""
    draft = batch.drafts.get(target.id)
    return draft is not None and draft.module.key == target.module and draft.stays


def _check_people(wanted: Wanted, copied: bool) -> None:
    rows = User.objects.filter(pk__in=wanted)
    found = set((rows if copied else rows.filter(is_active=True)).values_list("pk", flat=True))
    for user_id, pointers in wanted.items():
        if user_id not in found:
            _refuse(pointers, _("There is no active person with the id %s.") % user_id)


def _check_records(batch: Batch, module_key: str, wanted: Wanted, copied: bool) -> None:
    found: Iterable[int] = ()
    module = batch.registry.modules.get(module_key)
    if module is not None and copied:
        found = module.rows().filter(pk__in=wanted).values_list("pk", flat=True)
    elif module is not None and batch.judged is not None:
        found = visible_ids(batch.judged, module, list(wanted))
    elif module is not None:
        found = module.rows().filter(pk__in=wanted, binned_at__isnull=True).values_list("pk", flat=True)
    there = set(found)
    for record_id, pointers in wanted.items():
        if record_id not in there:
            name = module.label if module is not None else module_key
            _refuse(
                pointers, _("There is no %(module)s with the id %(id)s.") % {"module": name, "id": record_id}
            )


def _refuse(pointers: Iterable[Pointer], message: str) -> None:
    for draft, key in pointers:
        draft.refuse(key, "not_found", message)
