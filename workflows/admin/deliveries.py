"""Deliveries of webhooks: request, answer and tries; sent again, one or many."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_fsm import can_proceed

from crm.admin.base import actor_of, button
from workflows.admin.runs import RunPage
from workflows.models import ActionRun, Delivery, RunState, Webhook
from workflows.models.webhooks import WEBHOOK_KIND
from workflows.webhooks.verbs import send_again

PRE = '<pre class="whitespace-pre-wrap break-all">{}</pre>'


class OfWebhook(admin.SimpleListFilter):
    """Deliveries of one endpoint."""

    title = gettext_lazy("webhook")
    parameter_name = "webhook"

    def lookups(self, request: HttpRequest, page: Any) -> list[tuple[str, str]]:
        return list(Webhook.objects.values_list("key", "name"))

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(input__webhook=self.value()) if self.value() else rows


@admin.register(Delivery)
class DeliveryPage(RunPage):
    """The list of deliveries, newest first, and a page for each."""

    group, icon = "automation", "send"
    list_display = ("webhook", "state", "status", "about", "attempts", "error", "due_at", "finished_at")
    list_filter = ("state", OfWebhook, "module")
    actions = ("again_chosen", "cancel_chosen")
    actions_detail = ("again", "cancel")
    fields = (
        "webhook", "state", "about", "cause", "error", "attempts", "due_at", "sent", "received", "tries",
        "created_at", "finished_at", "message_id",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.filter(kind=WEBHOOK_KIND)

    @admin.display(description=gettext_lazy("webhook"))
    def webhook(self, run: ActionRun) -> str:
        """The key of the endpoint."""
        return str(run.input.get("webhook", ""))

    @admin.display(description=gettext_lazy("message"))
    def message_id(self, run: ActionRun) -> str:
        """What receivers tell doubles by."""
        return str(run.input.get("id", ""))

    @admin.display(description=gettext_lazy("answer"))
    def status(self, run: ActionRun) -> str:
        """The status of the last answer."""
        return str((run.answer.get("response") or {}).get("status") or "–")

    @admin.display(description=gettext_lazy("request"))
    def sent(self, run: ActionRun) -> SafeString | str:
        """The last request; before the first the text that waits."""
        return told_request(run.answer) or format_html(
            PRE, run.input.get("body") or run.input.get("query", "")
        )

    @admin.display(description=gettext_lazy("answer"))
    def received(self, run: ActionRun) -> SafeString | str:
        """What came back."""
        return told_response(run.answer)

    @admin.display(description=gettext_lazy("tries"))
    def tries(self, run: ActionRun) -> SafeString | str:
        """Each try with its time and how it went."""
        lines = [
            (one["at"], one.get("status") or one.get("error"), one["seconds"])
            for one in run.answer.get("tries", [])
        ]
        return format_html_join("", "<p>{}: {} ({} s)</p>", lines) or "–"

    @admin.action(description=gettext_lazy("Send again"), permissions=["act"])
    def again_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        """Those of the chosen that were done or failed."""
        count = send_again(ids=chosen.values_list("pk", flat=True), actor=actor_of(request))
        messages.success(request, sent_again(count))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """What the delivery's state allows."""
        run = ActionRun.objects.filter(pk=object_id).first()
        possible = {"again"} if run is not None and run.state in (RunState.DONE, RunState.FAILED) else set()
        if run is not None and can_proceed(run.cancel):
            possible.add("cancel")
        found = super(RunPage, self).get_actions_detail(request, object_id)
        return [one for one in found if one.action_name.rpartition("_")[2] in possible]

    @button(gettext_lazy("Send again…"), "again", "act")
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Sends the same message again."""
        run = Delivery.objects.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            return sent_again(send_again(ids=[run.pk], actor=actor_of(request)))

        lines = [_("The same message goes out under the same id, signed anew.")]
        title = _("Send again")
        return self.ask(request, run, title=title, send=title, act=act, lines=lines)


def sent_again(count: int) -> str:
    """How many will be sent again."""
    told = ngettext(
        "%(count)s delivery will be sent again.", "%(count)s deliveries will be sent again.", count
    )
    return told % {"count": count}


def told_request(told: dict[str, Any]) -> SafeString | str:
    """A kept request as it went out."""
    request = told.get("request")
    if not request:
        return ""
    return _shown([f"{request['method']} {request['url']}"], request["headers"], request["body"])


def told_response(told: dict[str, Any]) -> SafeString | str:
    """A kept answer: status and time, headers, and the beginning of the body."""
    response = told.get("response")
    if not response:
        return "–"
    if response["kept"]:
        return _("Nothing was sent: this is not production.")
    first = _("%(status)s after %(seconds)s s") % {key: response[key] for key in ("status", "seconds")}
    return _shown([first], response["headers"], response["body"] + ("…" if response["cut"] else ""))


def _shown(first: list[str], headers: Iterable[Any], body: str) -> SafeString:
    return format_html(PRE, "\n".join([*first, *(f"{name}: {value}" for name, value in headers), "", body]))
