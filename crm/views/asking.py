"""Who asks for what: the module and record of an address, or 404 or 403."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from crm.door.reading import Stored, read_records
from crm.models import User
from crm.modules.loading import module as module_by_key
from crm.modules.registry import ModuleInfo, UnknownModule
from crm.visibility import can, editable_ids, visible_ids


class StaffRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: User
    htmx: HtmxDetails


def not_found() -> NoReturn:
    """404: there is nothing here, or nothing that this person may see."""
    raise Http404(_("There is no such page, or you may not see it."))


def asked_module(user: User, key: str, verb: str = "view") -> ModuleInfo:
    """The module; 404 if the person may not view it, 403 if the profile does not allow the verb."""
    try:
        module = module_by_key(key)
    except UnknownModule:
        not_found()
    if not can(user, "view", module):
        not_found()
    if not can(user, verb, module):
        raise PermissionDenied(_("Your profile does not allow this in %s.") % module.label_plural)
    return module


def asked_record(user: User, key: str, pk: int, verb: str = "view") -> tuple[ModuleInfo, Stored]:
    """The module and the record; 404 if the person may not see it, 403 if the verb is not allowed on it."""
    module = asked_module(user, key)
    if pk not in visible_ids(user, module, [pk]):
        not_found()
    if verb != "view" and pk not in editable_ids(user, module, [pk], verb=verb):
        raise PermissionDenied(_("You may read this record, but not change it."))
    stored = read_records(module, [pk]).get(pk)
    if stored is None or stored.binned_at is not None:
        not_found()
    return module, stored
