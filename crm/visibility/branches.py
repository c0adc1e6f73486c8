"""Why somebody may see a record: each reason is a branch. Higher floors register further ones.

A branch answers for one viewer which rows it opens (a reach), and for one record which people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q

from crm.models import GROUP_SHARES, USER_SHARES, Sharing, User
from crm.modules.registry import ModuleInfo
from crm.people.hierarchy import hierarchy, people_below
from crm.people.rights import Rights, profile_rights, rights_of
from crm.visibility.reach import Everything, OfOwners, Reach, WithIds


@dataclass(frozen=True)
class Viewer:
    """Somebody who wants to read (or, with `edit`, to change) records of a module."""

    user: User
    module: ModuleInfo
    edit: bool = False

    @cached_property
    def rights(self) -> Rights:
        """What the profile allows."""
        return rights_of(self.user)


@dataclass(frozen=True)
class Asked:
    """A record of which somebody wants to know who may read (or, with `edit`, change) it."""

    module: ModuleInfo
    record_id: int
    owner_id: int | None
    edit: bool = False


class Branch:
    """One reason to see records."""

    key: str

    def reach(self, viewer: Viewer) -> Reach | None:
        """The rows that this reason opens to the viewer; None if there can be none."""
        raise NotImplementedError

    def people(self, asked: Asked) -> Q | None:
        """The people to whom this reason opens the record; None if there can be none."""
        raise NotImplementedError


BRANCHES: list[Branch] = []


def register_branch(branch: Branch) -> Branch:
    """Adds a reason to see records."""
    BRANCHES.append(branch)
    return branch


def reaches(viewer: Viewer) -> list[Reach]:
    """The rows that the viewer's reasons open. If one of them opens all, only that one."""
    found: list[Reach] = []
    for branch in BRANCHES:
        reach = branch.reach(viewer)
        if reach is None:
            continue
        if reach.everything:
            return [reach]
        found.append(reach)
    owners = [reach for reach in found if isinstance(reach, OfOwners)]
    if len(owners) > 1:  # my own and my people's are one search
        others = [reach for reach in found if reach not in owners]
        return [OfOwners(frozenset().union(*(reach.owners for reach in owners))), *others]
    return found


def people_of(asked: Asked) -> Q:
    """The people to whom any reason opens the record."""
    found = Q(is_superuser=True)
    for branch in BRANCHES:
        found |= branch.people(asked) or Q(pk__in=())
    return found


class SharingDefault(Branch):
    """The module is open to everybody."""

    key = "sharing"

    def _open(self, module: ModuleInfo, edit: bool) -> bool:
        return module.sharing == Sharing.EDIT or (module.sharing == Sharing.READ and not edit)

    def reach(self, viewer: Viewer) -> Reach | None:
        return Everything() if self._open(viewer.module, viewer.edit) else None

    def people(self, asked: Asked) -> Q | None:
        return Q(pk__isnull=False) if self._open(asked.module, asked.edit) else None


class SeesEverything(Branch):
    """The profile reads everything; a superuser also changes everything."""

    key = "everything"

    def reach(self, viewer: Viewer) -> Reach | None:
        if viewer.user.is_superuser or (not viewer.edit and viewer.rights.has_feature("see_everything")):
            return Everything()
        return None

    def people(self, asked: Asked) -> Q | None:
        if asked.edit:
            return None
        return Q(
            profile_id__in=[
                pk for pk, rights in profile_rights().items() if rights.has_feature("see_everything")
            ]
        )


class Mine(Branch):
    """The viewer owns the record."""

    key = "mine"

    def reach(self, viewer: Viewer) -> Reach | None:
        return OfOwners([viewer.user.pk])

    def people(self, asked: Asked) -> Q | None:
        return Q(pk=asked.owner_id) if asked.owner_id is not None else None


class MyPeoples(Branch):
    """Somebody owns the record whom the viewer is a superior of."""

    key = "my_peoples"

    def reach(self, viewer: Viewer) -> Reach | None:
        below = people_below(viewer.user)
        return OfOwners(below) if below else None

    def people(self, asked: Asked) -> Q | None:
        above = hierarchy().above(asked.owner_id) if asked.owner_id is not None else None
        return Q(pk__in=above) if above else None


class Shared(Branch):
    """The record is shared with the viewer, or with a group of the viewer's."""

    key = "shared"

    def reach(self, viewer: Viewer) -> Reach | None:
        model = viewer.module.model
        people = USER_SHARES[model].objects.filter(user_id=viewer.user.pk)
        groups = GROUP_SHARES[model].objects.filter(group__user=viewer.user.pk)
        return WithIds(*(self._ids(shares, viewer) for shares in (people, groups)))

    def _ids(self, shares: Any, viewer: Viewer) -> Any:
        return self._enough(shares, viewer.module, viewer.edit).values_list("content_object_id", flat=True)

    def _enough(self, shares: Any, module: ModuleInfo, edit: bool) -> Any:
        if not edit:
            return shares
        codename = f"change_{module.model._meta.model_name}"
        return shares.filter(permission__in=Permission.objects.filter(codename=codename))

    def people(self, asked: Asked) -> Q | None:
        model = asked.module.model
        people = USER_SHARES[model].objects.filter(content_object_id=asked.record_id)
        groups = GROUP_SHARES[model].objects.filter(content_object_id=asked.record_id)
        enough = [self._enough(shares, asked.module, asked.edit) for shares in (people, groups)]
        return Q(pk__in=enough[0].values("user_id")) | Q(groups__in=enough[1].values("group_id"))


def profiles_that_may(verb: str, module: ModuleInfo) -> Iterator[int]:
    """The ids of the profiles that allow the verb in the module."""
    for pk, rights in profile_rights().items():
        if rights.may(verb, module.key):
            yield pk


for _branch in (SharingDefault(), SeesEverything(), Mine(), MyPeoples(), Shared()):
    register_branch(_branch)
