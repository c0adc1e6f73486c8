"""Inputs for recipients in the forms of actions: a few simple ones instead of a list of entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextareaWidget

from crm.criteria.paths import Paths
from crm.models import Role, SharingGroup, User
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.recipients import RECIPIENT_KINDS

Entry = dict[str, Any]
RECORD, PEOPLE, ROLES, GROUPS, ADDRESSES = "record", "people", "roles", "groups", "addresses"
PLAIN = ("owner", "superior", "creator", "current_user")  # kinds without settings of their own
LISTED = {PEOPLE: "person", ROLES: "role", GROUPS: "group", ADDRESSES: "address"}
LABELS = {
    RECORD: gettext_lazy("about the record"),
    PEOPLE: gettext_lazy("people"),
    ROLES: gettext_lazy("everybody with these roles"),
    GROUPS: gettext_lazy("everybody in these groups"),
    ADDRESSES: gettext_lazy("addresses"),
}


class AddressesField(forms.CharField):
    """E-mail addresses, one on each line."""

    def clean(self, value: Any) -> list[str]:
        found = [line.strip() for line in (super().clean(value) or "").replace(",", "\n").splitlines()]
        for address in filter(None, found):
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError(_("“%s” is not an e-mail address.") % address) from None
        return [address for address in found if address]


def recipient_inputs(
    part: str, label: Any, module: ModuleInfo, entries: Sequence[Entry]
) -> dict[str, forms.Field]:
    """The inputs for one list of recipients, by name; what is stored can always be chosen again."""
    choices = dict(record_choices(module)) | {
        token: RECIPIENT_KINDS[entry["to"]].describe(entry, module)
        for entry in entries
        if (token := token_of(entry)) is not None
    }
    people = User.objects.filter(is_active=True).order_by("name").values_list("email", "name")
    roles = Role.objects.order_by("name").values_list("key", "name")
    groups = SharingGroup.objects.order_by("name").values_list("key", "name")
    known: dict[str, Iterable[tuple[str, str]]] = {
        RECORD: choices.items(), PEOPLE: people, ROLES: roles, GROUPS: groups
    }  # fmt: skip
    inputs: dict[str, forms.Field] = {
        f"{part}_{name}": forms.MultipleChoiceField(
            label=_labelled(label, name),
            required=False,
            choices=_with_stored(offered, listed(entries, name)),
            widget=UnfoldAdminSelect2MultipleWidget(),
        )
        for name, offered in known.items()
    }
    inputs[f"{part}_{ADDRESSES}"] = AddressesField(
        label=_labelled(label, ADDRESSES),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=_("One on each line."),
    )
    return inputs


def _labelled(label: Any, name: str) -> str:
    return f"{label}: {LABELS[name]}"


def _with_stored(offered: Iterable[tuple[str, str]], stored: Iterable[str]) -> list[tuple[str, str]]:
    """The choices, and stored ones that are no longer offered, so that saving does not lose them unseen."""
    known = dict(offered)
    return [*known.items(), *((key, key) for key in stored if key not in known)]


def record_choices(module: ModuleInfo) -> Iterable[tuple[str, str]]:
    """Everybody whom the record or one that it links to can name."""
    for kind in PLAIN:
        yield kind, str(RECIPIENT_KINDS[kind].describe({}, module))
    for path in recipient_fields(module):
        yield f"field:{path}", str(RECIPIENT_KINDS["field"].describe({"field": path}, module))
    for info in module.fields.values():
        if info.type.family == "user":
            entry = {"field": info.key}
            yield f"superior_of:{info.key}", str(RECIPIENT_KINDS["superior_of"].describe(entry, module))


def recipient_fields(module: ModuleInfo) -> Iterable[str]:
    """Paths of fields that hold an address or a person: of the record, and of records that it links to."""
    yield from (info.key for info in module.fields.values() if names_somebody(info))
    paths = Paths(module)
    for link in module.fields.values():
        target = paths.registry.modules.get(link.target or "") if link.type.family == "link" else None
        if target is not None:
            yield from (f"{link.key}.{info.key}" for info in target.fields.values() if names_somebody(info))


def names_somebody(info: FieldInfo) -> bool:
    """Whether the field holds an e-mail address or a person."""
    return info.type.key == "email" or info.type.family == "user"


def token_of(entry: Entry) -> str | None:
    """An entry about the record as the value of a choice; None for one of the other inputs."""
    kind = entry.get("to")
    if kind in PLAIN:
        return str(kind)
    if kind in ("field", "superior_of") and entry.get("field"):
        return f"{kind}:{entry['field']}"
    return f"{kind}@{entry['person']}" if kind == "superior_of" and entry.get("person") else None


def entry_of(token: str) -> Entry:
    """The entry that `token_of` made a choice of."""
    kind, sign, rest = token.partition("@") if "@" in token else token.partition(":")
    if not sign:
        return {"to": kind}
    return {"to": kind, ("person" if sign == "@" else "field"): rest}


def inputs_of(part: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The inputs' values for stored entries."""
    values: dict[str, Any] = {f"{part}_{RECORD}": [token for one in entries if (token := token_of(one))]}
    values |= {f"{part}_{name}": listed(entries, name) for name in LISTED}
    values[f"{part}_{ADDRESSES}"] = "\n".join(values[f"{part}_{ADDRESSES}"])
    return values


def listed(entries: Sequence[Entry], name: str) -> list[str]:
    """The stored people, roles, groups or addresses; none for the input about the record."""
    kind = LISTED.get(name)
    return [str(one[kind]) for one in entries if kind and one.get("to") == kind and one.get(kind)]


def entries_of(part: str, cleaned: dict[str, Any]) -> list[Entry]:
    """The entries that valid inputs make."""
    entries = [entry_of(token) for token in cleaned.get(f"{part}_{RECORD}", ())]
    for name, kind in LISTED.items():
        entries += [{"to": kind, kind: value} for value in cleaned.get(f"{part}_{name}", ())]
    return entries
