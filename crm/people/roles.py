"""Verbs about roles."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Role, User
from crm.modules.usage import Usage
from crm.people.breaking import broken_by, refuse_breaking
from crm.people.hierarchy import read_hierarchy
from crm.people.persons import journal, refuse_rings
from crm.people.problems import PeopleProblem, require_feature


def save_role(*, actor: User | None, role: Role) -> Role:
    """Saves a new or changed role. Raises PeopleProblem if it would be above itself, or a person so."""
    require_feature(actor, "manage_people")
    with transaction.atomic():
        # All roles are locked: two admins who move two roles at once could make a ring together.
        known = {
            found.pk: found for found in Role.objects.without_tree_fields().select_for_update().order_by("pk")
        }
        before = _state(known.get(role.pk))
        role.save()
        organisation = read_hierarchy()
        if organisation.role_ring(role.pk):
            raise PeopleProblem(_("A role cannot be above itself."), "parent")
        refuse_rings(organisation, "head")
        journal(actor, "role", role.key, before, _state(role))
    return role


def delete_role(*, actor: User | None, role: Role) -> None:
    """Deletes a role that nobody has and no role is below. Raises PeopleProblem otherwise."""
    require_feature(actor, "manage_people")
    with transaction.atomic():
        if User.objects.filter(role=role).exists():
            raise PeopleProblem(_("Somebody has this role; give them another one first."))
        if Role.objects.filter(parent=role).exists():
            raise PeopleProblem(_("There are roles below this one; move them first."))
        refuse_breaking(broken_without_role(role))
        before = _state(role)
        role.delete()
        journal(actor, "role", role.key, before, None)


def broken_without_role(role: Role) -> list[Usage]:
    """Live documents that name the role."""
    return broken_by(lambda: Role.objects.filter(pk=role.pk).delete())


def _state(role: Role | None) -> dict[str, Any] | None:
    if role is None:
        return None
    parent = Role.objects.filter(pk=role.parent_id).values_list("key", flat=True).first()
    head = User.objects.filter(pk=role.head_id).values_list("email", flat=True).first()
    return {"key": role.key, "name": role.name, "parent": parent, "head": head}
