"""What a custom module needs beside its row: permissions for Django, and rights for those who manage."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from crm.models import CustomRecord, Module, ModuleRight, Profile
from crm.people.permissions import codename, ensure_module_permissions, mirror_permissions
from crm.people.rights import VERBS

MANAGERS = frozenset({"see_everything", "manage_modules"})


def publish_module(module: Module) -> None:
    """Makes the permissions, and gives every right to profiles that see everything or manage modules."""
    ensure_module_permissions(module)
    for profile in Profile.objects.select_related("group"):
        if MANAGERS.intersection(profile.features):
            everything = {f"can_{verb}": True for verb in VERBS}
            ModuleRight.objects.get_or_create(profile=profile, module=module, defaults=everything)
            mirror_permissions(profile)


def withdraw_permissions(module: Module) -> None:
    """Deletes the module's permissions, and with them what groups have of them."""
    content_type = ContentType.objects.get_for_model(CustomRecord)
    names = [codename(verb, module) for verb in VERBS]
    Permission.objects.filter(content_type=content_type, codename__in=names).delete()
