"""The settings of one action as a part of a form: the fields of its kind, on every page that has actions.

A page makes one of stored settings, or of what was posted, and includes `workflows/actions/editor.html`. It
also takes the settings as JSON in the field `name`, as programs and kinds without a form give them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import CHECKBOX_CLASSES

from crm.modules.registry import ModuleInfo
from workflows.kinds.base import ACTION_KINDS, ActionKind, Config
from workflows.kinds.forms import ActionForm


class JsonForm(ActionForm):
    """The settings of a kind that has no form, as JSON."""

    settings = forms.CharField(
        label=gettext_lazy("Settings"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "font-mono"}),
    )

    def initial_of(self, config: Config) -> dict[str, Any]:
        return {"settings": json.dumps(config, ensure_ascii=False, indent=1) if config else ""}

    def clean_settings(self) -> Config:
        return as_object(self.cleaned_data["settings"])

    def config(self) -> Config:
        given: Config = self.cleaned_data["settings"]
        return given


def as_object(text: str) -> Config:
    """Settings from JSON; raises ValidationError."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise forms.ValidationError(_("Settings are a JSON object in braces."))
    return found


class ActionEditor:
    """One action's settings as a form whose controls begin with `name`."""

    kinds: ClassVar[Mapping[str, ActionKind]] = ACTION_KINDS
    part: ClassVar[str] = ""  # which part of an action it is, if not the settings of its kind

    def __init__(self, kind: str, module: ModuleInfo, config: Config | None = None, *, name: str) -> None:
        self.kind: ActionKind | None = self.kinds.get(kind)
        self.module, self.name = module, name
        self.given: Config = config if isinstance(config, dict) else {}
        self.judged = False  # whether what is wrong is said
        self.wants_another_look = False
        self.mistake = ""
        self.form: ActionForm | None = None
        if self.kind is not None:
            self.form = self._form_class(module, config=self.given, prefix=name)

    @classmethod
    def posted(cls, kind: str, module: ModuleInfo, data: Any, *, name: str) -> ActionEditor:
        """The editor as a form sent it, or with the JSON in the field `name`; empty if there is neither.

        If its controls were made for another kind or choice, it wants another look and judges nothing.
        """
        if name in data:
            return cls._of_json(kind, module, data[name], name)
        editor = cls(kind, module, name=name)
        asked = data.get(f"{name}-asked", "")
        if editor.kind is None:
            return editor
        if asked.partition(" ")[0] == editor.kind.key:
            editor.form = editor._form_class(module, data, config={}, prefix=name)
        editor.wants_another_look = asked != editor.asked or f"{name}-show" in data
        editor.judged = not editor.wants_another_look
        if editor.wants_another_look and editor.form is not None:
            editor.form.withhold()
        return editor

    @classmethod
    def _of_json(cls, kind: str, module: ModuleInfo, text: str, name: str) -> ActionEditor:
        mistake, config = "", {}
        try:
            config = as_object(text) if text.strip() else {}
        except forms.ValidationError as problem:
            mistake = problem.messages[0]
        editor = cls(kind, module, config, name=name)
        editor.judged, editor.mistake = True, mistake
        return editor

    @property
    def _form_class(self) -> type[ActionForm]:
        return getattr(self.kind, "form", JsonForm)

    @property
    def asked(self) -> str:
        """What the controls are for, so that the answer can be read as that."""
        return f"{self.kind.key} {self.form.shape}".strip() if self.kind and self.form else ""

    @property
    def is_empty(self) -> bool:
        """Whether no action is chosen."""
        return self.kind is None

    @cached_property
    def config(self) -> Config | None:
        """The settings; None if a field is wrong."""
        if self.mistake or self.form is None or self.wants_another_look:
            return None
        if not self.form.is_bound:
            return self.given
        return self.form.config() if self.form.is_valid() else None

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with the whole; what is wrong with a field is said there."""
        if self.mistake:
            return [self.mistake]
        if self.kind is None or self.config is None:
            return []
        return self.kind.validate(self.config, self.module)

    @property
    def is_sound(self) -> bool:
        """Whether the settings could be published."""
        return self.kind is not None and self.config is not None and not self.problems

    @property
    def general(self) -> list[str]:
        """Messages that belong to no field."""
        return self.problems if self.judged else []

    @property
    def words(self) -> str:
        """The action in plain words; of what has not been filled in yet, none."""
        if self.kind is None or not (self.given or self.judged):
            return ""
        if not self.is_sound or self.config is None:
            return "" if self.judged else _("This has to be put right.")
        return self.kind.describe(self.config, self.module)

    @property
    def rows(self) -> list[Row]:
        """The fields, to be shown."""
        return [Row(self.form[name]) for name in self.form.fields] if self.form is not None else []


class Row:
    """A field of the form with its control dressed for the page."""

    def __init__(self, bound: forms.BoundField) -> None:
        self.bound = bound
        widget = bound.field.widget
        if isinstance(widget, forms.SelectMultiple):  # boxes need no script, and no key held down
            widget = bound.field.widget = forms.CheckboxSelectMultiple(choices=widget.choices)
        self.boxes = isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect)
        self.box = isinstance(widget, forms.CheckboxInput)
        self.control = bound.as_widget(attrs=self._attributes(widget))

    def _attributes(self, widget: forms.Widget) -> dict[str, str | bool]:
        if self.boxes:
            return {}
        style = " ".join(CHECKBOX_CLASSES) if self.box else "criteria-input"
        found: dict[str, str | bool] = {"class": " ".join(filter(None, [widget.attrs.get("class"), style]))}
        if self.bound.errors:
            found["aria-invalid"] = "true"
        return found
