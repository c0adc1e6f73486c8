"""The form of the action that sets a field of linked records."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from workflows.forms.controls import NOTHING
from workflows.forms.setting import SettingForm


class UpdateLinkedForm(SettingForm):
    """Over which link, then field and value as in `update_field`."""

    reshaping = ("link", "field", "how")

    link = forms.ChoiceField(label=gettext_lazy("Linked records"))
    field = forms.ChoiceField(label=gettext_lazy("Field"))

    def target(self) -> ModuleInfo | None:
        from workflows.linked import find_link

        link = find_link(self.chosen("link"), self.module)
        return registry().modules.get(link.module) if link else None

    def build(self) -> None:
        from workflows.linked import links_of

        choices = [NOTHING, *((link.key, link.label) for link in links_of(self.module))]
        self.fields["link"].choices = choices  # type: ignore[attr-defined]
        super().build()
        self.order_fields(["link", *(name for name in self.fields if name != "link")])
