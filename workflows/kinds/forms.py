"""What the form of an action's settings is: one class per kind, shown in the admin beside its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.utils import ErrorDict

from crm.modules.registry import ModuleInfo

if TYPE_CHECKING:
    from workflows.kinds.base import Config


class ActionForm(forms.Form):
    """The settings of an action as fields.

    A field that has the name of a setting needs nothing more; others are read by `initial_of` and written by
    `config`. What is wrong with the whole is told by the kind's `validate`, with the same settings.
    Fields that depend on what is chosen in others, which `reshaping` names, are added by `build`.
    """

    reshaping: tuple[str, ...] = ()

    def __init__(self, module: ModuleInfo, *args: Any, config: Config | None = None, **kwargs: Any) -> None:
        self.module = module
        kwargs.setdefault("initial", self.initial_of(config or {}))
        kwargs.setdefault("use_required_attribute", False)  # a row that is not wanted need not be filled in
        super().__init__(*args, **kwargs)
        self.posted = self.data
        self.build()
        for name in self.reshaping:
            if name in self.fields:
                self.fields[name].widget.attrs["data-action-shape"] = ""

    def build(self) -> None:
        """Adds the fields that depend on what is chosen in others."""

    def chosen(self, name: str) -> str:
        """What a field holds now: as posted, else as stored, else as it begins; empty if it is not there."""
        posted = self.data.get(self.add_prefix(name)) if self.is_bound else None
        if posted is not None:
            return str(posted)
        begins = self.fields[name].initial if name in self.fields else None
        return str(self.initial.get(name) or begins or "")

    def settle(self, name: str, value: str) -> None:
        """Makes a field hold a value, where what was chosen no longer fits."""
        if self.is_bound:
            self.own_data()[self.add_prefix(name)] = value
        else:
            self.initial[name] = value

    def own_data(self) -> Any:
        """What was posted, as a copy that may be changed; made once."""
        if self.data is self.posted:
            data: Any = self.data
            self.data = data.copy()
        return self.data

    def withhold(self) -> None:
        """Shows what was typed without judging it: something else is asked first."""
        self._errors = ErrorDict()

    @property
    def shape(self) -> str:
        """What decides on which fields there are; with another shape, others are asked."""
        return " ".join(self.chosen(name) for name in self.reshaping)

    def initial_of(self, config: Config) -> dict[str, Any]:
        """The fields' values for stored settings."""
        return dict(config)

    def config(self) -> Config:
        """The settings that valid fields make; what is empty is left out."""
        return {key: value for key, value in self.cleaned_data.items() if value not in (None, "", [])}
