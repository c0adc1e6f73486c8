"""What keeps a webhook from being saved as it is, switched off or deleted."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext as _

from crm.documents.kinds import DOCUMENT_KINDS
from crm.documents.live import document_data
from crm.models import DocumentVersion, VersionState
from crm.modules.loading import registry
from crm.modules.problems import InUse, ModuleProblem
from crm.modules.usage import Usage
from crm.outgoing import NotAllowed, check_headers, target_of
from workflows.models import Webhook
from workflows.models.webhooks import WEBHOOK_KIND
from workflows.webhooks.endpoints import Endpoint, Endpoints, fresh_endpoints, tried_endpoints
from workflows.webhooks.payload import payload_problems

OF_THE_STANDARD = "webhook-"  # headers that begin so are the signature's


def check_endpoint(endpoint: Endpoint) -> None:
    """Raises ModuleProblem, naming the field, for the first thing that is wrong with an endpoint."""
    _check_request(endpoint)
    _check_message(endpoint)
    module = registry().modules.get(endpoint.module) if endpoint.module else None
    if module is not None and (wrong := list(payload_problems(endpoint, module))):
        raise ModuleProblem(" ".join(wrong), "fields_sent" if wrong[0].startswith(_("Field")) else "rows")


def _check_request(endpoint: Endpoint) -> None:
    try:
        target_of(endpoint.url)
    except NotAllowed as problem:
        raise ModuleProblem(str(problem), "url") from None
    names = [name.lower() for name, _value in endpoint.headers]
    if double := _double(names):
        raise ModuleProblem(_("The header %s is there twice.") % double, "headers")
    for name in names:
        if name.startswith(OF_THE_STANDARD) or name == "content-type":
            raise ModuleProblem(_("The header %s is set by Signalbox itself.") % name, "headers")
    try:
        check_headers(dict(endpoint.headers))
    except NotAllowed as problem:
        raise ModuleProblem(str(problem), "headers") from None


def _check_message(endpoint: Endpoint) -> None:
    own = endpoint.body == Webhook.Body.ROWS
    if own and not endpoint.rows:
        raise ModuleProblem(_("Say what is sent: a name and a text in each line."), "rows")
    if double := _double([name for name, _text in endpoint.rows]):
        raise ModuleProblem(_("The name “%s” is there twice.") % double, "rows")
    if not own and (endpoint.in_address or endpoint.format == Webhook.Format.FORM):
        raise ModuleProblem(
            _("The event is sent as JSON, with a method that has a body; choose names and texts instead."),
            "body",
        )


def _double(names: list[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


def check_users(key: str, after: Endpoint | None) -> None:
    """Raises InUse, naming each, if something live could not run with the webhook like that; None: gone."""
    now = dict(fresh_endpoints())
    then = {name: known for name, known in now.items() if name != key}
    if after is not None:
        then[key] = after
    usages = [usage for version in _mentioning(key) if (usage := _broken(version, now, then))]
    if usages:
        raise InUse(usages)


def _mentioning(key: str) -> list[DocumentVersion]:
    """Live documents, of whatever kind, whose text names the action and the webhook."""
    live = DocumentVersion.objects.filter(state=VersionState.PUBLISHED)
    return list(live.filter(text__contains=f'"{WEBHOOK_KIND}"').filter(text__contains=f'"{key}"'))


def _broken(version: DocumentVersion, now: Endpoints, then: Endpoints) -> Usage | None:
    """The document as a user of the webhook, if it has problems with it then that it does not have now."""
    before = _problems(version, now)
    new = [problem for problem in _problems(version, then) if problem not in before]
    if not new:
        return None
    where = str(DOCUMENT_KINDS[version.kind].label)
    return Usage("document", f"“{version.name}” ({new[0]})", where, blocking=True)


def _problems(version: DocumentVersion, endpoints: Endpoints) -> list[str]:
    with tried_endpoints(endpoints):
        found = DOCUMENT_KINDS[version.kind].validate(version.key, document_data(version))
        return [str(problem) for problem in found]
