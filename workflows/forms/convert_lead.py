"""The form of the action that converts a lead."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from workflows.kinds.base import Config
from workflows.kinds.forms import ActionForm


class ConvertLeadForm(ActionForm):
    """What is made beside the contact."""

    account = forms.BooleanField(
        label=gettext_lazy("Also an account, of the lead's company"), required=False, initial=True
    )
    deal = forms.BooleanField(label=gettext_lazy("Also a deal"), required=False)

    def initial_of(self, config: Config) -> dict[str, Any]:
        return dict(config) or {"account": True}

    def config(self) -> Config:
        return {key: bool(self.cleaned_data.get(key)) for key in ("account", "deal")}
