"""A fixed value of a field of records, entered as that field is entered everywhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.forms.kinds import KINDS, PLAIN, Kind
from crm.modules.registry import FieldInfo
from workflows.forms.controls import PersonField

UNENTERED = frozenset({"link", "any_link", "lines"})  # families whose values are copied, never fixed


class ValueField(forms.Field):
    """The value as its type takes it; the cleaned value is plain JSON, as documents keep it."""

    def __init__(self, *, info: FieldInfo, **kwargs: Any) -> None:
        self.info, self.kind = info, KINDS.get(info.type.key, PLAIN)
        kwargs.setdefault("widget", _widget(info, self.kind))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A stored value as its control shows it; what was typed stays."""
        if value in (None, "", []):
            return value
        if self.info.type.key == "boolean":
            return {True: "yes", False: "no"}.get(value, value)
        try:
            known = self.info.type.clean(value, self.info)
        except ValueProblem:
            return value
        return self.kind.text(known, self.info)

    def clean(self, value: Any) -> Any:
        if value in (None, "", []):
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        try:
            plain = self.kind.plain(value, self.info)
            return as_json(self.info.type.clean(plain, self.info), self.info)
        except ValueProblem as problem:
            raise forms.ValidationError(problem.message) from None


def value_field(info: FieldInfo, **kwargs: Any) -> forms.Field:
    """The form field for a fixed value; a person is an e-mail address."""
    if info.type.family == "user":
        return PersonField(**kwargs)
    return ValueField(info=info, **kwargs)


def as_json(value: Any, info: FieldInfo) -> Any:
    """A value as plain JSON that `clean` takes, whoever reads it in which time zone."""
    if value is None or info.type.family == "datetime":
        return None if value is None else value.isoformat()
    return info.type.dump(value, info)


def _widget(info: FieldInfo, kind: Kind) -> forms.Widget:
    if info.type.key == "boolean":
        return forms.Select(choices=[("", "—"), ("yes", _("Yes")), ("no", _("No"))])
    options = [(option.value, option.label) for option in kind.options([] if kind.empty == [] else "", info)]
    if info.type.family == "choices" and options:
        return forms.CheckboxSelectMultiple(choices=options)
    if options:
        return forms.Select(choices=options)
    if info.type.key == "long_text":
        return forms.Textarea(attrs={"rows": 3})
    attrs = {"autocomplete": "off"} | ({"inputmode": kind.input_mode} if kind.input_mode else {})
    widget = forms.TextInput(attrs=attrs)
    widget.input_type = kind.input_type
    return widget
