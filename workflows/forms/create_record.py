"""The form of the action that makes a record: its module, its owner, and a line for each field."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.forms.controls import (
    NOTHING,
    MergeField,
    field_choices,
    module_choices,
    owner_fields,
    path_choices,
    settable,
    with_chosen,
)
from workflows.forms.setting import CheckedField, formula_problems, ways_for
from workflows.forms.values import value_field
from workflows.kinds.base import Config
from workflows.kinds.forms import ActionForm

OWN = ("module", "owner", "person", "fields", "more")
PARTS = ("value", "text", "from", "formula")


class CreateRecordForm(ActionForm):
    """`fields` names the fields that have a line; `more` adds one; a line without a way is left out."""

    def build(self) -> None:
        from workflows.kinds.create_record import NOBODY
        from workflows.kinds.create_task import OWNERS

        self.fields["module"] = forms.ChoiceField(
            label=gettext_lazy("Module of the new record"), choices=module_choices()
        )
        owners = [*((key, label) for key, (_work, label) in OWNERS.items())]
        owners.append((NOBODY, gettext_lazy("nobody yet: assignment rules decide")))
        self.fields |= owner_fields(owners)
        if self.chosen("owner") != "person":
            del self.fields["person"]
        if self.target is not None:
            self._lines(self.target)
        self.reshaping = (
            "module",
            "owner",
            "more",
            *(name for name in self.fields if name.startswith("how_")),
        )

    @cached_property
    def target(self) -> ModuleInfo | None:
        """The module of the new record."""
        return registry().modules.get(self.chosen("module"))

    def _lines(self, target: ModuleInfo) -> None:
        offered = [info for info in settable(target) if info.key != "owner" and info.type.family != "lines"]
        shown = [info for info in offered if self._has_line(info)]
        for info in shown:
            self._line(info)
        rest = [info for info in offered if info not in shown]
        self.fields["fields"] = forms.CharField(widget=forms.HiddenInput, required=False)
        self.settle("fields", " ".join(info.key for info in shown))
        self.settle("more", "")
        self.fields["more"] = forms.ChoiceField(
            label=gettext_lazy("Add a field"), choices=field_choices(rest), required=False
        )

    def _has_line(self, info: FieldInfo) -> bool:
        named = self.chosen("fields").split()
        return info.required or info.key in named or info.key == self.chosen("more")

    def _line(self, info: FieldInfo) -> None:
        """How the field gets its value, and what that asks."""
        ways = self._ways(info)
        how = f"how_{info.key}"
        self.fields[how] = forms.ChoiceField(
            label=info.label, choices=ways if info.required else [NOTHING, *ways], required=info.required
        )
        if self.add_prefix(how) not in self.data and how not in self.initial:
            self.settle(how, ways[0][0])
        chosen = self.chosen(how)
        if chosen == "value":
            field = value_field(info, label=_("%s: value") % info.label)
            self.fields[f"value_{info.key}"] = field
        elif chosen == "text":
            label = _("%s: text") % info.label
            self.fields[f"text_{info.key}"] = MergeField(module=self.module, rows=2, label=label)
        elif chosen == "copy":
            name = f"from_{info.key}"
            choices = with_chosen(path_choices(self.module, info), self.chosen(name))
            self.fields[name] = forms.ChoiceField(label=_("%s: other field") % info.label, choices=choices)
        elif chosen == "formula":
            check = partial(formula_problems, info=info, module=self.module)
            widget = forms.Textarea(attrs={"rows": 2})
            label = _("%s: formula") % info.label
            self.fields[f"formula_{info.key}"] = CheckedField(check=check, label=label, widget=widget)

    def _ways(self, info: FieldInfo) -> list[tuple[str, Any]]:
        from workflows.kinds.create_record import links_to

        ways = [way for way in ways_for(info) if way[0] != "clear"]
        if info.type.family == "text":
            ways = [("text", gettext_lazy("a text with merge fields")), *ways]
        if links_to(info, self.module):
            ways = [("record", gettext_lazy("a link to this record")), *ways]
        return ways

    def initial_of(self, config: Config) -> dict[str, Any]:
        found: dict[str, Any] = {
            key: value for key, value in config.items() if key in ("module", "owner", "person")
        }
        values = config.get("values") or {}
        for key, one in values.items():
            found[f"how_{key}"] = one.get("how", "value")
            found |= {f"{name}_{key}": one[name] for name in PARTS if name in one}
        return found | {"fields": " ".join(values)}

    def config(self) -> Config:
        given = super().config()
        values: dict[str, Config] = {}
        for name, how in given.items():
            kind, _sign, key = name.partition("_")
            if kind == "how":
                values[key] = {"how": how}
        for name, value in given.items():
            kind, _sign, key = name.partition("_")
            if name not in OWN and kind != "how" and key in values:
                values[key][kind] = value
        own = {key: value for key, value in given.items() if key in ("module", "owner", "person")}
        return {**own, "values": values}
