"""Which field is set, and how: shared by everything that sets a field, here or on linked records."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.forms.controls import NOTHING, field_choices, path_choices, settable, with_chosen
from workflows.forms.values import UNENTERED, value_field
from workflows.kinds.base import Config
from workflows.kinds.forms import ActionForm

VALUE, COPY, FORMULA = "value", "copy", "formula"
WAY_LABELS: dict[str, str | Promise] = {
    "value": gettext_lazy("a fixed value"),
    "copy": gettext_lazy("the value of another field"),
    "formula": gettext_lazy("what a formula gives"),
    "clear": gettext_lazy("nothing: the field is emptied"),
    "today": gettext_lazy("today"),
    "now": gettext_lazy("now"),
    "current_user": gettext_lazy("the person who makes the change"),
}


def ways_for(info: FieldInfo | None) -> list[tuple[str, Any]]:
    """The ways to set a field that fit it, with what people call them."""
    from workflows.kinds.update_field import WAYS

    if info is None:
        return [NOTHING]
    return [(key, WAY_LABELS.get(key, key)) for key in WAYS if FITS.get(key, _always)(info)]


def _always(_info: FieldInfo) -> bool:
    return True


FITS: dict[str, Callable[[FieldInfo], bool]] = {
    "value": lambda info: info.type.family not in UNENTERED,
    "clear": lambda info: not info.required,
    "today": lambda info: info.type.family == "date",
    "now": lambda info: info.type.family == "datetime",
    "current_user": lambda info: info.type.family == "user",
}


def formula_problems(text: str, *, info: FieldInfo, module: ModuleInfo) -> list[str]:
    """What is wrong with a formula for the field."""
    from workflows.kinds.update_field import WAYS

    return WAYS[FORMULA].check({FORMULA: text}, info, module)


class CheckedField(forms.CharField):
    """A text of which a function says what is wrong."""

    def __init__(self, *, check: Callable[[str], list[str]], **kwargs: Any) -> None:
        self.check = check
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if problems := self.check(text):
            raise forms.ValidationError(problems)
        return text


class SettingForm(ActionForm):
    """`{"field", "how", "value", "from"}`: the field, the way, and what that way asks."""

    reshaping: tuple[str, ...] = ("field", "how")

    field = forms.ChoiceField(label=gettext_lazy("Field"))

    def target(self) -> ModuleInfo | None:
        """The module whose field is set."""
        return self.module

    def build(self) -> None:
        target = self.target()
        fields = settable(target) if target else []
        self.fields["field"].choices = with_chosen(field_choices(fields), self.chosen("field"))  # type: ignore[attr-defined]
        info = target.fields.get(self.chosen("field")) if target else None
        if info is None:
            return
        ways = ways_for(info)
        self.fields["how"] = forms.ChoiceField(label=gettext_lazy("New value"), choices=ways)
        if self.chosen("how") not in dict(ways):
            self.settle("how", ways[0][0])
        self._ask(info, self.chosen("how"))

    def _ask(self, info: FieldInfo, how: str) -> None:
        """What the way needs to know."""
        if how == VALUE:
            self.fields[f"value_{info.key}"] = value_field(info, label=gettext_lazy("Value"))
            if "value" in self.initial:
                self.initial[f"value_{info.key}"] = self.initial["value"]
        elif how == COPY:
            choices = with_chosen(path_choices(self.module, info), self.chosen("from"))
            self.fields["from"] = forms.ChoiceField(label=gettext_lazy("Other field"), choices=choices)
        elif how == FORMULA:
            check = partial(formula_problems, info=info, module=self.module)
            widget = forms.Textarea(attrs={"rows": 3})
            self.fields[FORMULA] = CheckedField(check=check, label=gettext_lazy("Formula"), widget=widget)

    def config(self) -> Config:
        """The settings; the value is kept whichever field it was entered for."""
        given = super().config()
        return {(VALUE if key.startswith("value_") else key): value for key, value in given.items()}


class UpdateFieldForm(SettingForm):
    """The form of `update_field`."""
