"""What a request asks for: module, fields, filter, order and place, or the reason why it can't be had."""

from __future__ import annotations

import json
import re
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.api.errors import ApiRefused, error, refused
from crm.api.gate import ApiRequest
from crm.api.parsing import load_json
from crm.criteria import Criteria, compile_criteria
from crm.fields.text import HALF_CHARACTER
from crm.lists.filters import where_of
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.finding import search_condition
from crm.visibility import Cursor, readable

LONGEST_FILTER = 20_000
NUL = re.compile(r"(?<!\\)(\\\\)*\\u0000")  # as JSON writes it; two backslashes are one in a text


def asked_fields(request: ApiRequest, module: ModuleInfo, text: str | None) -> list[str]:
    """The keys of the fields that shall be told: those named, else all that the person may read."""
    allowed = readable(request.user, module)
    if text is None:
        return [key for key in module.fields if key in allowed]
    wanted = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    if wrong := [key for key in wanted if key not in allowed]:
        raise ApiRefused(422, [unknown_field(module, key, "fields") for key in wrong[:50]])
    return list(wanted)


def unknown_field(module: ModuleInfo, key: str, field: str) -> dict[str, Any]:
    """The error for a field that is not there, or that the person may not read: nobody can tell which."""
    message = _("%(module)s have no field “%(field)s”.")
    return error("unknown_field", message % {"module": module.label_plural, "field": key[:80]}, field)


def asked_rows(request: ApiRequest, module: ModuleInfo, criteria: str | None, q: str | None) -> Q | None:
    """The condition of a filter and a search together; None without either."""
    if criteria is None:
        return search_condition(request.user, module, q or "")
    return where_of(request.user, module, q or "", _compiled(request, module, criteria))


def _compiled(request: ApiRequest, module: ModuleInfo, text: str) -> Criteria:
    """Criteria that look at nothing but what the person may read, and the token is for."""
    try:
        if len(text) > LONGEST_FILTER:
            raise ValueError
        data = load_json(text)
        plain = json.dumps(data, ensure_ascii=False)
    except (ValueError, RecursionError):
        raise refused(422, "malformed", _("The filter is not JSON."), "filter") from None
    if NUL.search(plain) or HALF_CHARACTER.search(plain):
        message = _("The text contains a character that is not allowed (NUL or half a character).")
        raise refused(422, "malformed", message, "filter")
    compiled = compile_criteria(data, module)
    closed = [key for key in sorted(compiled.reads) if not _may_read(request, *key)]
    if closed:
        raise ApiRefused(422, [unknown_field(registry().module(m), key, "filter") for m, key in closed])
    return compiled


def _may_read(request: ApiRequest, module_key: str, key: str) -> bool:
    module = registry().modules.get(module_key)
    return module is not None and request.token.reaches(module_key) and key in readable(request.user, module)


def asked_place(text: str | None) -> Cursor | None:
    """Where the page begins; raises BadCursor."""
    return Cursor.decode(text) if text else None


def stage_keys() -> frozenset[str]:
    """The automation that a caller may choose from."""
    stages = (import_string(path) for path in settings.CRM_ROUND_STAGES)
    return frozenset(stage.key for stage in stages if not stage.always)


def asked_automation(text: str) -> frozenset[str] | None:
    """Which automation runs: `all` (None), `none`, or names with commas."""
    if text == "all":
        return None
    if text == "none":
        return frozenset()
    chosen = frozenset(part.strip() for part in text.split(","))
    if unknown := sorted(chosen - stage_keys()):
        message = _("There is no automation “%(name)s”, but: %(known)s.")
        known = ", ".join(["all", "none", *sorted(stage_keys())])
        raise refused(422, "unknown_value", message % {"name": unknown[0][:80], "known": known}, "automation")
    return chosen
