"""What the form of an action's settings is: one class per kind, shown in the admin beside its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from crm.modules.registry import ModuleInfo

if TYPE_CHECKING:
    from workflows.kinds.base import Config


class ActionForm(forms.Form):
    """The settings of an action as fields.

    A field that has the name of a setting needs nothing more; others are read by `initial_of` and written by
    `config`. What is wrong with the whole is told by the kind's `validate`, with the same settings.
    """

    def __init__(self, module: ModuleInfo, *args: Any, config: Config | None = None, **kwargs: Any) -> None:
        self.module = module
        kwargs.setdefault("initial", self.initial_of(config or {}))
        super().__init__(*args, **kwargs)

    def initial_of(self, config: Config) -> dict[str, Any]:
        """The fields' values for stored settings."""
        return dict(config)

    def config(self) -> Config:
        """The settings that valid fields make; what is empty is left out."""
        return {key: value for key, value in self.cleaned_data.items() if value not in (None, "", [])}
