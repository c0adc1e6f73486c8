"""Endpoints as rules know them: what is configured of a webhook, without its secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from crm.documents.kinds import Data
from crm.models import User
from crm.people.remembered import PerGeneration
from workflows.models import Webhook

HIDDEN = "•••"
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Endpoint:
    """A webhook as it is configured; `rows` and `headers` are pairs of name and text."""

    key: str
    name: str
    active: bool
    module: str | None
    url: str
    method: str
    headers: Pairs
    body: str
    format: str
    fields: tuple[str, ...]
    rows: Pairs
    seconds: int

    @property
    def in_address(self) -> bool:
        """Whether what is sent goes into the address, since the request has no body."""
        return self.method in (Webhook.Method.GET, Webhook.Method.DELETE)


Endpoints = Mapping[str, Endpoint]
_trial: ContextVar[Endpoints | None] = ContextVar("trial_endpoints", default=None)


def endpoint_of(row: Webhook) -> Endpoint:
    """What a webhook's row says."""
    return Endpoint(
        key=row.key,
        name=row.name,
        active=row.active,
        module=row.module_id,
        url=row.url,
        method=row.method,
        headers=tuple((str(name), str(value)) for name, value in row.headers),
        body=row.body,
        format=row.format,
        fields=tuple(map(str, row.fields_sent)),
        rows=tuple((str(name), str(text)) for name, text in row.rows),
        seconds=row.seconds,
    )


def read_endpoints() -> Endpoints:
    """All webhooks by key, as they are in the database now."""
    return {row.key: endpoint_of(row) for row in Webhook.objects.all()}


_kept = PerGeneration(read_endpoints)


def endpoints() -> Endpoints:
    """The webhooks by key, as of the configuration's generation."""
    trial = _trial.get()
    return _kept() if trial is None else trial


def fresh_endpoints() -> Endpoints:
    """The webhooks by key, read anew: for checks before something is put live."""
    trial = _trial.get()
    return read_endpoints() if trial is None else trial


@contextmanager
def tried_endpoints(trial: Endpoints) -> Iterator[None]:
    """Lets what is inside see these webhooks: to find out what a change would do, before it is made."""
    token = _trial.set(trial)
    try:
        yield
    finally:
        _trial.reset(token)


def webhook_document(row: Webhook | None) -> Data | None:
    """The webhook as plain data, for the journal and for documents: without secrets and headers' values."""
    if row is None:
        return None
    endpoint = endpoint_of(row)
    return {
        "key": endpoint.key,
        "name": endpoint.name,
        "active": endpoint.active,
        "module": endpoint.module,
        "url": shown_url(endpoint.url),
        "method": endpoint.method,
        "headers": [[name, HIDDEN] for name, _value in endpoint.headers],
        "body": endpoint.body,
        "format": endpoint.format,
        "fields": list(endpoint.fields),
        "rows": [list(pair) for pair in endpoint.rows],
        "seconds": endpoint.seconds,
    }


def shown_url(url: str) -> str:
    """An address without its query, where other systems like to put keys."""
    address, mark, _query = url.partition("?")
    return f"{address}?{HIDDEN}" if mark else address


def active_choices(module: str) -> list[tuple[str, str]]:
    """The active webhooks that rules of a module may use, for a choice."""
    fitting = (one for one in endpoints().values() if one.active and one.module in (None, module))
    return [(one.key, one.name) for one in fitting]


def person_of(user: User | None) -> dict[str, str] | None:
    """A person as receivers are told."""
    return None if user is None else {"email": user.email, "name": user.name}
