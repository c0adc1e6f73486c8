"""Action runs: what is queued, what failed and why; tried again or called off."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_fsm import can_proceed

from crm.admin.base import ReadOnlyPage, actor_of, button
from workflows.models import ActionRun
from workflows.run_verbs import cancel_runs, retry_runs


@admin.register(ActionRun)
class RunPage(ReadOnlyPage):
    """The list of runs, newest first, and a page for each."""

    feature = "manage_automation"
    group, icon = "automation", "play_circle"
    list_display: tuple[str, ...] = ("kind", "state", "about", "due_at", "attempts", "error", "finished_at")
    list_filter: tuple[Any, ...] = ("state", "kind", "module")
    search_fields = ("key",)
    show_full_result_count = False
    actions = ("retry_chosen", "cancel_chosen")
    actions_detail = ("retry", "cancel")
    fields: tuple[str, ...] = (
        "kind", "state", "about", "cause", "due_at", "attempts", "error", "given", "answered", "created_at",
        "finished_at", "key",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Runs are never edited, but can be tried again or called off."""
        return self.allowed(request)

    @admin.display(description=gettext_lazy("record"))
    def about(self, run: ActionRun) -> SafeString | str:
        """A link to the record's page."""
        if run.record_id is None or run.module is None:
            return "–"
        address = reverse("record", args=[run.module, run.record_id])
        return format_html(
            '<a class="text-primary-600" href="{}">{} {}</a>', address, run.module, run.record_id
        )

    @admin.display(description=gettext_lazy("error"))
    def error(self, run: ActionRun) -> str:
        """Why the last try failed, why it was called off, or which addresses were refused for good."""
        refused = ", ".join(str(one.get("to")) for one in run.answer.get("refused", ()))
        told = run.answer.get("error") or run.answer.get("reason") or ""
        return str(told or (refused and _("Refused: %s") % refused))[:300]

    @admin.display(description=gettext_lazy("input"))
    def given(self, run: ActionRun) -> SafeString:
        """What the run knows."""
        return _json(run.input)

    @admin.display(description=gettext_lazy("answer"))
    def answered(self, run: ActionRun) -> SafeString:
        """What came of it."""
        return _json(run.answer)

    @admin.action(description=gettext_lazy("Try again"), permissions=["act"])
    def retry_chosen(self, request: HttpRequest, chosen: QuerySet[ActionRun]) -> None:
        """Failed ones among the chosen."""
        count = retry_runs(ids=chosen.values_list("pk", flat=True), actor=actor_of(request))
        messages.success(request, retried(count))

    @admin.action(description=gettext_lazy("Cancel"), permissions=["act"])
    def cancel_chosen(self, request: HttpRequest, chosen: QuerySet[ActionRun]) -> None:
        """Waiting ones among the chosen."""
        count = cancel_runs(ids=chosen.values_list("pk", flat=True), actor=actor_of(request))
        messages.success(request, cancelled(count))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """What the run's state allows."""
        run = ActionRun.objects.filter(pk=object_id).first()
        possible = {
            name for name in ("retry", "cancel") if run is not None and can_proceed(getattr(run, name))
        }
        found = super().get_actions_detail(request, object_id)
        return [one for one in found if one.action_name.rpartition("_")[2] in possible]

    @button(gettext_lazy("Try again…"), "retry", "act")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for another try."""
        run = ActionRun.objects.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            return retried(retry_runs(ids=[run.pk], actor=actor_of(request)))

        return self.ask(
            request, run, title=_("Try again"), send=_("Try again"), act=act, lines=[self.error(run)]
        )

    @button(gettext_lazy("Cancel…"), "cancel", "act")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Calls it off."""
        run = ActionRun.objects.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            return cancelled(cancel_runs(ids=[run.pk], actor=actor_of(request)))

        lines = [_("The action is not carried out. This can't be undone.")]
        title = _("Cancel the action")
        return self.ask(request, run, title=title, send=title, act=act, lines=lines, danger=True)


def retried(count: int) -> str:
    """How many will be tried again."""
    told = ngettext("%(count)s action will be tried again.", "%(count)s actions will be tried again.", count)
    return told % {"count": count}


def cancelled(count: int) -> str:
    """How many were called off."""
    return ngettext("%(count)s action was cancelled.", "%(count)s actions were cancelled.", count) % {
        "count": count
    }


def _json(data: Any) -> SafeString:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    return format_html('<pre class="whitespace-pre-wrap">{}</pre>', text)
