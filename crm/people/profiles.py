"""Verbs about profiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Field, FieldRight, Module, ModuleRight, Profile, User
from crm.people.features import FEATURES
from crm.people.membership import flatten_groups, mirror_group
from crm.people.permissions import mirror_permissions
from crm.people.persons import journal, opens_admin
from crm.people.problems import PeopleProblem, require_feature
from crm.people.rights import VERBS, Access, rights_of

ModuleRights = Mapping[str, Collection[str]]
FieldRights = Mapping[str, Mapping[str, Access | str]]


def save_profile(
    *,
    actor: User | None,
    profile: Profile,
    modules: ModuleRights | None = None,
    fields: FieldRights | None = None,
) -> Profile:
    """Saves a new or changed profile, and everything that follows: groups, permissions, admin log-in.

    `modules` gives the verbs by module key, `fields` what is less than "edit" by module and field key;
    what is None stays as it is. Takes effect at once. Raises PeopleProblem for an unknown feature,
    verb, module, field or access, and if the actor gives features that the actor does not have.
    """
    require_feature(actor, "manage_people")
    with transaction.atomic():
        stored = Profile.objects.select_for_update().filter(pk=profile.pk).first() if profile.pk else None
        before = profile_state(stored)
        _check_features(actor, profile, stored)
        profile.group = mirror_group("profile", profile.key, stored.group if stored else None)
        profile.save()
        if modules is not None:
            _write_module_rights(profile, modules)
        if fields is not None:
            _write_field_rights(profile, fields)
        mirror_permissions(profile)
        flatten_groups()
        _write_staff(profile)
        journal(actor, "profile", profile.key, before, profile_state(profile))
    return profile


def delete_profile(*, actor: User | None, profile: Profile) -> None:
    """Deletes a profile that nobody has. Raises PeopleProblem otherwise."""
    require_feature(actor, "manage_people")
    with transaction.atomic():
        if profile.users.exists():
            raise PeopleProblem(_("Somebody has this profile; give them another one first."))
        before, mirror = profile_state(profile), profile.group
        profile.delete()
        mirror.delete()
        journal(actor, "profile", profile.key, before, None)


def profile_state(profile: Profile | None) -> dict[str, Any] | None:
    """The profile as plain data with stable keys, for the journal and for documents."""
    if profile is None:
        return None
    fields: dict[str, dict[str, str]] = {}
    rows = FieldRight.objects.filter(profile=profile).order_by("field__module__key", "field__key")
    for module, key, access in rows.values_list("field__module__key", "field__key", "access"):
        fields.setdefault(module, {})[key] = access
    return {
        "key": profile.key,
        "name": profile.name,
        "description": profile.description,
        "features": sorted(profile.features),
        "modules": {
            right.module_id: [verb for verb in VERBS if getattr(right, f"can_{verb}")]
            for right in ModuleRight.objects.filter(profile=profile).order_by("module")
        },
        "fields": fields,
    }


def _check_features(actor: User | None, profile: Profile, stored: Profile | None) -> None:
    unknown = set(profile.features) - FEATURES.keys()
    if unknown:
        raise PeopleProblem(_("There is no feature “%s”.") % min(unknown), "features")
    added = set(profile.features) - set(stored.features if stored else ())
    if actor is not None and any(not rights_of(actor).has_feature(key) for key in added):
        raise PeopleProblem(_("You can only give features that your own profile has."), "features")


def _write_module_rights(profile: Profile, modules: ModuleRights) -> None:
    known = set(Module.objects.values_list("key", flat=True))
    for key, verbs in modules.items():
        if key not in known:
            raise PeopleProblem(_("There is no module “%s”.") % key, "modules")
        if unknown := set(verbs) - set(VERBS):
            raise PeopleProblem(_("There is no right “%s”.") % min(unknown), "modules")
    ModuleRight.objects.filter(profile=profile).delete()
    ModuleRight.objects.bulk_create(
        ModuleRight(profile=profile, module_id=key, **{f"can_{verb}": verb in verbs for verb in VERBS})
        for key, verbs in modules.items()
    )


def _write_field_rights(profile: Profile, fields: FieldRights) -> None:
    known = {(module, key): pk for pk, module, key in Field.objects.values_list("pk", "module__key", "key")}
    rows = []
    for module, rights in fields.items():
        for key, access in rights.items():
            if (module, key) not in known:
                raise PeopleProblem(_("There is no field “%s”.") % f"{module}.{key}", "fields")
            if access not in set(Access):
                raise PeopleProblem(_("A field can be edited, read or hidden."), "fields")
            if access != Access.EDIT:
                rows.append(FieldRight(profile=profile, field_id=known[module, key], access=str(access)))
    FieldRight.objects.filter(profile=profile).delete()
    FieldRight.objects.bulk_create(rows)


def _write_staff(profile: Profile) -> None:
    """Opens or closes the admin for the people with this profile."""
    User.objects.filter(profile=profile, is_superuser=False).update(is_staff=opens_admin(profile))
