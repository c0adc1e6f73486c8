"""When an action of a rule comes, as fields of its row in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from workflows.admin.actions import ActionRow
from workflows.later import AFTER, DATED, DIRECTIONS, UNITS, later_problems

FIELDS = (
    ("later_amount", "later_unit"),
    ("later_direction", "later_field"),
    ("later_time", "later_always"),
)
PARTS = ("amount", "unit", "direction", "field", "time", "always")


class LaterRow(ActionRow):
    """An action that may come later; without a number and a date it comes at once."""

    later_amount = forms.IntegerField(
        label=_("Comes later by"), required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget()
    )
    later_unit = forms.ChoiceField(
        label=_("Unit"),
        choices=list(UNITS.items()),
        initial="days",
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    later_direction = forms.ChoiceField(
        label=_("Before or after"),
        choices=list(DIRECTIONS.items()),
        required=False,
        widget=UnfoldAdminSelectWidget(),
    )
    later_field = forms.ChoiceField(label=_("Counted from"), required=False, widget=UnfoldAdminSelectWidget())
    later_time = forms.CharField(
        label=_("Time of day"),
        required=False,
        help_text=_("Such as 9:00."),
        widget=UnfoldAdminTextInputWidget(),
    )
    later_always = forms.BooleanField(
        label=_("Also if the criteria no longer hold"), required=False, widget=UnfoldBooleanSwitchWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        module = self.module()
        dates = [
            (info.key, info.label)
            for info in (module.fields.values() if module is not None else ())
            if info.type.family in DATED
        ]
        choices = [("", _("when the rule acted")), *dates]
        self.fields["later_field"].choices = choices  # type: ignore[attr-defined]
        for part in PARTS:
            if part in self.instance.later:
                self.initial[f"later_{part}"] = self.instance.later[part]

    def clean(self) -> dict[str, Any]:
        """The parts as one setting; empty if the action comes at once."""
        given = super().clean() or self.cleaned_data
        amount, field = given.get("later_amount"), given.get("later_field") or ""
        given["later"] = {}
        if not amount and not field:
            return given
        later: dict[str, Any] = {"amount": amount or 0, "unit": given.get("later_unit") or "days"}
        if field:
            later |= {"field": field, "direction": given.get("later_direction") or AFTER}
        if given.get("later_time"):
            later["time"] = given["later_time"]
        if given.get("later_always"):
            later["always"] = True
        module = self.module()
        for message in later_problems(later, module) if module is not None else ():
            self.add_error("later_amount", message)
        given["later"] = later
        return given
