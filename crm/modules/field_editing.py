"""Making, changing and deleting fields. Deleting switches off; values stay and can come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import Count, Min
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.criteria.sources import source_of
from crm.door.rewriting import forget_values
from crm.models import Field, Module, PicklistValue, Section, User
from crm.modules.editing import check_kept
from crm.modules.field_rules import (
    FLAGS,
    WITH_CHOICES,
    check_declared,
    check_flags,
    clean_default,
    clean_options,
    clean_type,
)
from crm.modules.indexing import drop_indexes, is_indexed
from crm.modules.journal import check_labels, field_document, save_changes, told
from crm.modules.keys import field_key, value_key
from crm.modules.loading import field_info
from crm.modules.problems import ModuleProblem, validated
from crm.modules.usage import Subject, check_usage
from crm.modules.usage.records import rows_of
from crm.people.problems import require_feature


class FieldSettings(TypedDict, total=False):
    """What may be said of a field beside its label."""

    labels: dict[str, str]
    required: bool
    unique: bool
    searched: bool
    sorted: bool
    default: Any
    help: str
    section: Section | None
    position: int


class FieldChanges(FieldSettings, total=False):
    """What may be changed of a field without touching what records hold."""

    label: str


Choices = Sequence[str | tuple[str, str]]


@transaction.atomic
def create_field(
    *,
    module: Module,
    label: str,
    type: str,  # noqa: A002 — the field's own word
    actor: User | None,
    key: str | None = None,
    options: dict[str, Any] | None = None,
    choices: Choices = (),
    **settings: Unpack[FieldSettings],
) -> Field:
    """A new custom field, in forms and lists at once. `choices` are labels, or pairs of key and label.

    A money field gets a twin that holds the amount in the company's currency. The default is what
    somebody would enter; a flag that needs an index has the job build it.
    """
    require_feature(actor, "manage_modules")
    module = Module.objects.select_for_update().get(pk=module.pk)
    kind = clean_type(type)
    given: dict[str, Any] = dict(settings)
    default = given.pop("default", None)
    given.setdefault("position", _last_position(module) + 10)
    given.setdefault("section", module.sections.filter(key="details").first())
    chosen = field_key(module, label, key)
    cleaned = clean_options(kind, options or {})
    field = Field(module=module, key=chosen, label=label.strip(), type=kind, options=cleaned, **given)
    _save_new(field)
    add_choices(field, choices)
    field.default = clean_default(field, default)
    if field.default is not None:
        field.save(update_fields=["default"])
    if kind == "money":
        _add_twin(field)
    told(field, "created", actor=actor, after=field_document(field))
    return field


def _save_new(field: Field) -> None:
    check_labels(field.labels, names=1)
    check_flags(field)
    validated(field)
    if is_indexed(field):
        field.ask_for_index()
    field.save()


def _last_position(module: Module) -> int:
    return max(module.fields.values_list("position", flat=True), default=0)


def add_choices(field: Field, choices: Choices) -> None:
    """The values of a new picklist; raises ModuleProblem if it has none, or is not one."""
    if bool(choices) != (field.type in WITH_CHOICES):
        message = _("Give at least one value.") if not choices else _("Only picklists have values.")
        raise ModuleProblem(message, "choices")
    taken: list[str] = []
    for place, choice in enumerate(choices, 1):
        key, label = (None, choice) if isinstance(choice, str) else choice
        taken.append(value_key(label, key, taken))
        value = PicklistValue(field=field, key=taken[-1], label=label.strip(), position=place * 10)
        validated(value)
        value.save()


def _add_twin(field: Field) -> None:
    """The field that the door keeps the amount in company currency in."""
    twin = Field(
        module=field.module,
        key=f"{field.key}_base",
        label=_("%s (company currency)") % field.label,
        type="decimal",
        system=True,
        section=field.section,
        position=field.position + 1,
        options={"scale": 2, "base_of": field.key},
        sorted=field.sorted,
    )
    _save_new(twin)


def twin_of(field: Field) -> Field | None:
    """The field that holds a money field's amount in the company's currency."""
    return Field.objects.filter(module=field.module, options__base_of=field.key).first()


@transaction.atomic
def change_field(*, field: Field, actor: User | None, **changes: Unpack[FieldChanges]) -> Field:
    """Changes anything but key and type; takes effect at once."""
    require_feature(actor, "manage_modules")
    row = locked_field(field)
    wanted: dict[str, Any] = {name: value for name, value in changes.items() if getattr(row, name) != value}
    check_declared(row, wanted)
    if "default" in wanted:
        wanted["default"] = clean_default(row, wanted["default"])
    before = {flag: getattr(row, flag) for flag in FLAGS}
    for name, value in wanted.items():
        setattr(row, name, value)
    check_flags(row)
    if row.unique and not before["unique"]:
        _check_no_doubles(row)
    if any(before[flag] != getattr(row, flag) for flag in FLAGS):
        row.ask_for_index()
    stored = Field.objects.select_related("module", "section").get(pk=row.pk)
    stored.index_state, stored.index_error = row.index_state, row.index_error
    save_changes(stored, wanted, document=field_document, actor=actor)
    return stored


def locked_field(field: Field) -> Field:
    """The field with a lock, so that two admins take turns."""
    rows = Field.objects.select_for_update(of=("self",)).select_related("module", "section")
    return rows.get(pk=field.pk)


def _check_no_doubles(field: Field) -> None:
    info = field_info(field)
    rows = rows_of(field.module).filter(binned_at__isnull=True).order_by()
    if info.columns:
        rows = rows.exclude(**{f"{info.columns[0]}__isnull": True})
    else:
        rows = rows.filter(custom__has_key=info.key)
    counted = rows.values(same=source_of(info).native(""))  # as the index will tell them apart
    example = Min(info.columns[0] if info.columns else KT(f"custom__{info.key}"))
    found = counted.annotate(times=Count("id"), example=example).filter(times__gt=1)
    doubles = found.values_list("example", flat=True)[:5]
    if doubles:
        message = _("It can't be unique: several records have the same value, such as %s.")
        raise ModuleProblem(message % ", ".join(str(value) for value in doubles), "unique")


@transaction.atomic
def delete_field(*, field: Field, actor: User | None, confirmed: bool = False) -> Field:
    """Switches a custom field off. Values, rights and picklist values stay; `restore_field` brings them back.

    Raises InUse where live documents build on it, and, unless confirmed, where records hold values.
    """
    require_feature(actor, "manage_modules")
    row = locked_field(field)
    if row.builtin or row.system:
        raise ModuleProblem(
            _("%s comes with Signalbox and can't be deleted; profiles may hide it.") % row.label
        )
    if not row.active:
        raise ModuleProblem(_("%s is switched off already.") % row.label)
    check_usage(Subject(row.module.key, row.key), confirmed=confirmed)
    switched: dict[str, Any] = {"active": False, "switched_off_at": timezone.now()}
    _switch(row, switched, actor, "switched off")
    return row


@transaction.atomic
def restore_field(*, field: Field, actor: User | None) -> Field:
    """Switches a field on again; records have the values they had."""
    require_feature(actor, "manage_modules")
    row = locked_field(field)
    if row.type == "link":
        clean_options(row.type, row.options)
    _switch(row, {"active": True, "switched_off_at": None}, actor, "switched on")
    return row


def _switch(field: Field, switched: Mapping[str, Any], actor: User | None, what: str) -> None:
    """Switches the field and its twin, and has their indexes dropped or built."""
    twin = twin_of(field)
    for row in (field, twin) if twin is not None else (field,):
        if is_indexed(row) and switched["active"]:
            row.ask_for_index()
        elif is_indexed(row):
            drop_indexes(row)
        save_changes(row, switched, document=field_document, actor=actor, what=what)


@transaction.atomic
def purge_field(*, field: Field, actor: User | None, now: datetime | None = None) -> int:
    """Deletes a switched-off field and its values for good, 30 days later; returns how many records had one.

    The values stay readable in the records' history.
    """
    require_feature(actor, "manage_modules")
    row = locked_field(field)
    moment = (now or timezone.now()).replace(microsecond=0)
    check_kept(row.switched_off_at, row.active, moment)
    count = 0
    twin = twin_of(row)
    for gone in (row, twin) if twin is not None else (row,):
        label = _("Field “%(field)s” deleted by %(who)s") % {"field": gone.label, "who": actor or "-"}
        count = max(count, forget_values(gone, label=label, actor=actor, now=moment))
        told(gone, "deleted", actor=actor, before=field_document(gone))
        gone.delete()
    return count
