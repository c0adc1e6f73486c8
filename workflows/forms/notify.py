"""The form of a notification in the page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from workflows.forms.controls import MergeField
from workflows.forms.recipients import RecipientsForm


class NotifyForm(RecipientsForm):
    """Whom, and the text."""

    def build(self) -> None:
        super().build()
        self.fields["text"] = MergeField(module=self.module, rows=2, label=gettext_lazy("Text"))
