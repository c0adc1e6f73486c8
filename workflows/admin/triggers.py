"""The form of a rule: its trigger, with the settings that this trigger takes."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from crm.admin.base import ServiceForm
from crm.models import Module
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.later import DATED, DIRECTIONS, UNITS
from workflows.models import Rule
from workflows.triggers.base import TRIGGER_KINDS
from workflows.triggers.clock import REPEATS, ZONES

PREFIX = "trigger_"
SETTINGS = ("field", "values", "amount", "unit", "direction", "time", "repeat", "zone")
FIELDS = ("trigger", *(f"{PREFIX}{name}" for name in SETTINGS))


class NewKeyForm(ServiceForm):
    """A draft whose key is made of its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "module" in self.fields:
            self.fields["module"].queryset = Module.objects.filter(active=True)  # type: ignore[attr-defined]


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=UnfoldAdminSelectWidget())


class RuleForm(NewKeyForm):
    """A rule. The settings of its trigger are asked for when it has been made for a module.

    With JavaScript only those are shown that the chosen trigger takes.
    """

    trigger = forms.ChoiceField(
        label=gettext_lazy("When a record is"),
        choices=lambda: [(key, kind.label) for key, kind in TRIGGER_KINDS.items()],
        initial="created_or_edited",
        widget=UnfoldAdminSelectWidget(),
    )
    trigger_field = _choice(gettext_lazy("Field"), ())
    trigger_values = forms.CharField(
        label=gettext_lazy("To one of the values"),
        required=False,
        help_text=gettext_lazy("Separated by semicolons; empty: to any value."),
        widget=UnfoldAdminTextInputWidget(),
    )
    trigger_amount = forms.IntegerField(
        label=gettext_lazy("How many"), required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget()
    )
    trigger_unit = _choice(gettext_lazy("Unit"), list(UNITS.items()))
    trigger_direction = _choice(gettext_lazy("Before or after"), list(DIRECTIONS.items()))
    trigger_time = forms.CharField(
        label=gettext_lazy("Time of day"),
        required=False,
        help_text=gettext_lazy("Such as 9:00."),
        widget=UnfoldAdminTextInputWidget(),
    )
    trigger_repeat = _choice(gettext_lazy("Again"), list(REPEATS.items()))
    trigger_zone = _choice(gettext_lazy("Time zone"), list(ZONES.items()))

    class Meta:
        model = Rule
        fields = ("name", "module", "trigger", "mode", "position", "description")
        widgets: ClassVar = {"description": UnfoldAdminTextareaWidget({"rows": 2})}

    class Media:
        js = ("crm/triggers.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = {key: [f"{PREFIX}{name}" for name in kind.settings] for key, kind in TRIGGER_KINDS.items()}
        self.fields["trigger"].widget.attrs["data-trigger-settings"] = json.dumps(taken)
        module = self.known_module
        if module is None or "trigger_field" not in self.fields:
            return
        self.fields["trigger_field"].choices = _fields(module)  # type: ignore[attr-defined]
        config = self.instance.trigger_config
        for name in SETTINGS:
            if config.get(name) is not None:
                self.initial[f"{PREFIX}{name}"] = _shown(config, name)

    @property
    def known_module(self) -> ModuleInfo | None:
        """The module of a rule that is stored."""
        return registry().modules.get(self.instance.module_id) if self.instance.pk else None

    def clean(self) -> dict[str, Any]:
        """The settings of the chosen trigger, checked by it."""
        given = super().clean() or self.cleaned_data
        kind, module = TRIGGER_KINDS.get(given.get("trigger", "")), self.known_module
        if kind is None:
            return given
        config = {
            name: given[f"{PREFIX}{name}"]
            for name in kind.settings
            if given.get(f"{PREFIX}{name}") not in (None, "")
        }
        if "values" in config:
            config["values"] = _values(config, module)
        if module is not None:
            for text in kind.validate(config, module):
                self.add_error(f"{PREFIX}{kind.settings[0]}", text)
        self.instance.trigger_config = config
        return given


def _fields(module: ModuleInfo) -> list[tuple[str, list[tuple[str, Any]]]]:
    """The module's fields, its dates first."""
    dates = [(info.key, info.label) for info in module.fields.values() if info.type.family in DATED]
    others = [(info.key, info.label) for info in module.fields.values() if info.type.family not in DATED]
    return [("", [("", "---------")]), (_("Dates"), dates), (_("Other fields"), others)]


def _shown(config: dict[str, Any], name: str) -> Any:
    value = config[name]
    return "; ".join(str(one) for one in value) if name == "values" else value


def _values(config: dict[str, Any], module: ModuleInfo | None) -> list[str]:
    """The values as typed, those of a picklist by their labels too."""
    info = module.fields.get(config.get("field", "")) if module is not None else None
    known = _labels(info) if info is not None else {}
    texts = [text.strip() for text in str(config["values"]).split(";")]
    return [known.get(text.casefold(), text) for text in texts if text]


def _labels(info: FieldInfo) -> dict[str, str]:
    return {str(value.label).casefold(): value.key for value in info.choices.values()}
