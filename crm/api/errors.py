"""What the API says when something is refused: a status, and a list of errors for programs and people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from crm.criteria import CriteriaProblems
from crm.door.changes import DoorRefused, Problem
from crm.visibility import BadCursor, FieldRefused, TooSlow

logger = logging.getLogger(__name__)
Error = dict[str, Any]
UNDONE = "undone"  # the code of a change that was fine, in a call that was refused


class ApiRefused(Exception):  # noqa: N818 — reads as what happened
    """A request that is answered with an error."""

    def __init__(
        self, status: int, errors: Sequence[Error], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status}: {errors}")
        self.status, self.errors, self.headers = status, list(errors), dict(headers or {})


def error(code: str, message: str, field: str | None = None, **more: Any) -> Error:
    """One error: a code for programs, a message for people, the field that it is about."""
    return {"field": field, "code": code, "message": str(message), **more}


def refused(status: int, code: str, message: str, field: str | None = None) -> ApiRefused:
    """The exception for a single error."""
    return ApiRefused(status, [error(code, message, field)])


def answer(status: int, errors: Sequence[Error], headers: Mapping[str, str] | None = None) -> JsonResponse:
    """The response that tells of errors."""
    return JsonResponse({"errors": list(errors)}, status=status, headers=headers)


def told(problem: Problem, index: int | None = None) -> Error:
    """A problem of the door's. Of a stale field, also what it is now and in which version."""
    found = error(problem.code, problem.message, problem.field)
    if problem.code == "stale":
        found |= {key: problem.detail.get(key) for key in ("current", "version")}
    return found if index is None else {"index": index} | found


def status_of(problems: Iterable[Problem]) -> int:
    """The status for what is wrong with one change: 404, 403 and 409 come before 422."""
    about_record = {problem.code for problem in problems if problem.field is None}
    if about_record & {"not_found", "unknown_module"}:
        return 404
    if "forbidden" in about_record:
        return 403
    return 409 if any(problem.code == "stale" for problem in problems) else 422


def _of_door(refusal: DoorRefused) -> ApiRefused:
    problems = refusal.outcome.problems
    return ApiRefused(status_of(problems), [told(problem) for problem in problems])


def _of_criteria(problems: CriteriaProblems) -> ApiRefused:
    found = [error("criteria", one.message, "filter", condition=one.number) for one in problems.problems]
    return ApiRefused(422, found)


def _of_shape(wrong: ValidationError) -> ApiRefused:
    """What pydantic found: in the path it means that there is no such thing."""
    if any(one["loc"][0] == "path" for one in wrong.errors):
        return refused(404, "not_found", _("There is no such address."))
    return ApiRefused(422, [_shape_error(one) for one in wrong.errors])


def _shape_error(one: Mapping[str, Any]) -> Error:
    source, *rest = one["loc"]
    if source == "body":
        rest = rest[1:]  # the name of our own parameter
    names = [str(part)[:80] for part in rest if not isinstance(part, int)]
    index = next((part for part in rest if isinstance(part, int)), None)
    more = {} if index is None else {"index": index}
    return error(str(one["type"]), str(one["msg"]), ".".join(names) or None, **more)


def _of_parser(wrong: HttpError) -> ApiRefused:
    return refused(wrong.status_code, "malformed", _("The body can't be read: send JSON in UTF-8."))


def _crash(crash: Exception) -> ApiRefused:
    logger.error("The API could not answer.", exc_info=crash)
    return refused(500, "server_error", _("Something went wrong here. It has been logged."))


TRANSLATIONS: dict[type[Exception], Callable[[Any], ApiRefused]] = {
    ApiRefused: lambda refusal: refusal,
    DoorRefused: _of_door,
    CriteriaProblems: _of_criteria,
    ValidationError: _of_shape,
    HttpError: _of_parser,
    Http404: lambda reason: refused(404, "not_found", str(reason) or _("There is no such address.")),
    PermissionDenied: lambda reason: refused(403, "forbidden", str(reason)),
    FieldRefused: lambda reason: refused(422, "not_sortable", reason.message, "sort"),
    BadCursor: lambda reason: refused(422, "bad_cursor", str(reason), "after"),
    TooSlow: lambda reason: refused(422, "too_slow", str(reason), "filter"),
    RequestDataTooBig: lambda _reason: too_large(),
    SuspiciousOperation: lambda _reason: refused(400, "malformed", _("The request can't be read.")),
    MultiPartParserError: lambda _reason: refused(400, "malformed", _("The form can't be read.")),
    UnreadablePostError: lambda _reason: refused(400, "malformed", _("The request ended too early.")),
    Exception: _crash,
}


def too_large() -> ApiRefused:
    """The exception for a body above the limit."""
    return refused(413, "too_large", _("The body is too large; send fewer records at a time."))


def register_errors(api: NinjaAPI) -> None:
    """Makes the API answer every exception in one form."""
    for kind, translate in TRANSLATIONS.items():
        api.add_exception_handler(kind, _handler(translate))


def _handler(translate: Callable[[Any], ApiRefused]) -> Callable[[HttpRequest, Any], JsonResponse]:
    def handle(_request: HttpRequest, exception: Any) -> JsonResponse:
        refusal = translate(exception)
        return answer(refusal.status, refusal.errors, refusal.headers)

    return handle
