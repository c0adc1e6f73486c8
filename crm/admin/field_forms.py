"""Forms about fields: new ones, changed ones, and their type."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from crm.admin.base import AnyModelForm, ServiceForm
from crm.admin.translations import TranslationsField
from crm.fields import FIELD_TYPES
from crm.models import Field, Module, PicklistValue, Section
from crm.modules.conversions import CONVERSIONS
from crm.modules.field_rules import OPTIONS

OPTION_NAMES = ("length", "scale", "module")


def custom_types() -> list[tuple[str, Any]]:
    """The types that an admin may make fields of."""
    return [(key, kind.label) for key, kind in FIELD_TYPES.items() if kind.custom]


def lines_of(text: str) -> list[str]:
    """The lines of a text, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class OptionsForm(forms.Form):
    """Type, and the options that some types have."""

    type = forms.ChoiceField(
        label=gettext_lazy("type"), choices=custom_types, widget=UnfoldAdminSelectWidget()
    )
    length = forms.IntegerField(
        label=gettext_lazy("Longest text"),
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("For text, e-mail, phone and web address: how many characters."),
    )
    scale = forms.IntegerField(
        label=gettext_lazy("Digits after the point"),
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("For decimal and percent: 0 to 6, usually 2."),
    )
    target = forms.ModelChoiceField(
        label=gettext_lazy("Links to"),
        required=False,
        queryset=Module.objects.filter(active=True),
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("For links: the module whose records can be chosen."),
    )
    choices = forms.CharField(
        label=gettext_lazy("Values"),
        required=False,
        widget=UnfoldAdminTextareaWidget(),
        help_text=gettext_lazy("For picklists: one value per line, in order."),
    )

    def options(self) -> dict[str, Any]:
        """The options that were filled in."""
        given = {name: self.cleaned_data.get(name) for name in ("length", "scale")}
        target = self.cleaned_data.get("target")
        given["module"] = target.key if target else None
        return {name: value for name, value in given.items() if value is not None}


class NewFieldForm(OptionsForm, ServiceForm):
    """A new field; services say what does not fit its type."""

    labels = TranslationsField()
    default = forms.CharField(
        label=gettext_lazy("default"), required=False, widget=UnfoldAdminTextInputWidget()
    )

    class Meta:
        model = Field
        fields = (
            "module", "label", "key", "type", "required", "unique", "searched", "sorted", "help", "labels",
            "default",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = False
        self.fields["key"].help_text = gettext_lazy(
            "For documents, imports and the API. Left empty, it is made of the label; it stays for good."
        )
        self.fields["module"].queryset = Module.objects.filter(active=True)  # type: ignore[attr-defined]
        explain_flags(self)


def explain_flags(form: forms.BaseForm) -> None:
    """Says what the flags are for."""
    texts = {
        "unique": _("No two records outside the bin have the same value."),
        "searched": _("The quick search looks here; the index is built in the background."),
        "sorted": _("Lists of any size can be sorted by it; the index is built in the background."),
    }
    for name, text in texts.items():
        if name in form.fields:
            form.fields[name].help_text = text


class FieldForm(ServiceForm):
    """A field as it is; type and key have their own page, or stay."""

    labels = TranslationsField()
    default = forms.CharField(
        label=gettext_lazy("default"),
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("What new records begin with, as somebody would enter it."),
    )

    class Meta:
        model = Field
        fields = (
            "label", "labels", "required", "unique", "searched", "sorted", "default", "help", "section",
            "position",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "section" in self.fields:
            self.fields["section"].queryset = Section.objects.filter(module=self.instance.module)  # type: ignore[attr-defined]
            self.initial["default"] = default_text(self.instance)
        explain_flags(self)


def default_text(field: Field) -> str:
    """The default as somebody would enter it."""
    if field.default is None:
        return ""
    return "; ".join(map(str, field.default)) if isinstance(field.default, list) else str(field.default)


class TypeForm(OptionsForm):
    """The type that a field is to become."""


def type_form(field: Field) -> type[TypeForm]:
    """A form that offers the types that this field's type may become."""
    source = field.type
    targets = [target for start, target in CONVERSIONS if start == source]
    if source in OPTIONS and source not in targets:
        targets.append(source)
    choices = [(key, FIELD_TYPES[key].label) for key in sorted(set(targets))]
    box = forms.ChoiceField(label=_("New type"), choices=choices, widget=UnfoldAdminSelectWidget())
    return type("TypeForm", (TypeForm,), {"type": box, "target": None})


def delete_value_form(value: PicklistValue) -> type[forms.Form]:
    """Asks for the replacement of a value."""
    others = value.field.values.filter(active=True).exclude(pk=value.pk)
    replacement = forms.ModelChoiceField(
        label=_("Replace it by"),
        queryset=others,
        required=False,
        empty_label=_("nothing: the field becomes empty"),
        widget=UnfoldAdminSelectWidget(),
    )
    return type("DeleteValueForm", (forms.Form,), {"replacement": replacement})


class ValueForm(AnyModelForm):
    """A picklist value."""

    labels = TranslationsField(help_text="")

    class Meta:
        model = PicklistValue
        fields = ("label", "labels", "attributes", "position", "active")
