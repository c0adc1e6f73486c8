"""One try of a delivery: the request that is made of what the run keeps, and what its answer means."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.outgoing import Answer, NotAllowed, OutgoingProblem, Request, send
from workflows.models import SigningSecret, Webhook
from workflows.retries import NoFurtherTry, RetryPolicy, RunProblem
from workflows.webhooks.endpoints import HIDDEN, Endpoint, endpoint_of, shown_url
from workflows.webhooks.signing import signed_headers

# Eight tries within about a day.
RETRIES = RetryPolicy(
    waits=(
        timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=40),
        timedelta(hours=2), timedelta(hours=6), timedelta(hours=15),
    ),
    jitter=0.2,
)  # fmt: skip
KEPT_HEADERS = 30
KEPT_HEADER = 300  # signs of a header's value
KEPT_TRIES = 20
KEPT_BODY = 4096  # signs of an answer that are kept with the run
AGAIN = frozenset({408, 429})  # of the answers below 500
SHORTEST_HIDDEN = 6  # signs of a header's value that is taken out of answers that repeat it


@dataclass(frozen=True)
class Known:
    """An endpoint with the secrets that sign now, read when a try begins."""

    endpoint: Endpoint
    secrets: tuple[str, ...]


def known_webhook(row: Webhook) -> Known:
    """The webhook as it is now; two statements with the one that read it."""
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=timezone.now())
    found = SigningSecret.objects.filter(valid, webhook=row).values_list("value", flat=True)
    return Known(endpoint_of(row), tuple(found))


def request_of(known: Known, kept: Mapping[str, Any], timestamp: int) -> Request:
    """The request of a try: what the run keeps, to where the endpoint is now, signed now."""
    body = str(kept["body"]).encode()
    url, query = known.endpoint.url, str(kept["query"])
    if query:
        url += ("&" if "?" in url else "?") + query
    headers = dict(known.endpoint.headers)
    if kept["type"]:
        headers["Content-Type"] = str(kept["type"])
    headers |= signed_headers(known.secrets, str(kept["id"]), timestamp, body)
    return Request(str(kept["method"]), url, headers, body, known.endpoint.seconds)


def deliver(known: Known, kept: Mapping[str, Any], before: Sequence[Any]) -> dict[str, Any]:
    """Makes one try and returns the answer to keep; raises RunProblem where it failed.

    Asks no database. `before` are the tries that were made already.
    """
    at, begun = timezone.now(), time.monotonic()
    request = request_of(known, kept, int(at.timestamp()))
    told: dict[str, Any] = {"request": told_request(known, request, kept), "response": None}
    tried: dict[str, Any] = {"at": at.isoformat(timespec="seconds")}
    told["tries"] = [*before[1 - KEPT_TRIES :], tried]
    try:
        answer = send(request)
    except OutgoingProblem as problem:
        tried |= {"seconds": round(time.monotonic() - begun, 3), "error": str(problem)}
        kind = NoFurtherTry if isinstance(problem, NotAllowed) else RunProblem
        raise kind(str(problem), answer=told) from None
    tried |= {"seconds": round(answer.seconds, 3), "status": answer.status}
    told["response"] = told_response(known, answer)
    check(answer, told)
    return told


def check(answer: Answer, told: dict[str, Any]) -> None:
    """Raises what an answer other than success means."""
    status = answer.status
    if answer.kept or 200 <= status < 300:
        return
    if status >= 500 or status in AGAIN:
        raise RunProblem(_("The answer was %s.") % status, answer=told, after=retry_after(answer))
    if 300 <= status < 400:
        raise NoFurtherTry(_("The answer was %s: redirects are not followed.") % status, answer=told)
    raise NoFurtherTry(_("The answer was %s: another try would not change it.") % status, answer=told)


def retry_after(answer: Answer) -> timedelta | None:
    """The wait that the receiver asked for, in seconds or until a date; None if it did not say."""
    given = next((value for name, value in answer.headers if name.lower() == "retry-after"), "").strip()
    if given.isascii() and given.isdigit():
        return timedelta(seconds=min(int(given), 10**9))
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)
    return max(wait, timedelta(0))


def told_request(known: Known, request: Request, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The request as it is kept: headers that admins typed without their values, since they may be keys."""
    typed = {name.lower() for name, _value in known.endpoint.headers}
    headers = [[name, HIDDEN if name.lower() in typed else value] for name, value in request.headers.items()]
    address = shown_url(known.endpoint.url)
    query = str(kept["query"])
    return {
        "method": request.method,
        "url": f"{address}{'&' if '?' in address else '?'}{query}" if query else address,
        "headers": headers,
        "body": str(kept["body"])[:KEPT_BODY],
    }


def told_response(known: Known, answer: Answer) -> dict[str, Any]:
    """The answer as it is kept: its beginning, without what it repeats of the headers that admins typed."""
    text = answer.body.decode("utf-8", "replace").replace("\x00", "�")
    headers = [
        [without(known, name)[:KEPT_HEADER], without(known, value)[:KEPT_HEADER]]
        for name, value in answer.headers[:KEPT_HEADERS]
    ]
    return {
        "status": answer.status,
        "headers": headers,
        "body": without(known, text)[:KEPT_BODY],
        "cut": answer.cut or len(text) > KEPT_BODY,
        "seconds": round(answer.seconds, 3),
        "kept": answer.kept,
    }


def without(known: Known, text: str) -> str:
    """The text without values of headers that admins typed."""
    for _name, value in known.endpoint.headers:
        if len(value) >= SHORTEST_HIDDEN:
            text = text.replace(value, HIDDEN)
    return text
