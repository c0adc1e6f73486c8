"""The criteria editor as a field of the admin's forms."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.forms import Script
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.admin.base import AnyModelForm
from crm.criteria import CriteriaProblems
from crm.forms.criteria import CriteriaEditor
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo

MODULE_CONTROL = "module"  # of the form in which the module is chosen, as long as it can be


class CriteriaWidget(forms.Widget):
    """The editor; its value is a CriteriaEditor, or stored criteria."""

    class Media:
        css: ClassVar[Any] = {"all": ["crm/criteria.css"]}
        js: ClassVar[Any] = [
            Script(f"crm/{name}.js", defer=True) for name in ("lookup", "criteria_picker", "criteria")
        ]

    def __init__(
        self, module: Callable[[], ModuleInfo | None], *, events: bool = False, open_module: bool = False
    ) -> None:
        super().__init__()
        self.module, self.events, self.open_module = module, events, open_module

    def id_for_label(self, id_: str) -> str:
        """None: the editor's controls have labels of their own."""
        return ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> CriteriaEditor | None:
        """What was posted; None while no module is chosen."""
        module = self.module()
        return CriteriaEditor.posted(None, module, data, name=name, events=self.events) if module else None

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}-rows" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        module = self.module()
        context: dict[str, Any] = {"name": name, "events": self.events}
        if module is None:
            return render_to_string("crm/criteria/waiting.html", context)
        if not isinstance(value, CriteriaEditor):
            template_row = "__prefix__" in name  # only a script makes a row of it
            value = CriteriaEditor(None, module, value, name=name, events=self.events, slim=template_row)
        context |= {"editor": value, "module_control": MODULE_CONTROL if self.open_module else ""}
        return render_to_string("crm/criteria/editor.html", context)


class CriteriaField(forms.Field):
    """Criteria as JSON, checked against the module; none are an empty object."""

    def clean(self, value: CriteriaEditor | None) -> dict[str, Any]:
        if value is None or value.is_empty:
            if value is not None and value.wants_another_look:
                raise forms.ValidationError(_("Fill in the conditions, then save."))
            return {}
        if value.wants_another_look:
            raise forms.ValidationError(_("Fill in the conditions, then save."))
        try:
            return value.data()
        except CriteriaProblems:
            raise forms.ValidationError(_("The conditions have to be put right.")) from None

    def has_changed(self, initial: Any, data: CriteriaEditor | None) -> bool:
        """Compared as documents; what is wrong is a change."""
        if data is None or data.is_empty:
            return bool(initial and initial.get("conditions"))
        return bool(data.problems) or data.data() != initial


class CriteriaForm(AnyModelForm):
    """A row with criteria, about records of the module that the whole is about."""

    events: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "criteria" in self.fields:
            label = self.fields["criteria"].label
            widget = CriteriaWidget(self.module, events=self.events, open_module=not self.module_key())
            self.fields["criteria"] = CriteriaField(label=label, required=False, widget=widget)

    def module_key(self) -> str:
        """The key of the stored module; empty while the whole is new."""
        rule = getattr(self.instance, "rule", None)
        return str(rule.module_id) if rule is not None and rule.pk else ""

    def module(self) -> ModuleInfo | None:
        """The module that the criteria are about: the stored one, or the one in the form."""
        chosen = self.module_key() or str(self.data.get(MODULE_CONTROL, ""))
        return registry().modules.get(chosen)
