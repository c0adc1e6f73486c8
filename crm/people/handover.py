"""Gives the open records and tasks of somebody who leaves to a successor, through the door."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from crm.door import CauseNode, Change, Source, Verb, apply
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.people.problems import PeopleProblem
from crm.visibility.columns import field_value


def handover(*, person: User, successor: User | None, actor: User | None) -> int:
    """Makes the successor the owner of the person's open records; returns how many there were.

    Runs in the caller's transaction. The admin is the cause, but needs no right on the records themselves.
    """
    waiting = [(module, ids) for module in registry().modules.values() if (ids := open_ids(person, module))]
    if waiting and successor is None:
        total = sum(len(ids) for _module, ids in waiting)
        raise PeopleProblem(
            _("%s open records need a new owner: choose who takes over.") % total, "successor"
        )
    source = Source.ADMIN if actor is not None else Source.SYSTEM
    cause = CauseNode(source.value, _("%s has left") % person)
    for module, ids in waiting:
        assert successor is not None
        changes = [Change(Verb.EDIT, module.key, record_id, {"owner": successor.pk}) for record_id in ids]
        outcome = apply(
            changes, actor=actor, source=source, cause=cause, automation=frozenset(), trusted=True
        )
        if not outcome.ok:
            problem = outcome.problems[0]
            raise PeopleProblem(
                _("%(module)s: %(message)s") % {"module": module.label_plural, "message": problem.message}
            )
    return sum(len(ids) for _module, ids in waiting)


def open_ids(person: User, module: ModuleInfo) -> list[int]:
    """The ids of the person's records that are not done: their state, if the module has one, is open."""
    rows = module.rows().filter(owner_id=person.pk, binned_at__isnull=True)
    for field, closed in _states(module):
        done = rows.annotate(state_value=field_value(field)).filter(state_value__in=closed)
        rows = rows.exclude(pk__in=done.values("pk"))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _states(module: ModuleInfo) -> Iterator[tuple[FieldInfo, list[str]]]:
    """Picklists some of whose values say that a record is open or not, with the values that say not."""
    for field in module.fields.values():
        closed = [key for key, choice in field.choices.items() if choice.attributes.get("open") is False]
        if closed:
            yield field, closed
