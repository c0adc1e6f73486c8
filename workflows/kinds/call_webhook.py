"""Action: calls a webhook, by a worker after the commit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from crm.modules.registry import ModuleInfo
from workflows.kinds.base import ActionProblem, Config, Firing, register_action_kind
from workflows.kinds.forms import ActionForm
from workflows.kinds.network import Call, NetworkKind
from workflows.kinds.references import Reference
from workflows.models import Webhook
from workflows.models.webhooks import WEBHOOK_KIND
from workflows.retries import NoFurtherTry
from workflows.webhooks.endpoints import Endpoint, active_choices, endpoints, fresh_endpoints
from workflows.webhooks.payload import Payload, payload_of, payload_problems, run_input
from workflows.webhooks.sending import RETRIES, deliver, known_webhook

if TYPE_CHECKING:
    from workflows.models import ActionRun


class WebhookForm(ActionForm):
    """Which webhook is called."""

    webhook = forms.ChoiceField(label=gettext_lazy("Webhook"), widget=UnfoldAdminSelectWidget())

    def __init__(self, module: ModuleInfo, *args: Any, config: Config | None = None, **kwargs: Any) -> None:
        super().__init__(module, *args, config=config, **kwargs)
        self.fields["webhook"].choices = active_choices(module.key)  # type: ignore[attr-defined]


@register_action_kind
class CallWebhook(NetworkKind):
    """`{"webhook": key}`; the message is kept with the run as it was at the change, for all tries.

    Address, headers, secrets and time-out are those at the time of sending, so that an admin can put them
    right and send again.
    """

    key = WEBHOOK_KIND
    label = gettext_lazy("Call webhook")
    form = WebhookForm
    retries = RETRIES
    lane_key = "webhook"

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        endpoint = fresh_endpoints().get(str(config.get("webhook") or ""))
        if endpoint is None:
            return [_("There is no webhook “%s”.") % (config.get("webhook") or "")]
        if not endpoint.active:
            return [_("The webhook “%s” is switched off.") % endpoint.name]
        return list(payload_problems(endpoint, module))

    def describe(self, config: Config, module: ModuleInfo) -> str:
        return _("Call the webhook “%s”") % _endpoint(config).name

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        return [Reference("webhook", config["webhook"])]

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        return [_("would call the webhook “%s”") % prepared.endpoint.name]

    def prepare(self, config: Config, module: ModuleInfo) -> Payload:
        return payload_of(_endpoint(config), module)

    def paths(self, prepared: Any) -> frozenset[str]:
        return frozenset(path for path in prepared.paths if "." in path)

    def input(self, firing: Firing, prepared: Any) -> dict[str, Any]:
        return run_input(prepared, firing)

    def call(self, run: ActionRun, session: Any) -> Call:
        row = Webhook.objects.filter(key=run.input["webhook"]).first()
        if row is None:
            raise NoFurtherTry(_("There is no webhook “%s”.") % run.input["webhook"])
        if not row.active:
            raise NoFurtherTry(_("The webhook “%s” is switched off.") % row.name)
        return partial(deliver, known_webhook(row), run.input, run.answer.get("tries", []))


def _endpoint(config: Config) -> Endpoint:
    endpoint = endpoints().get(config["webhook"])
    if endpoint is None:
        raise ActionProblem(_("There is no webhook “%s”.") % config["webhook"])
    return endpoint
