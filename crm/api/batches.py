"""Many changes in one call: all or nothing, or each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from ninja import Router

from crm.api.asking import asked_automation
from crm.api.entering import Entered, enter
from crm.api.errors import UNDONE, ApiRefused, told
from crm.api.gate import ApiRequest
from crm.api.records import Automation
from crm.api.shapes import ALWAYS, BODY, BatchIn, BatchOut, ChangeIn, Errors, ModuleKey
from crm.api.telling import tell_notices
from crm.door import Change, Outcome, Source, Verb, apply
from crm.door.changes import Problem, Result
from crm.door.reading import read_records
from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.views.asking import asked_module
from crm.visibility import can

router = Router()
VERBS = {"create": Verb.CREATE, "edit": Verb.EDIT, "delete": Verb.BIN, "restore": Verb.RESTORE}
WITH_VALUES = frozenset({"create", "edit"})


@router.post(
    "/{slug:module}/batch",
    response={200: BatchOut} | ALWAYS | BODY | {409: Errors},
    summary="Change many records",
)
def change_many(
    request: ApiRequest, module: ModuleKey, payload: BatchIn, automation: Automation = "all"
) -> dict[str, Any]:
    """Carries out up to 500 changes. In mode `each` the answer is 200 and tells how each one went.

    A batch that edits or deletes more than one record asks for your profile's right to change many records at
    once (`mass_update`), as the pages do; without it the answer is 403, and nothing is changed.
    """
    info = asked_module(request.user, module)
    _ask_for_many(request.user, info, payload.changes)
    chosen = asked_automation(automation)
    entered = _enter_all(request, info, payload.changes)
    if payload.mode == "all":
        _refuse([one.problems for one in entered])
    sound = [
        _change(info, place, payload.changes[place], one)
        for place, one in enumerate(entered)
        if not one.problems
    ]
    outcome = apply(
        sound,
        actor=request.user,
        source=Source.API,
        mode=payload.mode,
        label=request.token.name,
        automation=chosen,
    )
    if payload.mode == "all":
        _refuse([result.problems for result in outcome.results])
    return _told(info, entered, outcome)


def _ask_for_many(user: User, info: ModuleInfo, changes: Sequence[ChangeIn]) -> None:
    """Refuses who may not change many records at once. New and restored ones are not asked for on pages."""
    changed = {change.id for change in changes if VERBS[change.do] in (Verb.EDIT, Verb.BIN)}
    if len(changed) > 1 and not can(user, "mass_update", info):
        message = _("Your profile does not allow to change several records at once in %s.")
        raise PermissionDenied(message % info.label_plural)


def _change(info: ModuleInfo, place: int, sent: ChangeIn, entered: Entered) -> Change:
    verb = VERBS[sent.do]
    record_id = None if verb is Verb.CREATE else sent.id
    return Change(verb, info.key, record_id, entered.values, version=sent.version, ref=place)


def _enter_all(request: ApiRequest, info: ModuleInfo, changes: Sequence[ChangeIn]) -> list[Entered]:
    """The values of all changes, with what is wrong with their form."""
    entered = enter(request, info, [change.values or {} for change in changes])
    for change, one in zip(changes, entered, strict=True):
        if (change.id is None) is not (change.do == "create"):
            message = _("Every change names its record's id, but for “create”, which has none yet.")
            one.problems.append(Problem("id", "invalid", message))
        if (change.values is None) is (change.do in WITH_VALUES):
            message = _("Values belong to “create” and “edit”, and to nothing else.")
            one.problems.append(Problem("values", "invalid", message))
    return entered


def _refuse(problems: Sequence[Sequence[Problem]]) -> None:
    """Raises ApiRefused if one of the changes has problems; 409 if all that is wrong is stale."""
    found = [(place, one) for place, of in enumerate(problems) for one in of if one.code != UNDONE]
    if found:
        status = 409 if all(one.code == "stale" for _place, one in found) else 422
        raise ApiRefused(status, [told(one, place) for place, one in found])


def _told(info: ModuleInfo, entered: Sequence[Entered], outcome: Outcome) -> dict[str, Any]:
    by_place: dict[int, Result] = {result.change.ref: result for result in outcome.results}
    versions = {pk: stored.version for pk, stored in read_records(info, outcome.ids).items()}
    results = [
        _result(place, by_place.get(place), one.problems, versions) for place, one in enumerate(entered)
    ]
    return {"results": results, "notices": tell_notices(outcome.notices)}


def _result(
    place: int, result: Result | None, problems: Sequence[Problem], versions: dict[int, int]
) -> dict[str, Any]:
    """How one change went; without a result it did not get to the door."""
    found = [*problems, *(result.problems if result else ())]
    record_id = result.id if result and result.ok else None
    return {
        "index": place,
        "ok": not found,
        "id": record_id,
        "version": versions.get(record_id) if record_id is not None else None,
        "errors": [told(problem, place) for problem in found],
    }
