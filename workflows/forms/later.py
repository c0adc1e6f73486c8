"""When an action of a rule comes, as fields: at once, after a while, or by a date of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from crm.modules.registry import ModuleInfo
from workflows.forms.editor import ActionEditor
from workflows.kinds.base import ActionKind, Config
from workflows.kinds.forms import ActionForm
from workflows.later import DATED, DIRECTIONS, UNITS, later_problems, later_words

PART = "later"
WHILE, DATE = "while", "date"
WHEN = {
    "": gettext_lazy("at once"),
    WHILE: gettext_lazy("some time after the rule has acted"),
    DATE: gettext_lazy("by a date of the record"),
}


class LaterForm(ActionForm):
    """The settings that `workflows.later` reads; none for an action that comes at once."""

    reshaping = ("when",)

    when = forms.ChoiceField(label=gettext_lazy("Comes"), choices=list(WHEN.items()), required=False)

    def build(self) -> None:
        when = self.chosen("when")
        if not when:
            return
        self.fields["amount"] = forms.IntegerField(label=gettext_lazy("How many"), min_value=0)
        self.fields["unit"] = forms.ChoiceField(label=gettext_lazy("Unit"), choices=list(UNITS.items()))
        self.fields["unit"].initial = "days"
        if when == DATE:
            dates = [(info.key, info.label) for info in self.module.fields.values() if _dated(info)]
            self.fields["direction"] = forms.ChoiceField(
                label=gettext_lazy("Before or after"), choices=list(DIRECTIONS.items())
            )
            self.fields["field"] = forms.ChoiceField(label=gettext_lazy("Date"), choices=dates)
            self.fields["time"] = forms.CharField(
                label=gettext_lazy("Time of day"),
                required=False,
                help_text=gettext_lazy("Such as 9:00; for dates without a time."),
            )
        self.fields["always"] = forms.BooleanField(
            label=gettext_lazy("Also if the record no longer meets the criteria"), required=False
        )

    def initial_of(self, config: Config) -> dict[str, Any]:
        when = DATE if config.get("field") else WHILE if config else ""
        return {**config, "when": when}

    def config(self) -> Config:
        given = self.cleaned_data
        if not given.get("when"):
            return {}
        empty = (None, "", False)
        rest = {key: value for key, value in given.items() if key != "when" and value not in empty}
        return {**rest, "amount": given["amount"]}


def _dated(info: Any) -> bool:
    return info.type.family in DATED


class LaterPart(ActionKind):
    """What the editor asks of a kind, for the time of an action."""

    key = PART
    label = gettext_lazy("When")
    form = LaterForm

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        return list(later_problems(config, module))

    def describe(self, config: Config, module: ModuleInfo) -> str:
        return later_words(config, module) if config else ""


class LaterEditor(ActionEditor):
    """The time of one action as a part of a form."""

    kinds: ClassVar[Mapping[str, ActionKind]] = {PART: LaterPart()}
    part = PART

    @classmethod
    def posted(cls, kind: str, module: ModuleInfo, data: Any, *, name: str) -> ActionEditor:
        """As sent; at once if nothing was said about it."""
        if name not in data and f"{name}-asked" not in data:
            return cls(kind, module, name=name)
        return super().posted(kind, module, data, name=name)
