"""Fields that several kinds of actions ask for: people, fields of the record, texts with merge fields."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.forms.criteria_fields import Fields
from crm.forms.criteria_lookups import KnownNames, find
from crm.forms.lookups import PEOPLE, Typed
from crm.models import Role, SharingGroup, User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.merge import template_problems

Choices = list[tuple[str, Any]]
NOTHING = ("", "—")
MERGE_HELP = gettext_lazy("Fields of the record are written {{name}}; over links {{owner.email}}.")


class PersonWidget(forms.Widget):
    """A person, looked up by name; the value is an e-mail address, or what was typed."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed | None:
        """What was typed, and the id of the one that was chosen."""
        text = data.get(name, "").strip()
        return Typed(PEOPLE, text, data.get(f"{name}-id", "")) if text else None

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        if isinstance(value, Typed):
            shown, number = value.name, value.id
        else:
            names = KnownNames(None, [str(value).lower()] if value else [])
            person = str(value).lower() if value else None
            known = person in names.people
            shown, number = names.name(person), names.number(person) if known else ""
        context = {"name": name, "shown": shown, "number": number, "attrs": {**self.attrs, **(attrs or {})}}
        return render_to_string("workflows/actions/person.html", context)


class PersonField(forms.Field):
    """An active person; the cleaned value is the e-mail address, by which documents name people."""

    widget = PersonWidget

    def clean(self, value: Typed | None) -> str | None:
        if value is None:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        find(None, [value])
        if value.problem:
            told = ", ".join(f"{one.name} <{one.hint}>" for one in value.candidates)
            raise forms.ValidationError(f"{value.problem} {told}".strip())
        person = User.objects.get(pk=value.value)
        if not person.is_active:
            raise forms.ValidationError(_("%s has left.") % person)
        return person.email

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(initial) if data is None else data.name != initial


class MergeField(forms.CharField):
    """A text with merge fields of a module's records."""

    def __init__(self, *, module: ModuleInfo, rows: int = 0, **kwargs: Any) -> None:
        self.module = module
        if rows:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        kwargs.setdefault("help_text", MERGE_HELP)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if problems := template_problems(text, self.module):
            raise forms.ValidationError(problems)
        return text


def settable(module: ModuleInfo) -> list[FieldInfo]:
    """The fields that an action may set, in the order of the layout."""
    return [info for info in module.fields.values() if not info.system]


def field_choices(fields: Iterable[FieldInfo]) -> Choices:
    """Fields by their labels, to choose from."""
    return [NOTHING, *((info.key, info.label) for info in fields)]


def path_choices(module: ModuleInfo, info: FieldInfo | None = None) -> Choices:
    """The record's fields and those one link away, by group; `info` leaves what fits into that field."""
    known = Fields(None, module)
    found: Choices = [NOTHING]
    for group in known.groups():
        fitting = [one for one in group.fields if info is None or _fits(known, one.path, info)]
        if fitting:
            found.append((group.label, [(one.path, one.label) for one in fitting]))
    return found


def _fits(known: Fields, path: str, info: FieldInfo) -> bool:
    """Whether a copy of what the path leads to can be the field's value."""
    source = known.paths.operand(path)
    if source.own and source.field.key == info.key and source.field.module == info.module:
        return False
    if info.type.family == "text":
        return True
    return source.family == info.type.family and (
        source.family != "link" or source.field.target == info.target
    )


def with_chosen(choices: Choices, value: str) -> Choices:
    """The choices, and the stored one if it is not among them, such as a path over several links."""
    known = {key for key, label in choices if not isinstance(label, list)}
    known |= {key for _group, inner in choices if isinstance(inner, list) for key, _label in inner}
    return choices if not value or value in known else [*choices, (value, value)]


def module_choices() -> Choices:
    """The modules by their labels."""
    modules = sorted(registry().modules.values(), key=lambda module: module.position)
    return [NOTHING, *((module.key, module.label) for module in modules)]


def role_choices() -> Choices:
    """The roles by name."""
    return list(Role.objects.order_by("name").values_list("key", "name"))


def group_choices() -> Choices:
    """The sharing groups by name."""
    return list(SharingGroup.objects.order_by("name").values_list("key", "name"))


def owner_fields(choices: Choices) -> dict[str, forms.Field]:
    """Who becomes the owner: one of these ways, and the person for the way `person`."""
    return {
        "owner": forms.ChoiceField(
            label=gettext_lazy("Owner"), choices=choices, initial=choices[0][0], required=False
        ),
        "person": PersonField(label=gettext_lazy("Person"), required=False),
    }
