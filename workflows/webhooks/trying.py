"""A test of an endpoint: a real request with values of a record that the person may read, kept nowhere."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.criteria import load_linked_values
from crm.criteria.paths import Operand, Paths
from crm.door.reading import read_records
from crm.models import User
from crm.modules.loading import module as find_module
from crm.modules.problems import ModuleProblem
from crm.modules.registry import ModuleInfo
from crm.people.problems import require_feature
from crm.visibility import readable, visible_ids
from workflows.models import Webhook
from workflows.publishing import FEATURE
from workflows.retries import RunProblem
from workflows.webhooks.endpoints import endpoint_of, person_of
from workflows.webhooks.payload import (
    Payload,
    dumped,
    filled,
    new_id,
    payload_of,
    payload_problems,
    told_object,
    written,
)
from workflows.webhooks.sending import deliver, known_webhook

MOST_SECONDS = 10  # that somebody waits for a page


def send_test(*, webhook: Webhook, module: ModuleInfo, record_id: int | None, actor: User) -> dict[str, Any]:
    """Sends one request and returns request and response as deliveries keep them, with `error` if it failed.

    Never called inside a transaction. Raises ModuleProblem if the record can't be read, or the endpoint
    does not fit the module.
    """
    require_feature(actor, FEATURE)
    endpoint = endpoint_of(webhook)
    if wrong := list(payload_problems(endpoint, module)):
        raise ModuleProblem(" ".join(wrong), "module")
    values = read_values(payload_of(endpoint, module), module, record_id, actor)
    webhook.seconds = min(webhook.seconds, MOST_SECONDS)
    kept = {"webhook": endpoint.key, "id": new_id()} | test_message(webhook, module, record_id, values, actor)
    try:
        return deliver(known_webhook(webhook), kept, [])
    except RunProblem as problem:
        return problem.answer | {"error": str(problem)}


def test_message(
    webhook: Webhook, module: ModuleInfo, record_id: int | None, values: dict[str, Any], actor: User
) -> dict[str, Any]:
    """The message as a delivery would keep it, marked as a test."""
    payload = payload_of(endpoint_of(webhook), module)
    event = {
        "event": f"{module.key}.test",
        "time": timezone.now().isoformat(timespec="seconds"),
        "object": told_object(module.key, record_id),
        "user": person_of(actor),
        "request": "test",
        "rule": None,
        "changed": {},
        "fields": {path: dumped(operand, values.get(path)) for path, operand in payload.fields.items()},
    }
    rows = {name: filled(template, values.get) for name, template in payload.rows}
    return written(payload.endpoint, event, rows)


def read_values(payload: Payload, module: ModuleInfo, record_id: int | None, actor: User) -> dict[str, Any]:
    """The record's values by path, without those that the person may not read; none without a record."""
    if record_id is None:
        return {}
    if not visible_ids(actor, module, [record_id]):
        raise ModuleProblem(_("You see no such record."), "record")
    own = read_records(module, [record_id])[record_id].values
    linked = {path for path in payload.paths if "." in path}
    values = own | load_linked_values(module, linked, {record_id: own})[record_id]
    paths = Paths(module)
    return {path: values.get(path) for path in payload.paths if may_read(actor, paths.operand(path))}


def may_read(actor: User, operand: Operand) -> bool:
    """Whether the person may read the field, and each link on the way."""
    return all(key in readable(actor, find_module(module)) for module, key in operand.reads)
