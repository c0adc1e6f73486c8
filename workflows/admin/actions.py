"""The editor of actions as fields of the admin's forms: for every model with a kind, settings and a place.

class Actions(ActionInline):
    model = RuleAction
    form = ActionRow  # or a subclass, for a model whose module is elsewhere
"""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from crm.admin.base import AnyModelForm, BlockInline, actor_of
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility import has_feature
from workflows.admin.criteria import MODULE_CONTROL
from workflows.admin.drafts import DraftFormSet
from workflows.forms.editor import ActionEditor
from workflows.forms.later import LaterEditor
from workflows.kinds.base import ACTION_KINDS

TEMPLATE = "workflows/actions/editor.html"
EDITING = {"manage_automation"}  # features whose people write actions; higher floors add theirs


def kind_choices() -> list[tuple[str, Any]]:
    """The kinds of actions by their labels."""
    offered = [kind for kind in ACTION_KINDS.values() if kind.offered]
    kinds = sorted(offered, key=lambda kind: str(kind.label))
    return [("", _("Choose an action…")), *((kind.key, kind.label) for kind in kinds)]


def kind_control(name: str) -> str:
    """The name of the control with the kind, beside the settings of this name."""
    return name.removesuffix("config") + "kind"


class SettingsWidget(forms.Widget):
    """The settings; the value is an ActionEditor, or stored settings."""

    editor: ClassVar[type[ActionEditor]] = ActionEditor

    class Media:
        css: ClassVar[Any] = {"all": ["crm/criteria.css", "crm/actions.css"]}
        js: ClassVar[Any] = [Script(f"crm/{name}.js", defer=True) for name in ("lookup", "actions")]

    def __init__(
        self, module: Callable[[], ModuleInfo | None], kind: Callable[[], str], *, open_module: bool = False
    ) -> None:
        super().__init__()
        self.module, self.kind, self.open_module = module, kind, open_module

    def id_for_label(self, id_: str) -> str:
        """None: the settings' controls have labels of their own."""
        return ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> ActionEditor | None:
        """What was posted; None while no module is chosen."""
        module = self.module()
        kind = self.editor.part or data.get(kind_control(name), "")
        return self.editor.posted(kind, module, data, name=name) if module else None

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}-asked" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        module = self.module()
        if module is not None and not isinstance(value, ActionEditor):
            value = self.editor(self.kind(), module, value, name=name)
        context = shown(self.editor, value, module, name)
        context["module_control"] = MODULE_CONTROL if self.open_module else ""
        return render_to_string(TEMPLATE, context)


class LaterWidget(SettingsWidget):
    """When the action comes."""

    editor = LaterEditor


def shown(
    kind: type[ActionEditor], editor: ActionEditor | None, module: ModuleInfo | None, name: str
) -> dict[str, Any]:
    """What the template of the editor needs."""
    control = "" if kind.part else kind_control(name)
    return {"editor": editor, "name": name, "module": module, "kind_control": control, "part": kind.part}


class SettingsField(forms.Field):
    """An action's settings as JSON, checked by their kind."""

    def clean(self, value: ActionEditor | None) -> dict[str, Any]:
        if value is None or value.is_empty:
            return {}
        if value.wants_another_look:
            raise forms.ValidationError(_("Fill in the settings, then save."))
        if not value.is_sound or value.config is None:
            raise forms.ValidationError(_("The settings have to be put right."))
        return value.config

    def has_changed(self, initial: Any, data: ActionEditor | None) -> bool:
        """Compared as settings; what is wrong is a change."""
        if data is None or data.is_empty:
            return False
        return not data.is_sound or data.config != (initial or {})


class PlaceWidget(UnfoldAdminIntegerFieldWidget):  # type: ignore[misc]
    """The number that says in which order rows come; scripts add buttons to move the row."""

    class Media:
        css: ClassVar[Any] = {"all": ["crm/actions.css"]}
        js: ClassVar[Any] = [Script("crm/actions.js", defer=True)]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        control = super().render(name, value, attrs, renderer)
        return render_to_string("workflows/actions/place.html", {"control": control})


class ActionRow(AnyModelForm):
    """One action: its kind, and what that kind asks. `holder` leads to the draft that has the module."""

    holder: ClassVar[str] = "rule"

    kind = forms.ChoiceField(
        label=gettext_lazy("Action"), choices=kind_choices, widget=UnfoldAdminSelectWidget()
    )

    class Meta:
        fields = ("kind", "config", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = SettingsWidget(self.module, self.kind_key, open_module=not self.module_key())
        self.fields["config"] = SettingsField(label=gettext_lazy("Settings"), required=False, widget=widget)
        if "later" in self.fields:
            when = LaterWidget(self.module, lambda: LaterEditor.part, open_module=not self.module_key())
            self.fields["later"] = SettingsField(label=gettext_lazy("When"), required=False, widget=when)
        if "position" in self.fields:
            self.fields["position"].widget = PlaceWidget()
        kind = ACTION_KINDS.get(self.kind_key())
        self.instance.get_inline_title = str(kind.label) if kind else ""

    def module_key(self) -> str:
        """The key of the stored module; empty while the whole is new."""
        found: Any = self.instance
        for name in self.holder.split(".") if self.holder else ():
            found = getattr(found, name, None)
        stored = found is not None and found.pk
        return str(found.module_id) if stored else ""

    def module(self) -> ModuleInfo | None:
        """The module that the action is about: the stored one, or the one in the form."""
        chosen = self.module_key() or str(self.data.get(MODULE_CONTROL, ""))
        return registry().modules.get(chosen)

    def kind_key(self) -> str:
        """The kind that the row has now."""
        return str(self.instance.kind or "")


class ActionInline(BlockInline):
    """The actions of a draft, in order."""

    feature = "manage_automation"
    form = ActionRow
    formset = DraftFormSet
    fields: Any = ("kind", "config", "position")


@require_POST
def action_settings(request: HttpRequest, **_given: Any) -> HttpResponse:
    """The settings as they follow from what was posted: the fields of the kind, and what is chosen."""
    if not any(has_feature(actor_of(request), feature) for feature in EDITING):
        raise PermissionDenied(_("Your profile does not allow this."))
    module, name = registry().modules.get(request.GET.get("module", "")), request.GET.get("name", "")[:200]
    if module is None or not name:
        raise Http404
    made = LaterEditor if request.GET.get("part") == LaterEditor.part else ActionEditor
    kind = made.part or request.POST.get(kind_control(name), "")
    editor = made.posted(kind, module, request.POST, name=name)
    return render(request, TEMPLATE, shown(made, editor, module, name))
