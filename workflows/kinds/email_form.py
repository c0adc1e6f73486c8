"""The form of "Send e-mail"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import (
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from crm.models import User
from crm.modules.registry import ModuleInfo
from workflows.attaching import CHOICES, MATCHING
from workflows.email_templates import templates
from workflows.kinds.forms import ActionForm
from workflows.kinds.recipient_inputs import entries_of, inputs_of, recipient_inputs
from workflows.senders import ORGANISATION, PERSON, SENDERS, allowed_senders

if TYPE_CHECKING:
    from workflows.kinds.base import Config

PARTS = {
    "recipients": gettext_lazy("To"),
    "cc": pgettext_lazy("e-mail", "Copy"),
    "bcc": gettext_lazy("Blind copy"),
}
NOTHING = ("", "–")


class EmailForm(ActionForm):
    """A template or texts of its own, recipients, sender, files."""

    template = forms.ChoiceField(
        label=gettext_lazy("template"), required=False, widget=UnfoldAdminSelectWidget()
    )
    subject = forms.CharField(
        label=gettext_lazy("subject"), required=False, max_length=500, widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Only without a template."),
    )  # fmt: skip
    body = forms.CharField(
        label=gettext_lazy("text"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 8}),
        help_text=gettext_lazy("Merge fields are written {{name}} or {{account.industry|unknown}}."),
    )  # fmt: skip
    html = forms.BooleanField(
        label=gettext_lazy("the text is HTML"), required=False, widget=UnfoldBooleanWidget()
    )
    sender = forms.ChoiceField(
        label=gettext_lazy("send as"), required=False, widget=UnfoldAdminSelectWidget(),
        choices=lambda: [(key, SENDERS[key]) for key in allowed_senders()],
    )  # fmt: skip
    sender_person = forms.ChoiceField(
        label=gettext_lazy("send as this person"), required=False, widget=UnfoldAdminSelect2Widget()
    )
    attachments = forms.ChoiceField(
        label=gettext_lazy("attach from the record"), required=False, widget=UnfoldAdminSelectWidget(),
        choices=lambda: [NOTHING, *CHOICES.items()],
    )  # fmt: skip
    attachment_names = forms.CharField(
        label=gettext_lazy("names of the files"), required=False, widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Such as *.pdf, offer*; only with “files by name”."),
    )  # fmt: skip

    def __init__(self, module: ModuleInfo, *args: Any, config: Config | None = None, **kwargs: Any) -> None:
        super().__init__(module, *args, config=config, **kwargs)
        stored = config or {}
        for part, label in PARTS.items():
            self.fields.update(recipient_inputs(part, label, module, _entries(stored, part)))
        self._offer("template", _template_choices(module), stored)
        people = User.objects.filter(is_active=True).order_by("name").values_list("email", "name")
        self._offer("sender_person", list(people), stored)
        self.order_fields(["template", "subject", "body", "html", *self._recipients(), "sender"])

    def _recipients(self) -> list[str]:
        return [name for name in self.fields if name.partition("_")[0] in PARTS]

    def _offer(self, name: str, choices: list[tuple[str, str]], stored: Config) -> None:
        """What is stored can be chosen again, even if it is no longer offered; checking tells it."""
        given = stored.get(name)
        extra = [(given, given)] if given and given not in dict(choices) else []
        self.fields[name].choices = [NOTHING, *choices, *extra]  # type: ignore[attr-defined]

    def initial_of(self, config: Config) -> dict[str, Any]:
        """Recipients as several inputs, and the sender that is used if none is named."""
        plain = {key: value for key, value in config.items() if key not in PARTS}
        for part in PARTS:
            plain |= inputs_of(part, _entries(config, part))
        return {"sender": ORGANISATION} | plain

    def clean(self) -> dict[str, Any]:
        """A choice that needs a second one has it."""
        given = super().clean() or self.cleaned_data
        if given.get("sender") == PERSON and not given.get("sender_person"):
            self.add_error("sender_person", _("Choose as whom to send."))
        if given.get("attachments") == MATCHING and not given.get("attachment_names"):
            self.add_error("attachment_names", _("Say which files to attach, such as *.pdf."))
        return given

    def config(self) -> Config:
        """The settings; what another choice makes void is left out."""
        given = self.cleaned_data
        found: Config = {
            key: value
            for key, value in super().config().items()
            if key in self.base_fields and not (key == "html" and not value)
        }
        for part in PARTS:
            if entries := entries_of(part, given):
                found[part] = entries
        if found.get("sender") == ORGANISATION:
            del found["sender"]
        if found.get("sender") != PERSON:
            found.pop("sender_person", None)
        if found.get("attachments") != MATCHING:
            found.pop("attachment_names", None)
        return found


def _entries(config: Config, part: str) -> list[dict[str, Any]]:
    """The stored entries of a part; a draft may hold anything."""
    given = config.get(part)
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _template_choices(module: ModuleInfo) -> list[tuple[str, str]]:
    return [
        (key, texts.name) for key, texts in templates().items() if texts.module == module.key and texts.active
    ]
