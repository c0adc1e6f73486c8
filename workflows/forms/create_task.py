"""The form of a task that is made about the record."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from crm.modules.loading import module as find_module
from workflows.forms.controls import MergeField, owner_fields
from workflows.forms.values import value_field
from workflows.kinds.base import Config
from workflows.kinds.forms import ActionForm

PERSON = "person"


class CreateTaskForm(ActionForm):
    """Subject, description, for whom, until when, how urgent."""

    reshaping = ("owner",)

    def build(self) -> None:
        from workflows.kinds.create_task import MOST_DAYS, OWNERS

        self.fields["subject"] = MergeField(module=self.module, label=gettext_lazy("Subject"))
        owners = [(key, label) for key, (_work, label) in OWNERS.items()]
        self.fields |= owner_fields(owners)
        self.fields["owner"].label = gettext_lazy("For")
        if self.chosen("owner") != PERSON:
            del self.fields["person"]
        else:
            self.fields["person"].required = True
        self.fields["due_in_days"] = forms.IntegerField(
            label=gettext_lazy("Due in days"), min_value=0, max_value=MOST_DAYS, required=False
        )
        priority = find_module("tasks").field("priority")
        self.fields["priority"] = value_field(priority, label=priority.label, required=False)
        self.fields["description"] = MergeField(
            module=self.module, rows=3, label=gettext_lazy("Description"), required=False
        )

    def config(self) -> Config:
        given = super().config()
        return given if given.get("owner") == PERSON else {k: v for k, v in given.items() if k != PERSON}
