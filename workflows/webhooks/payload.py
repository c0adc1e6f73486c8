"""What a webhook sends: worked out when the record's values are final, and kept with the run.

Values are written for programs: as history keeps them, the same in every language. Only fields that the
endpoint names are sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.criteria.base import SideProblem
from crm.criteria.paths import Operand, Paths
from crm.door import Verb
from crm.modules.registry import ModuleInfo
from workflows.kinds.base import Firing
from workflows.merge import Slot, Template, parse, template_problems
from workflows.merge_text import Put, read
from workflows.models import Webhook
from workflows.webhooks.endpoints import Endpoint, person_of

EVENTS = {
    Verb.CREATE: "created", Verb.EDIT: "edited", Verb.BIN: "deleted", Verb.RESTORE: "restored",
    Verb.PURGE: "deleted",
}  # fmt: skip
CONTENT_TYPES = {
    Webhook.Format.JSON: "application/json",
    Webhook.Format.FORM: "application/x-www-form-urlencoded",
}


@dataclass(frozen=True)
class Payload:
    """What an endpoint sends of a module's records, ready to be filled."""

    endpoint: Endpoint
    fields: Mapping[str, Operand]
    rows: tuple[tuple[str, Template], ...]

    @property
    def paths(self) -> frozenset[str]:
        """The paths whose values are sent."""
        return frozenset(self.fields).union(*(template.paths for _name, template in self.rows))


def payload_problems(endpoint: Endpoint, module: ModuleInfo) -> Iterator[str]:
    """What keeps a webhook from being called for records of a module."""
    if endpoint.module not in (None, module.key):
        told = {"webhook": endpoint.name, "module": module.label_plural}
        yield _("The webhook “%(webhook)s” is not for %(module)s.") % told
        return
    paths = Paths(module)
    for path in endpoint.fields:
        try:
            paths.operand(path)
        except SideProblem as problem:
            yield _("Field %(path)s: %(why)s") % {"path": path, "why": problem}
    for name, text in endpoint.rows:
        yield from (f"{name}: {message}" for message in template_problems(text, module))


def payload_of(endpoint: Endpoint, module: ModuleInfo) -> Payload:
    """The payload of an endpoint without problems."""
    paths = Paths(module)
    return Payload(
        endpoint,
        {path: paths.operand(path) for path in endpoint.fields},
        tuple((name, parse(text, module)) for name, text in endpoint.rows),
    )


def run_input(payload: Payload, firing: Firing) -> dict[str, Any]:
    """What a run keeps: the message's id and its text, the same at every try."""
    values = {path: dumped(operand, firing.draft.value(path)) for path, operand in payload.fields.items()}
    event = event_of(payload, firing, values)
    rows = {name: filled(template, firing.draft.value) for name, template in payload.rows}
    return {"webhook": payload.endpoint.key, "id": new_id()} | written(payload.endpoint, event, rows)


def new_id() -> str:
    """The id of a message, unlike any other."""
    return f"msg_{uuid4().hex}"


def event_of(payload: Payload, firing: Firing, values: Mapping[str, Any]) -> dict[str, Any]:
    """The standard event: what happened to which record, through whom, and the fields to be sent."""
    draft, root = firing.draft, list(firing.cause.line())[-1]
    changed = {
        path: {"before": dumped(operand, draft.before_value(path)), "after": values[path]}
        for path, operand in payload.fields.items()
        if operand.own and draft.before_value(path) != draft.value(path)
    }
    return {
        "event": f"{draft.module.key}.{EVENTS[draft.verb]}",
        "time": firing.batch.now.isoformat(),
        "object": told_object(draft.module.key, draft.id),
        "user": person_of(firing.batch.actor),
        "request": str(root.id),
        "rule": firing.cause.label,
        "changed": changed,
        "fields": dict(values),
    }


def told_object(module: str, record_id: int | None) -> dict[str, Any]:
    """The record as receivers are told; only a test has none."""
    if record_id is None:
        return {"module": module, "id": None, "url": None}
    return {
        "module": module,
        "id": record_id,
        "url": settings.SITE_URL + reverse("record", args=[module, record_id]),
    }


def dumped(operand: Operand, value: Any) -> Any:
    """The value of a field as plain JSON."""
    return None if value is None else operand.field.type.dump(value, operand.field)


def filled(template: Template, value: Any) -> Any:
    """The text with values in it; a merge field alone keeps its kind, such as a number."""
    nodes, _problems = read(template.text.strip())
    if len(nodes) == 1 and isinstance(nodes[0], Put):
        found = dumped_slot(template.slots[nodes[0].name], value)
        return nodes[0].otherwise or None if found in (None, "") else found
    return template.fill(lambda slot: as_text(dumped_slot(slot, value)))


def dumped_slot(slot: Slot, value: Any) -> Any:
    """The value of a merge field as plain JSON."""
    found = value(slot.path)
    return None if found is None else slot.field.type.dump(found, slot.field)


def as_text(value: Any) -> str:
    """A plain value inside a text or a form."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def written(endpoint: Endpoint, event: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Any]:
    """The message as text: in the body with its type, or in the address where there is no body."""
    given = event if endpoint.body == Webhook.Body.EVENT else rows
    pairs = urlencode([(name, as_text(value)) for name, value in given.items()])
    if endpoint.in_address:
        return {"method": endpoint.method, "query": pairs, "body": "", "type": ""}
    as_json = endpoint.format == Webhook.Format.JSON
    text = json.dumps(given, ensure_ascii=False) if as_json else pairs
    return {
        "method": endpoint.method,
        "query": "",
        "body": text,
        "type": CONTENT_TYPES[Webhook.Format(endpoint.format)],
    }
