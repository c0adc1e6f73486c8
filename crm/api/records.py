"""Operations on the records of every module: list, count, read, create, edit, delete, restore."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from crm.api.asking import asked_automation, asked_fields, asked_place, asked_rows
from crm.api.entering import enter
from crm.api.errors import ApiRefused, status_of, told
from crm.api.gate import ApiRequest
from crm.api.shapes import (
    ALWAYS,
    BODY,
    MOST_ON_PAGE,
    CountOut,
    CreateIn,
    DeletedOut,
    EditIn,
    Errors,
    ModuleKey,
    PageOut,
    RecordId,
    RecordOut,
    WrittenOut,
)
from crm.api.telling import tell_notices, tell_records, tell_written
from crm.door import Change, Outcome, Source, Verb, apply
from crm.door.changes import Problem
from crm.views.asking import asked_module, asked_record
from crm.views.showing import stored_of
from crm.visibility import Sort, count, page

router = Router()

Criteria = Annotated[str | None, Query(description=(
    'Criteria as JSON, such as {"conditions": [{"field": "rating", "operator": "is", "value": "high"}]}.'
))]  # fmt: skip
Search = Annotated[
    str | None, Query(max_length=200, description="A part of the name or other searched field.")
]
Fields = Annotated[
    str | None, Query(max_length=4000, description="Keys with commas; without it, all fields.")
]
Automation = Annotated[
    str,
    Query(
        max_length=200, description="What runs: `all`, `none`, or names with commas: `assignment`, `rules`."
    ),
]
ONE, MANY = "/{slug:module}/records/{int:record_id}", "/{slug:module}/records"


@router.get(MANY, response={200: PageOut} | ALWAYS, summary="A page of records")
def list_records(
    request: ApiRequest,
    module: ModuleKey,
    filter: Criteria = None,  # noqa: A002 — the parameter's name
    q: Search = None,
    sort: Annotated[
        str, Query(max_length=80, description="A sorted field's key; `-` before it turns it round.")
    ] = "",
    fields: Fields = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ON_PAGE)] = 50,
    after: Annotated[str | None, Query(max_length=4000, description="`next` of the page before.")] = None,
) -> dict[str, Any]:
    """The records that you may see, newest first unless `sort` says otherwise, page by page."""
    info = asked_module(request.user, module)
    keys = asked_fields(request, info, fields)
    where = asked_rows(request, info, filter, q)
    place = asked_place(after)
    found = page(request.user, info, where=where, sort=Sort.parse(sort), after=place, size=limit)
    stored = [stored_of(info, row) for row in found.rows]
    following = found.next.encode() if found.next else None
    return {"records": tell_records(request, info, stored, keys), "next": following}


@router.get("/{slug:module}/count", response={200: CountOut} | ALWAYS, summary="How many records")
def count_records(
    request: ApiRequest,
    module: ModuleKey,
    filter: Criteria = None,  # noqa: A002
    q: Search = None,
    exact: Annotated[bool, Query(description="Count beyond 10,000 too, which may take long.")] = False,
) -> dict[str, Any]:
    """How many records you may see: exact to 10,000, and beyond with `exact`."""
    info = asked_module(request.user, module)
    where = asked_rows(request, info, filter, q)
    found = count(request.user, info, where=where, cap=None if exact else 10_000)
    return {"count": found.number, "exact": found.exact}


@router.get(ONE, response={200: RecordOut} | ALWAYS, summary="One record")
def read_record(
    request: ApiRequest, module: ModuleKey, record_id: RecordId, fields: Fields = None
) -> dict[str, Any]:
    """A record that you may see."""
    info, stored = asked_record(request.user, module, record_id)
    return tell_records(request, info, [stored], asked_fields(request, info, fields))[0]


@router.post(MANY, response={201: WrittenOut} | ALWAYS | BODY, summary="Create a record")
def create_record(
    request: ApiRequest,
    response: HttpResponse,
    module: ModuleKey,
    payload: CreateIn,
    fields: Fields = None,
    automation: Automation = "all",
) -> Status[dict[str, Any]]:
    """Makes a record; the answer is the record as it is after rules and assignment."""
    info = asked_module(request.user, module, "create")
    keys, chosen = asked_fields(request, info, fields), asked_automation(automation)
    (entered,) = enter(request, info, [payload.values])
    change = Change(Verb.CREATE, info.key, values=entered.values)
    outcome = carry_out(request, change, chosen, entered.problems)
    body = tell_written(request, info, outcome.ids[0], keys, outcome.notices)
    response.headers["Location"] = f"{request.path}/{outcome.ids[0]}"
    return Status(201, body)


@router.patch(ONE, response={200: WrittenOut} | ALWAYS | BODY | {409: Errors}, summary="Edit a record")
def edit_record(
    request: ApiRequest,
    module: ModuleKey,
    record_id: RecordId,
    payload: EditIn,
    fields: Fields = None,
    automation: Automation = "all",
) -> dict[str, Any]:
    """Changes the fields that are named. With `version`, what others changed since is refused (409)."""
    info = asked_module(request.user, module, "edit")
    keys, chosen = asked_fields(request, info, fields), asked_automation(automation)
    (entered,) = enter(request, info, [payload.values])
    change = Change(Verb.EDIT, info.key, record_id, entered.values, version=payload.version)
    if entered.problems:
        asked_record(request.user, module, record_id, "edit")
    outcome = carry_out(request, change, chosen, entered.problems)
    return tell_written(request, info, record_id, keys, outcome.notices)


@router.delete(ONE, response={200: DeletedOut} | ALWAYS, summary="Delete a record")
def delete_record(
    request: ApiRequest, module: ModuleKey, record_id: RecordId, automation: Automation = "all"
) -> dict[str, Any]:
    """Moves a record to the bin, from where it can be restored."""
    info = asked_module(request.user, module, "delete")
    change = Change(Verb.BIN, info.key, record_id)
    outcome = carry_out(request, change, asked_automation(automation))
    return {"module": info.key, "id": record_id, "notices": tell_notices(outcome.notices)}


@router.post(ONE + "/restore", response={200: WrittenOut} | ALWAYS, summary="Restore a record")
def restore_record(
    request: ApiRequest,
    module: ModuleKey,
    record_id: RecordId,
    fields: Fields = None,
    automation: Automation = "all",
) -> dict[str, Any]:
    """Takes a record out of the bin; refused if others have its unique values by now."""
    info = asked_module(request.user, module, "delete")
    keys = asked_fields(request, info, fields)
    change = Change(Verb.RESTORE, info.key, record_id)
    outcome = carry_out(request, change, asked_automation(automation))
    return tell_written(request, info, record_id, keys, outcome.notices)


def carry_out(
    request: ApiRequest,
    change: Change,
    automation: frozenset[str] | None,
    problems: list[Problem] | None = None,
) -> Outcome:
    """One change through the door, caused by the token; raises ApiRefused with everything that is wrong."""
    if problems:
        raise ApiRefused(422, [told(problem) for problem in problems])
    outcome = apply(
        [change], actor=request.user, source=Source.API, label=request.token.name, automation=automation
    )
    if not outcome.ok:
        found = outcome.problems
        raise ApiRefused(status_of(found), [told(problem) for problem in found])
    return outcome
