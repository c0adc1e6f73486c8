"""The form of a notification in the page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from crm.modules.registry import ModuleInfo
from workflows.forms.controls import MergeField
from workflows.kinds.base import Config
from workflows.kinds.forms import ActionForm
from workflows.kinds.recipient_inputs import ADDRESSES, entries_of, inputs_of, recipient_inputs

PART = "recipients"


class NotifyForm(ActionForm):
    """Whom, and the text."""

    def __init__(self, module: ModuleInfo, *args: Any, config: Config | None = None, **kwargs: Any) -> None:
        super().__init__(module, *args, config=config, **kwargs)
        inputs = recipient_inputs(PART, gettext_lazy("To"), module, _entries(config or {}))
        del inputs[f"{PART}_{ADDRESSES}"]  # only people have a bell
        self.fields.update(inputs)
        self.fields["text"] = MergeField(module=module, rows=2, label=gettext_lazy("Text"))

    def initial_of(self, config: Config) -> dict[str, Any]:
        return {"text": config.get("text"), **inputs_of(PART, _entries(config))}

    def config(self) -> Config:
        return {PART: entries_of(PART, self.cleaned_data), "text": self.cleaned_data["text"]}


def _entries(config: Config) -> list[dict[str, Any]]:
    """The stored entries; a draft may hold anything."""
    given = config.get(PART)
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
