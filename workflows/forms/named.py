"""The form of the action that carries out a named one."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from workflows.forms.controls import NOTHING
from workflows.kinds.forms import ActionForm


class NamedForm(ActionForm):
    """Which one."""

    def build(self) -> None:
        from workflows.named import named_actions

        known = [one for one in named_actions().values() if one.module == self.module.key]
        choices = [NOTHING, *((one.key, one.name) for one in known)]
        self.fields["action"] = forms.ChoiceField(label=gettext_lazy("Action"), choices=choices)
