"""Verbs about people: save, place, let go, take back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed
from crm.lists.handing import give_views, shared_views_of
from crm.models import Profile, User
from crm.people.features import FEATURES
from crm.people.handover import handover
from crm.people.hierarchy import Hierarchy, read_hierarchy
from crm.people.membership import flatten_groups
from crm.people.problems import PeopleProblem, require_feature

JOURNALLED = (
    "email", "name", "profile_id", "role_id", "superior_override_id", "time_zone", "language",
    "absent_from", "absent_to", "is_active", "is_staff", "is_superuser",
)  # fmt: skip


def save_person(*, actor: User | None, person: User) -> User:
    """Saves a new or changed person and everything that follows: groups, admin log-in, journal.

    Raises PermissionDenied without the feature to manage people, and PeopleProblem if the person would
    become their own superior, if somebody but a superuser gives superuser rights, if the last active
    superuser would be gone, or if the person has or would get features that the actor does not have.
    """
    require_feature(actor, "manage_people")
    with transaction.atomic():
        before = User.objects.select_for_update().filter(pk=person.pk).first() if person.pk else None
        _guard_superusers(actor, before, person)
        _guard_features(actor, before, person)
        person.email = person.email.strip().lower()
        person.is_staff = person.is_superuser or opens_admin(person.profile)
        person.save()
        refuse_rings(read_hierarchy(), "superior_override")
        flatten_groups()
        journal(actor, "person", person.email, _state(before), _state(person))
    return person


def set_absence(*, actor: User, person: User, absent_from: Any, absent_to: Any) -> User:
    """Says from when to when the person is away; everybody may say so of themselves."""
    if actor.pk != person.pk:
        require_feature(actor, "manage_people")
    with transaction.atomic():
        before = User.objects.select_for_update().get(pk=person.pk)
        person.absent_from, person.absent_to = absent_from, absent_to
        person.full_clean(exclude={field.name for field in User._meta.fields} - {"absent_from", "absent_to"})
        person.save(update_fields=["absent_from", "absent_to"])
        journal(actor, "person", person.email, _state(before), _state(person))
    return person


def deactivate_person(*, actor: User | None, person: User, successor: User | None) -> int:
    """Lets a person go: no log-in any more, and the successor gets the open records, tasks and shared views.

    Returns how many records changed hands. Without a successor, shared views stay as they are. Raises
    PeopleProblem if there are open records and no successor, or if one of them cannot be handed over; then
    nothing is changed.
    """
    require_feature(actor, "manage_people")
    if successor is not None and (successor.pk == person.pk or not successor.is_active):
        raise PeopleProblem(_("Choose another, active person."), "successor")
    with transaction.atomic():
        handed = handover(person=person, successor=successor, actor=actor)
        if successor is not None:
            give_views(shared_views_of(person), successor)
        person.is_active = False
        save_person(actor=actor, person=person)
    return handed


def activate_person(*, actor: User | None, person: User) -> User:
    """Takes back a person who had left; records stay with whom they have been given to."""
    person.is_active = True
    return save_person(actor=actor, person=person)


def opens_admin(profile: Profile | None) -> bool:
    """Whether the profile has a feature that is used in the admin."""
    return profile is not None and any(FEATURES[key].admin for key in profile.features if key in FEATURES)


def refuse_rings(organisation: Hierarchy, field: str) -> None:
    """Raises PeopleProblem if somebody's chain of superiors leads back to that person."""
    ring = organisation.ring()
    if not ring:
        return
    names = User.objects.in_bulk(ring)
    chain = " → ".join(str(names[pk]) for pk in [*ring, ring[0]])
    raise PeopleProblem(_("Nobody can be their own superior: %s.") % chain, field)


def journal(actor: User | None, kind: str, key: str, before: Any, after: Any) -> None:
    """Writes what changed into the configuration's journal and starts the next generation."""
    what = "create" if before is None else "delete" if after is None else "edit"
    configuration_changed(actor=actor, kind=kind, key=key, what=what, before=before, after=after)


def _guard_superusers(actor: User | None, before: User | None, person: User) -> None:
    was = before is not None and before.is_superuser
    if person.is_superuser != was and actor is not None and not actor.is_superuser:
        raise PeopleProblem(_("Only a superuser makes superusers, or ends it."), "is_superuser")
    if was and before is not None and actor is not None and not actor.is_superuser and actor.pk != person.pk:
        raise PeopleProblem(_("Only a superuser changes superusers."), "is_superuser")
    stays = person.is_superuser and person.is_active
    if was and not stays and not _others_active(person):
        raise PeopleProblem(_("This is the last superuser; make another one first."), "is_active")


def _guard_features(actor: User | None, before: User | None, person: User) -> None:
    """Nobody gets more than they have by giving it to others, or by taking over a log-in that has it."""
    if actor is None or actor.is_superuser:
        return
    own = _power(actor.profile)
    for profile, field in ((before.profile if before else None, None), (person.profile, "profile")):
        more = _power(profile) - own
        if more:
            names = ", ".join(sorted(str(FEATURES[key].label) for key in more))
            raise PeopleProblem(_("Only somebody who may do this too can do that: %s.") % names, field)


def _power(profile: Profile | None) -> set[str]:
    features = (FEATURES[key] for key in (profile.features if profile else ()) if key in FEATURES)
    return {feature.key for feature in features if feature.admin or feature.wide}


def _others_active(person: User) -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk).exists()


def _state(person: User | None) -> dict[str, Any] | None:
    if person is None:
        return None
    state = {name: getattr(person, name) for name in JOURNALLED}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in state.items()
    }
