"""The form of actions that put tags on or take them off."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from workflows.forms.values import value_field
from workflows.kinds.forms import ActionForm


class TagsForm(ActionForm):
    """Words with commas between them."""

    def build(self) -> None:
        self.fields["tags"] = value_field(
            self.module.field("tags"),
            label=gettext_lazy("Tags"),
            help_text=gettext_lazy("Several are separated by commas."),
        )
