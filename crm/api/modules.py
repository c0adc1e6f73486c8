"""Operations that tell what there is: the modules with their fields, and whose token this is."""

from __future__ import annotations

from typing import Any

from ninja import Router

from crm.api.gate import ApiRequest
from crm.api.kinds import kind_of
from crm.api.shapes import ALWAYS, Errors, MeOut, ModuleKey, ModuleOut, ModulesOut
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.people.rights import VERBS
from crm.views.asking import asked_module
from crm.visibility import Access, can, fields_of

router = Router()
TOKEN: dict[int, Any] = {401: Errors, 429: Errors}


@router.get("/me", response={200: MeOut} | TOKEN, summary="Whose token this is")
def me(request: ApiRequest) -> dict[str, Any]:
    """The person, and what the token is for. Good for trying whether a token works."""
    user, token = request.user, request.token
    expires = token.expires_at
    return {
        "person": {"id": user.pk, "name": user.name, "email": user.email},
        "token": {
            "name": token.name,
            "may_write": token.may_write,
            "modules": token.modules,
            "expires_at": expires.isoformat() if expires else None,
        },
    }


@router.get("/modules", response={200: ModulesOut} | TOKEN, summary="All modules")
def modules(request: ApiRequest) -> dict[str, Any]:
    """The modules that you may view and the token is for, each with its fields and your rights."""
    known = sorted(registry().modules.values(), key=lambda module: module.position)
    shown = [m for m in known if request.token.reaches(m.key) and can(request.user, "view", m)]
    return {"modules": [tell_module(request, module) for module in shown]}


@router.get("/modules/{slug:module}", response={200: ModuleOut} | ALWAYS, summary="One module")
def one_module(request: ApiRequest, module: ModuleKey) -> dict[str, Any]:
    """A module with its fields and your rights."""
    return tell_module(request, asked_module(request.user, module))


def tell_module(request: ApiRequest, module: ModuleInfo) -> dict[str, Any]:
    """A module as JSON, with the fields that the person may read."""
    access = fields_of(request.user, module)
    fields = [info for info in module.fields.values() if access[info.key] is not Access.HIDDEN]
    return {
        "key": module.key,
        "label": module.label,
        "label_plural": module.label_plural,
        "custom": module.custom,
        "rights": [verb for verb in VERBS if can(request.user, verb, module)],
        "fields": [tell_field(info, access[info.key]) for info in fields],
    }


def tell_field(info: FieldInfo, access: Access) -> dict[str, Any]:
    """A field as JSON."""
    return {
        "key": info.key,
        "label": info.label,
        "help": info.help,
        "type": info.type.key,
        "form": kind_of(info).form_of(info),
        "access": access.value,
        "required": info.required,
        "unique": info.unique,
        "searched": info.searched,
        "sorted": info.sorted,
        "section": info.section,
        "module": info.target,
        "choices": [
            {"key": choice.key, "label": choice.label, "active": choice.active}
            for choice in info.choices.values()
        ],
    }
