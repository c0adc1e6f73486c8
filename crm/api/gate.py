"""The gate before every operation: whose token it is, what the token is for, and how often it asks.

Only tokens open the API. A browser's session does not: the API never reads a cookie, so that no other
site can make somebody's browser ask for anything, and no request needs a CSRF token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from crm.api.errors import ApiRefused, answer, error, refused, too_large
from crm.api.tokens import find_token, note_use
from crm.documents.generation import held_generation
from crm.middleware import zone_of
from crm.models import AccessToken, User

View = Callable[..., HttpResponseBase]
READING = frozenset({"GET", "HEAD", "OPTIONS"})
WINDOW = 60  # seconds in which requests are counted
ENVELOPE = 64 * 1024  # what a form adds to the file in it


class ApiRequest(HttpRequest):
    """A request that passed the gate."""

    user: User
    token: AccessToken


def gated(view: View, parameters: Mapping[str, frozenset[str]]) -> View:
    """The view behind the gate; whatever it answers is JSON and is never kept by a cache.

    `parameters` are the names in the query that it knows, by method: a misspelt `filter` that is passed
    over would give all records instead of some.
    """

    @csrf_exempt
    @login_not_required
    def gate(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            response = _enter(request, view, kwargs, parameters)
        except ApiRefused as refusal:
            response = answer(refusal.status, refusal.errors, refusal.headers)
        response.headers["Cache-Control"] = "no-store"
        return response

    return gate


def _enter(
    request: Any, view: View, kwargs: dict[str, Any], parameters: Mapping[str, frozenset[str]]
) -> HttpResponseBase:
    token = token_of(request)
    _count(token)
    _check_size(request)
    _check_scope(request, token, kwargs.get("module"))
    note_use(token, timezone.now())
    request.token, request.user = token, token.person
    _speak(request, token.person)
    _check_query(request, parameters)
    with timezone.override(zone_of(token.person)), held_generation():
        response = view(request, **kwargs)
    if response.status_code == 405:
        allowed = {"Allow": response.headers["Allow"]}
        return answer(405, [error("method_not_allowed", _("Not possible at this address."))], allowed)
    return response


def token_of(request: HttpRequest) -> AccessToken:
    """The live token that the request brings; else 401, with the reason."""
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise _no_entry("token_missing", _("Send your token as “Authorization: Bearer …”."), "")
    token = find_token(secret.strip())
    if token is None:
        raise _no_entry("token_unknown", _("There is no such token."))
    if token.revoked_at is not None:
        raise _no_entry("token_revoked", _("This token was revoked."))
    if token.is_expired(timezone.now()):
        raise _no_entry("token_expired", _("This token has expired."))
    if not token.person.is_active:
        raise _no_entry("person_inactive", _("The person whose token this is has left."))
    return token


def _no_entry(code: str, message: str, reason: str = ', error="invalid_token"') -> ApiRefused:
    headers = {"WWW-Authenticate": f'Bearer realm="Signalbox"{reason}'}
    return ApiRefused(401, [error(code, message)], headers)


def _count(token: AccessToken) -> None:
    """Refuses a token that asks too often. Wrong tokens are not counted: each costs one look at an index."""
    most = settings.API_REQUESTS_PER_MINUTE
    if not most:
        return
    minute, second = divmod(int(timezone.now().timestamp()), WINDOW)
    key = f"api:{token.digest}:{minute}"
    cache.add(key, 0, 2 * WINDOW)
    try:
        number = cache.incr(key)
    except ValueError:  # thrown out of the cache between the two calls
        return
    if number > most:
        message = _("More than %s requests in a minute; wait a little.") % most
        raise ApiRefused(429, [error("too_many", message)], {"Retry-After": str(WINDOW - second)})


def _check_size(request: HttpRequest) -> None:
    """Refuses a body by the length that it announces, before any of it is read."""
    is_form = request.content_type == "multipart/form-data"
    limit = settings.CRM_FILE_MAX_BYTES + ENVELOPE if is_form else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isascii() or not announced.isdecimal():
        raise refused(400, "malformed", _("The request can't be read."))
    if limit is not None and int(announced[:18]) > limit:
        raise too_large()


def _check_scope(request: HttpRequest, token: AccessToken, module: str | None) -> None:
    """By the method and the module in the address, so that no operation can forget to ask."""
    if request.method not in READING and not token.may_write:
        raise refused(403, "scope", _("This token may only read."))
    if module is not None and not token.reaches(module):
        raise refused(403, "scope", _("This token is not for the module “%s”.") % module)


def _check_query(request: HttpRequest, parameters: Mapping[str, frozenset[str]]) -> None:
    known = parameters.get(request.method or "")
    unknown = sorted(set(request.GET) - known) if known is not None else []
    if unknown:
        message = _("There is no parameter “%s” here.")
        raise ApiRefused(
            422, [error("unknown_parameter", message % name[:80], name[:80]) for name in unknown[:20]]
        )


def _speak(request: Any, person: User) -> None:
    """The language that the program asks for, else the person's."""
    if "Accept-Language" not in request.headers:
        translation.activate(person.language)
        request.LANGUAGE_CODE = translation.get_language()
