"""Keeps Django's groups in step: one per profile, one per sharing group with its members flattened.

`has_perm`, the admin and shares with groups ask Django's groups; nobody edits those by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.contrib.auth.models import Group
from django.db import transaction

from crm.models import Profile, SharingGroup, User

Members = dict[int, set[int]]


def flatten_groups() -> None:
    """Writes the members of all profiles' and sharing groups' Django groups; a fixed number of statements.

    Members are the active people with the profile; and for a sharing group the people named, those of
    the roles named, and the members of the groups named.
    """
    with transaction.atomic():
        _write({**_profile_members(), **_group_members()})


def _profile_members() -> Members:
    members: Members = {group: set() for group in Profile.objects.values_list("group", flat=True)}
    people = User.objects.filter(is_active=True, profile__isnull=False)
    for person, group in people.values_list("pk", "profile__group"):
        members[group].add(person)
    return members


def _group_members() -> Members:
    direct: Members = {}
    inner: Members = {}
    mirrors = dict(SharingGroup.objects.values_list("pk", "group"))
    active = User.objects.filter(is_active=True)
    by_person = active.filter(sharing_groups__isnull=False).values_list("sharing_groups", "pk")
    by_role = active.filter(role__sharing_groups__isnull=False).values_list("role__sharing_groups", "pk")
    for rows in (by_person, by_role):
        for group, person in rows:
            direct.setdefault(group, set()).add(person)
    for outer, group in SharingGroup.groups.through.objects.values_list(
        "from_sharinggroup_id", "to_sharinggroup_id"
    ):
        inner.setdefault(outer, set()).add(group)
    return {
        mirror: set().union(*(direct.get(part, ()) for part in reachable(group, inner)))
        for group, mirror in mirrors.items()
    }


def reachable(start: int, inner: Mapping[int, Iterable[int]]) -> set[int]:
    """The group and all groups inside it, however deep."""
    found, waiting = {start}, [start]
    while waiting:
        new = set(inner.get(waiting.pop(), ())) - found
        found |= new
        waiting.extend(new)
    return found


def _write(members: Members) -> None:
    through = User.groups.through
    kept: set[tuple[int, int]] = set()
    wrong: list[int] = []
    for pk, group, person in through.objects.filter(group__in=members).values_list(
        "pk", "group_id", "user_id"
    ):
        if person in members[group]:
            kept.add((group, person))
        else:
            wrong.append(pk)
    for start in range(0, len(wrong), 500):
        through.objects.filter(pk__in=wrong[start : start + 500]).delete()
    through.objects.bulk_create(
        through(group_id=group, user_id=person)
        for group, people in members.items()
        for person in sorted(people)
        if (group, person) not in kept
    )


def mirror_group(kind: str, key: str, group: Group | None) -> Group:
    """The Django group behind a profile or sharing group, made or renamed."""
    mirror = group or Group()
    mirror.name = f"{kind}: {key}"
    mirror.save()
    return mirror
