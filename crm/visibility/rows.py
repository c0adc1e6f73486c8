"""Which rows a person may read or change, and which people may do so with one row."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.people.rights import VERBS, UnknownVerb, rights_of
from crm.visibility.branches import Asked, Viewer, people_of, profiles_that_may, reaches
from crm.visibility.reach import Reach, Rows
from crm.visibility.sql import Among

READING = frozenset({"view", "export"})


def live_rows(module: ModuleInfo) -> Rows:
    """The module's records that are not in the bin, in no order, whoever may see them."""
    rows: Rows = module.rows().filter(binned_at__isnull=True).order_by()
    return rows


def any_of(found: Iterable[Reach], *, loose: bool = False) -> Q:
    """What a row meets that is in one of these reaches."""
    condition, some = Q(), False
    for reach in found:
        if reach.everything:
            return Q()
        condition, some = condition | reach.condition(loose=loose), True
    return condition if some else Q(pk__in=())


def visible_to(user: User, module: ModuleInfo) -> Rows:
    """The module's live records that the person may read.

    Right for every question, not the fastest for a sorted page of a large module: that is `page`.
    """
    rows = live_rows(module)
    if not rights_of(user).may("view", module.key):
        return rows.none()
    return rows.filter(any_of(reaches(Viewer(user, module))))


def visible_ids(user: User, module: ModuleInfo, ids: Collection[int]) -> set[int]:
    """Those of the ids that are live records which the person may read; one statement."""
    if not ids or not rights_of(user).may("view", module.key):
        return set()
    return _among(live_rows(module), ids, reaches(Viewer(user, module)))


def editable_ids(user: User, module: ModuleInfo, ids: Collection[int], *, verb: str = "edit") -> set[int]:
    """Those of the ids whose records the person may change, or delete if `verb` says so; one statement.

    The profile must allow the verb, and the record be the person's own, of somebody below, shared for
    editing, or in a module that everybody may edit. Records in the bin count, so that they can be
    restored.
    """
    if verb not in VERBS:
        raise UnknownVerb(verb)
    if not ids or not rights_of(user).may(verb, module.key):
        return set()
    return _among(module.rows().order_by(), ids, reaches(Viewer(user, module, edit=True)))


def _among(rows: Rows, ids: Collection[int], found: list[Reach]) -> set[int]:
    chosen = rows.filter(Among("id", ids)).filter(any_of(found, loose=True))
    return set(chosen.values_list("id", flat=True))


def users_who_can(verb: str, module: ModuleInfo, record_id: int) -> Rows:
    """The active people who may do this with the record; nobody if there is no such record."""
    if verb not in VERBS:
        raise UnknownVerb(verb)
    people = User.objects.filter(is_active=True)
    owner = module.rows().filter(pk=record_id).values_list("owner_id", flat=True)[:1]
    for owner_id in owner:
        asked = Asked(module, record_id, owner_id, edit=verb not in READING)
        allowed = Q(is_superuser=True) | Q(profile_id__in=list(profiles_that_may(verb, module)))
        ids = people.filter(allowed).filter(people_of(asked)).values("pk")
        return User.objects.filter(pk__in=ids)  # not joined: a person may be in several groups
    return people.none()
