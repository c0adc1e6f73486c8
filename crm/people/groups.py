"""Verbs about sharing groups: people, roles and other groups under one name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Role, SharingGroup, User
from crm.modules.usage import Usage
from crm.people.breaking import broken_by, refuse_breaking
from crm.people.membership import flatten_groups, mirror_group, reachable
from crm.people.persons import journal
from crm.people.problems import PeopleProblem, require_feature


def save_group(
    *,
    actor: User | None,
    group: SharingGroup,
    users: Iterable[User] | None = None,
    roles: Iterable[Role] | None = None,
    groups: Iterable[SharingGroup] | None = None,
) -> SharingGroup:
    """Saves a new or changed group and its members; parts that are None stay as they are.

    Raises PeopleProblem if the group would be inside itself.
    """
    require_feature(actor, "manage_people")
    with transaction.atomic():
        known = {found.pk: found for found in SharingGroup.objects.select_for_update().order_by("pk")}
        before = _state(known.get(group.pk))
        group.group = mirror_group("group", group.key, known[group.pk].group if group.pk in known else None)
        group.save()
        for name, members in (("users", users), ("roles", roles), ("groups", groups)):
            if members is not None:
                getattr(group, name).set(members)
        _refuse_ring(group)
        flatten_groups()
        journal(actor, "group", group.key, before, _state(group))
    return group


def delete_group(*, actor: User | None, group: SharingGroup) -> None:
    """Deletes a group with what is shared with it. Raises PeopleProblem if another group contains it."""
    require_feature(actor, "manage_people")
    with transaction.atomic():
        if group.parent_groups.exists():
            raise PeopleProblem(_("Other groups contain this one; take it out there first."))
        refuse_breaking(broken_without_group(group))
        before, mirror = _state(group), group.group
        group.delete()
        mirror.delete()
        journal(actor, "group", group.key, before, None)


def broken_without_group(group: SharingGroup) -> list[Usage]:
    """Live documents that name the group."""
    return broken_by(lambda: SharingGroup.objects.filter(pk=group.pk).delete())


def _refuse_ring(group: SharingGroup) -> None:
    inner: dict[int, set[int]] = {}
    through = SharingGroup.groups.through.objects
    for outer, part in through.values_list("from_sharinggroup_id", "to_sharinggroup_id"):
        inner.setdefault(outer, set()).add(part)
    if any(group.pk in reachable(part, inner) for part in inner.get(group.pk, ())):
        raise PeopleProblem(_("A group cannot be inside itself."), "groups")


def _state(group: SharingGroup | None) -> dict[str, Any] | None:
    if group is None:
        return None
    return {
        "key": group.key,
        "name": group.name,
        "users": sorted(group.users.values_list("email", flat=True)),
        "roles": sorted(group.roles.order_by().values_list("key", flat=True)),
        "groups": sorted(group.groups.values_list("key", flat=True)),
    }
