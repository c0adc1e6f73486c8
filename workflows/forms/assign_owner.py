"""The form of the action that gives the record another owner."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from workflows.assignment_documents import assignments
from workflows.forms.controls import NOTHING, PersonField
from workflows.kinds.forms import ActionForm


class AssignOwnerForm(ActionForm):
    """To whom, and which person or rule if that is asked."""

    reshaping = ("to",)

    def build(self) -> None:
        from workflows.kinds.assign_owner import TO

        self.fields["to"] = forms.ChoiceField(
            label=gettext_lazy("New owner"), choices=list(TO.items()), initial="person"
        )
        to = self.chosen("to")
        if to == "person":
            self.fields["person"] = PersonField(label=gettext_lazy("Person"))
        elif to == "rule":
            rules = [rule for rule in assignments().values() if rule.module == self.module.key]
            choices = [NOTHING, *((rule.key, rule.name) for rule in rules)]
            self.fields["rule"] = forms.ChoiceField(label=gettext_lazy("Assignment rule"), choices=choices)
