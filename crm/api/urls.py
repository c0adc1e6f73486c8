"""Addresses below /api/. None of them is ever a staff page: what is unknown is answered with JSON, too."""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from crm.api import docs
from crm.api.errors import answer, error
from crm.api.gate import gated
from crm.api.reference import description
from crm.api.site import api

app_name = "api"


@csrf_exempt
@login_not_required
def nothing_here(_request: HttpRequest, **_kwargs: object) -> JsonResponse:
    """404 for every other address."""
    return answer(404, [error("not_found", _("There is no such address."))])


def operations() -> list[URLPattern]:
    """The operations, each behind the gate; ninja's own root page is left out."""
    patterns, _app, _namespace = api.urls
    found = [one for one in patterns if isinstance(one, URLPattern) and one.name != "api-root"]
    routes = [(str(pattern.pattern), pattern) for pattern in found]
    return [
        path(route, gated(pattern.callback, parameters(route)), name=pattern.name)
        for route, pattern in routes
    ]


def parameters(route: str) -> dict[str, frozenset[str]]:
    """By method, the names that the operation knows in the query."""
    described = description()["paths"]["/api/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)]
    return {
        method.upper(): frozenset(one["name"] for one in told["parameters"] if one["in"] == "query")
        for method, told in described.items()
    }


urlpatterns = [
    path("docs", docs.reference, name="docs"),
    path("docs/<slug:key>", docs.module_reference, name="module_docs"),
    path("openapi.json", docs.description, name="openapi"),
    *operations(),
    re_path(r"", nothing_here, name="nothing"),
]
