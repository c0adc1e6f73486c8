"""What happens with doubles, whose the records become, and which automation runs."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _

from crm.documents.live import document_data
from crm.imports.duplicates import COMPARED, OnDuplicate
from crm.imports.preparation import AUTOMATION, LEFT_OUT, NEW_FIELD, PERSON, RULE, USUAL
from crm.models import DocumentVersion, User, VersionState
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.import_steps import Asked, import_step


@import_step("import_options")
def options(asked: Asked) -> HttpResponse:
    """One page for everything that is about the records and not about the file."""
    if "columns" not in asked.preparation.data:
        return asked.back()
    keys = key_fields(asked)
    rules = assignment_rules(asked.module)
    if asked.request.method != "POST":
        return _page(asked, keys, rules, _chosen(asked, keys, rules), [])
    chosen, problems = _read(asked.request.POST, keys, rules)
    if not problems or "back" in asked.request.POST:
        asked.preparation.save(options=chosen)
    if "back" in asked.request.POST:
        return asked.back()
    return _page(asked, keys, rules, chosen, problems) if problems else asked.next()


def key_fields(asked: Asked) -> list[FieldInfo]:
    """Filled fields that can tell that two records are the same, the likely ones first."""
    filled = [
        key.partition(".")[0]
        for key in asked.preparation.columns.values()
        if key not in (LEFT_OUT, NEW_FIELD)
    ]
    fields = [asked.module.fields[key] for key in filled if key in asked.module.fields]
    known = [info for info in fields if info.type.family in COMPARED]
    return sorted(
        known, key=lambda info: (not info.unique, info.type.key not in ("email", "number"), info.position)
    )


def assignment_rules(module: ModuleInfo) -> list[tuple[str, str]]:
    """Key and name of the live assignment rules of the module."""
    live = DocumentVersion.objects.filter(kind="assignment", state=VersionState.PUBLISHED).order_by("name")
    return [(one.key, one.name) for one in live if document_data(one).get("module") == module.key]


def _chosen(asked: Asked, keys: list[FieldInfo], rules: list[tuple[str, str]]) -> dict[str, Any]:
    """What was chosen before, as far as it can still be chosen."""
    kept = asked.preparation.part("options")
    usual = OnDuplicate.UPDATE if asked.preparation.data.get("updates") else OnDuplicate.CREATE
    chosen = {
        "keys": [],
        "duplicates": usual,
        "owner": USUAL,
        "person": None,
        "rule": "",
        "automation": "all",
    } | kept
    chosen["keys"] = [key for key in chosen["keys"] if key in {info.key for info in keys}]
    if not chosen["keys"] and kept:
        chosen["duplicates"] = usual
    if chosen["owner"] == RULE and chosen["rule"] not in dict(rules):
        chosen["owner"] = USUAL
    return chosen


def _read(
    post: QueryDict, keys: list[FieldInfo], rules: list[tuple[str, str]]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    problems = []
    known = {info.key for info in keys}
    duplicates = post.get("duplicates", "")
    chosen: dict[str, Any] = {
        "keys": [key for key in post.getlist("keys") if key in known],
        "duplicates": duplicates if duplicates in list(OnDuplicate) else OnDuplicate.CREATE,
        "owner": post.get("owner", USUAL),
        "person": _person(post),
        "rule": post.get("rule", ""),
        "automation": post.get("automation") if post.get("automation") in AUTOMATION else "all",
    }
    if chosen["duplicates"] != OnDuplicate.CREATE and not chosen["keys"]:
        problems.append(("keys", _("Choose at least one field that tells which records are the same.")))
    if chosen["duplicates"] == OnDuplicate.CREATE:
        chosen["keys"] = []
    if chosen["owner"] == PERSON and chosen["person"] is None:
        problems.append(("person", _("Choose the person who gets the records; it must be somebody active.")))
    if chosen["owner"] == RULE and chosen["rule"] not in dict(rules):
        problems.append(("rule", _("Choose an assignment rule.")))
    return chosen, problems


def _person(post: QueryDict) -> int | None:
    text = post.get("person", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    found = User.objects.filter(pk=int(text), is_active=True).first()
    return found.pk if found else None


def _page(
    asked: Asked,
    keys: list[FieldInfo],
    rules: list[tuple[str, str]],
    chosen: dict[str, Any],
    problems: list[tuple[str, str]],
) -> HttpResponse:
    has_owner = "owner" in asked.preparation.columns.values()
    people = User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
    return asked.page(
        "crm/imports/options.html",
        problems,
        keys=[(info, info.key in chosen["keys"]) for info in keys],
        chosen=chosen,
        rules=rules,
        people=list(people),
        has_owner=has_owner,
        told=dict(problems),
    )
