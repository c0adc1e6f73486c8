"""Django's permissions for modules, so that `has_perm` and the admin answer as the profile does."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from crm.models import CustomRecord, Module, Profile
from crm.modules.builtin import BY_KEY
from crm.people.rights import VERBS

ACTIONS = {"view": "view", "create": "add", "edit": "change", "delete": "delete"}
"""What Django calls a verb; the others keep their name."""


def codename(verb: str, module: Module) -> str:
    """The permission's codename: `view_lead` for a built-in module, `view_<key>` for one the company made."""
    noun = str(BY_KEY[module.key].model._meta.model_name) if module.builtin else module.key
    return f"{ACTIONS.get(verb, verb)}_{noun}"


def ensure_module_permissions(module: Module) -> dict[str, Permission]:
    """The module's permissions by verb, made where they are missing; called when a module is published."""
    model = BY_KEY[module.key].model if module.builtin else CustomRecord
    content_type = ContentType.objects.get_for_model(model)
    names = {verb: codename(verb, module) for verb in VERBS}
    known = {
        permission.codename: permission
        for permission in Permission.objects.filter(content_type=content_type, codename__in=names.values())
    }
    missing = [
        Permission(content_type=content_type, codename=name, name=f"Can {verb} {module.label_plural}"[:255])
        for verb, name in names.items()
        if name not in known
    ]
    known |= {permission.codename: permission for permission in Permission.objects.bulk_create(missing)}
    return {verb: known[name] for verb, name in names.items()}


def mirror_permissions(profile: Profile) -> None:
    """Gives the profile's Django group exactly the permissions that the profile's rights name."""
    granted: list[Permission] = []
    for right in profile.module_rights.select_related("module"):
        if not right.can_view:
            continue
        permissions = ensure_module_permissions(right.module)
        granted += [permissions[verb] for verb in VERBS if getattr(right, f"can_{verb}")]
    profile.group.permissions.set(granted)
