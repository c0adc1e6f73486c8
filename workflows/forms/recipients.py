"""Who gets something, as boxes to tick and lists: written as `workflows.recipients` reads them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from crm.modules.registry import ModuleInfo
from workflows.directory import directory
from workflows.forms.controls import Choices, group_choices, role_choices
from workflows.kinds.base import Config
from workflows.kinds.forms import ActionForm
from workflows.recipients import InField

LISTS = {"person": "to_people", "role": "to_roles", "group": "to_groups", "field": "to_fields"}
ONES = {"owner": "to_owner", "superior": "to_superior"}


class Lines(forms.CharField):
    """Several texts, one in each line; the cleaned value is a list."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").replace(",", "\n").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """None: the kind's own check names each line that is wrong."""


class People(Lines):
    """E-mail addresses of people who work here."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        directory.clear()
        unknown = [email for email in value if directory().person(email) is None]
        if unknown:
            raise forms.ValidationError(gettext_lazy("There is no active person “%(who)s”."), params={
                "who": ", ".join(unknown),
            })  # fmt: skip


def holding_fields(module: ModuleInfo) -> Choices:
    """Fields that hold a person or an e-mail address."""
    known = InField()
    fitting = [info for info in module.fields.values() if known.info({"field": info.key}, module)]
    return [(info.key, info.label) for info in fitting]


class RecipientsForm(ActionForm):
    """`{"recipients": [{"to": …}, …]}` as fields; kinds add their own below."""

    outside = False  # whether addresses outside the company may be named

    to_owner = forms.BooleanField(label=gettext_lazy("To the owner"), required=False)
    to_superior = forms.BooleanField(label=gettext_lazy("To the owner's superior"), required=False)
    to_people = People(
        label=gettext_lazy("To people"),
        required=False,
        help_text=gettext_lazy("Their e-mail addresses, one in each line."),
    )

    def build(self) -> None:
        boxes = (
            ("to_roles", gettext_lazy("To everybody with the role"), role_choices()),
            ("to_groups", gettext_lazy("To everybody in the group"), group_choices()),
            ("to_fields", gettext_lazy("To whom a field names"), holding_fields(self.module)),
        )
        for name, label, choices in boxes:
            if choices:
                self.fields[name] = forms.MultipleChoiceField(
                    label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
                )
        if self.outside:
            self.fields["to_addresses"] = Lines(label=gettext_lazy("To other addresses"), required=False)

    def initial_of(self, config: Config) -> dict[str, Any]:
        found: dict[str, Any] = {key: value for key, value in config.items() if key != "recipients"}
        for entry in config.get("recipients") or []:
            to = entry.get("to")
            if to in ONES:
                found[ONES[to]] = True
            elif to in LISTS:
                found.setdefault(LISTS[to], []).append(entry.get(to))
            elif to == "address":
                found.setdefault("to_addresses", []).append(entry.get("address"))
        return found

    def config(self) -> Config:
        given = super().config()
        entries: list[dict[str, Any]] = [{"to": to} for to, name in ONES.items() if given.pop(name, False)]
        for to, name in (*LISTS.items(), ("address", "to_addresses")):
            entries += [{"to": to, to: one} for one in given.pop(name, [])]
        rest = {key: value for key, value in given.items() if key not in ONES.values()}
        return {"recipients": entries, **rest}

    def own(self, *names: str) -> None:
        """Puts the kind's own fields below the recipients."""
        others = [name for name in self.fields if name not in names]
        self.order_fields([*others, *names])
