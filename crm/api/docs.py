"""The API's reference: pages for people who are logged in, and the OpenAPI description for programs.

The pages are our own, not Swagger's: they follow the content policy, work on a phone, in the dark and by
keyboard, load nothing from elsewhere, and tell the fields of each module as the person may use them.
They only describe; nothing on them asks the API, which no browser session opens.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.api import reference as described
from crm.api.asking import stage_keys
from crm.api.errors import ApiRefused, answer
from crm.api.gate import token_of
from crm.api.kinds import kind_of
from crm.api.shapes import MOST_IN_BATCH, MOST_ON_PAGE
from crm.modules.loading import registry
from crm.people.rights import VERBS
from crm.views.asking import StaffRequest, asked_module
from crm.visibility import Access, can, fields_of


@require_safe
def reference(request: StaffRequest) -> HttpResponse:
    """Every operation, and the modules whose fields can be looked up."""
    modules = sorted(registry().modules.values(), key=lambda module: module.position)
    context = {
        "groups": described.groups(settings.SITE_URL),
        "modules": [module for module in modules if can(request.user, "view", module)],
        "stages": sorted(stage_keys()),
        "most_in_batch": MOST_IN_BATCH,
        "most_on_page": MOST_ON_PAGE,
        "per_minute": settings.API_REQUESTS_PER_MINUTE,
        "site": settings.SITE_URL,
    }
    return render(request, "crm/api_docs.html", context)


@require_safe
def module_reference(request: StaffRequest, key: str) -> HttpResponse:
    """The fields of a module that the person may read, and what their values look like."""
    module = asked_module(request.user, key)
    access = fields_of(request.user, module)
    rows = [
        {
            "info": info,
            "form": kind_of(info).form_of(info),
            "may_edit": access[info.key] is Access.EDIT,
            "has_notes": info.required or info.unique or info.sorted or info.choices or info.help,
        }
        for info in module.fields.values()
        if access[info.key] is not Access.HIDDEN
    ]
    rights = [verb for verb in VERBS if can(request.user, verb, module)]
    context = {"module": module, "rows": rows, "rights": rights, "site": settings.SITE_URL}
    return render(request, "crm/api_module.html", context)


@login_not_required
@require_safe
def description(request: HttpRequest) -> JsonResponse:
    """The OpenAPI description, for somebody who is logged in or brings a token."""
    try:
        if not request.user.is_authenticated:
            token_of(request)
    except ApiRefused as refusal:
        return answer(refusal.status, refusal.errors, refusal.headers)
    return JsonResponse(described.description(), headers={"Cache-Control": "no-store"})
