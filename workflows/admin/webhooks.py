"""Webhooks: the endpoints, their secrets, and a test."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from crm.admin.base import PROBLEMS, actor_of, button, show_refusal
from crm.admin.roles import KeyedForm, KeyedPage
from crm.models import Module
from crm.modules.loading import module as find_module
from crm.modules.loading import registry
from workflows.admin.deliveries import told_request, told_response
from workflows.models import SigningSecret, Webhook
from workflows.publishing import FEATURE
from workflows.webhooks.trying import send_test
from workflows.webhooks.verbs import MOST_HOURS, delete_webhook, rotate_secret, save_webhook

PAIR_HELP = gettext_lazy("One in each line, as name: value.")


class LinesField(forms.CharField):
    """A list of texts, typed one in each line."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget({"rows": 4, "class": "font-mono", "spellcheck": "false"})
        super().__init__(required=False, widget=widget, **kwargs)

    def written(self, value: list[Any]) -> str:
        """A stored list as text."""
        return "\n".join(map(str, value))

    def read(self, line: str) -> Any:
        """What one line says."""
        return line

    def prepare_value(self, value: Any) -> Any:
        return self.written(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> list[Any]:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        return [self.read(line) for line in lines if line]


class PairsField(LinesField):
    """Pairs of a name and a text, typed as `name: text`."""

    def written(self, value: list[Any]) -> str:
        return "\n".join(f"{name}: {text}" for name, text in value)

    def read(self, line: str) -> list[str]:
        name, colon, text = line.partition(":")
        if not colon or not name.strip():
            raise ValidationError(_("“%s” has no name and colon before the text.") % line)
        return [name.strip(), text.strip()]


class WebhookForm(KeyedForm):
    """An endpoint as an admin edits it."""

    headers = PairsField(label=gettext_lazy("Headers"), help_text=PAIR_HELP)
    fields_sent = LinesField(
        label=gettext_lazy("Fields"),
        help_text=gettext_lazy("Which fields of the record the event has, such as rating or account.name."),
    )
    rows = PairsField(
        label=gettext_lazy("Names and texts"),
        help_text=gettext_lazy("One in each line, such as customer: {{last_name}}, {{company}}"),
    )

    class Meta:
        model = Webhook
        fields = (
            "name", "key", "active", "module", "url", "method", "headers", "body", "format", "fields_sent",
            "rows", "seconds",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["module"].queryset = Module.objects.filter(active=True)  # type: ignore[attr-defined]


class SecretForm(forms.Form):
    """How long the old secret goes on."""

    hours = forms.IntegerField(
        label=gettext_lazy("Hours for which the old secret signs as well"),
        min_value=0,
        max_value=MOST_HOURS,
        initial=24,
        widget=UnfoldAdminIntegerFieldWidget(),
    )


class TestForm(forms.Form):
    """Which record the test tells of."""

    module = forms.ChoiceField(label=gettext_lazy("Module"), widget=UnfoldAdminSelectWidget())
    record = forms.IntegerField(
        label=gettext_lazy("Record"),
        required=False,
        min_value=1,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("The number in the address of its page; left empty, values are empty."),
    )

    def __init__(self, webhook: Webhook, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting = [one for one in registry().modules.values() if webhook.module_id in (None, one.key)]
        self.fields["module"].choices = [(one.key, one.label_plural) for one in fitting]  # type: ignore[attr-defined]


@admin.register(Webhook)
class WebhookPage(KeyedPage):
    """The list of webhooks, and a page for each."""

    feature = FEATURE
    group, icon = "automation", "webhook"
    form = WebhookForm
    list_display = ("name", "key", "module", "method", "active")
    list_filter = ("active", "module")
    list_select_related = ("module",)
    search_fields = ("name", "key")
    actions_detail = ("test", "deliveries", "secret")
    fieldsets = (
        (None, {"fields": ("name", "key", "active", "module")}),
        (gettext_lazy("Where"), {"fields": ("url", "method", "seconds", "headers")}),
        (pgettext_lazy("webhook", "What"), {"fields": ("body", "format", "fields_sent", "rows")}),
    )

    def store(self, request: HttpRequest, obj: Webhook, form: Any, formsets: Any, *, change: bool) -> None:
        save_webhook(webhook=obj, actor=actor_of(request))

    def remove(self, request: HttpRequest, obj: Webhook) -> None:
        delete_webhook(webhook=obj, actor=actor_of(request))

    @button(gettext_lazy("Deliveries"), "deliveries", "view")
    def deliveries(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The list of what was sent to this endpoint."""
        webhook = Webhook.objects.get(pk=object_id)
        address = reverse("admin:workflows_delivery_changelist")
        return HttpResponseRedirect(f"{address}?webhook={webhook.key}")

    @button(gettext_lazy("Signing secret…"), "secret")
    def secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Shows the secrets that sign, and makes a new one."""
        webhook = Webhook.objects.get(pk=object_id)

        def act(given: dict[str, Any]) -> str:
            rotate_secret(webhook=webhook, hours=given["hours"], actor=actor_of(request))
            return _("There is a new secret: tell the receiver.")

        return self.ask(
            request,
            webhook,
            title=_("Signing secret of %s") % webhook,
            send=_("Make a new secret"),
            act=act,
            form=SecretForm,
            initial={"hours": 24},
            lines=[secret_words(one) for one in webhook.secrets.all() if signs(one)],
            back=reverse("admin:workflows_webhook_secret", args=[webhook.pk])
            if request.method == "POST"
            else None,
        )

    @button(gettext_lazy("Send a test…"), "test")
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Sends one request and shows it with its answer. In no transaction: it waits for the receiver."""
        webhook = Webhook.objects.get(pk=object_id)
        posted = request.method == "POST"
        form = TestForm(webhook, request.POST if posted else None)
        told: dict[str, Any] | None = None
        if posted and form.is_valid():
            module, record = find_module(form.cleaned_data["module"]), form.cleaned_data["record"]
            try:
                told = send_test(webhook=webhook, module=module, record_id=record, actor=actor_of(request))
            except PROBLEMS as problem:
                show_refusal(form, problem)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Send a test to %s") % webhook,
            "form": form,
            "told": told,
            "sent": told_request(told) if told else "",
            "answered": told_response(told) if told else "",
            "back": self.address(webhook.pk),
            "opts": self.model._meta,
            "original": webhook,
        }
        wrong = posted and told is None
        return TemplateResponse(request, "admin/webhook_test.html", context, status=422 if wrong else 200)


def signs(secret: SigningSecret) -> bool:
    """Whether requests are signed with the secret now."""
    return secret.valid_until is None or secret.valid_until > timezone.now()


def secret_words(secret: SigningSecret) -> str:
    """A secret, and how long it signs."""
    if secret.valid_until is None:
        return secret.value
    until = date_format(timezone.localtime(secret.valid_until), "DATETIME_FORMAT")
    return _("%(secret)s, until %(until)s") % {"secret": secret.value, "until": until}
