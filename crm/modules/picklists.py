"""Adding, changing and deleting the values of picklists."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any, TypedDict, Unpack

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.door import CauseNode, Change, Source, Verb, apply
from crm.door.reading import read_records
from crm.door.rewriting import rewrite_values
from crm.models import Field, PicklistValue, User
from crm.modules.field_rules import WITH_CHOICES
from crm.modules.journal import check_labels, save_changes, told, value_document
from crm.modules.keys import value_key
from crm.modules.loading import field_info
from crm.modules.loading import module as module_by_key
from crm.modules.problems import ModuleProblem, validated
from crm.modules.usage import Subject, check_usage
from crm.modules.usage.records import ids_with_value
from crm.people.problems import require_feature

ATTRIBUTES: dict[str, type] = {"open": bool, "won": bool, "lost": bool, "probability": int, "forecast": str}
FORECASTS = ("pipeline", "best_case", "committed", "closed", "omitted")


class ValueSettings(TypedDict, total=False):
    """What may be said of a value beside its label; inactive ones stay in records, but are not offered."""

    labels: dict[str, str]
    attributes: dict[str, Any]
    position: int
    active: bool


class ValueChanges(ValueSettings, total=False):
    """What may be changed of a picklist value."""

    label: str


@transaction.atomic
def add_value(
    *, field: Field, label: str, actor: User | None, key: str | None = None, **more: Unpack[ValueSettings]
) -> PicklistValue:
    """A new value at the end of the list, offered at once."""
    require_feature(actor, "manage_modules")
    row = Field.objects.select_for_update(of=("self",)).select_related("module").get(pk=field.pk)
    if row.type not in WITH_CHOICES:
        raise ModuleProblem(_("Only picklists have values."), "choices")
    taken = dict(row.values.values_list("key", "position"))
    given: dict[str, Any] = {"position": max(taken.values(), default=0) + 10, **more}
    value = PicklistValue(field=row, key=_new_key(row, label, key, taken), label=label.strip(), **given)
    _check(value)
    value.save()
    told(value, "created", actor=actor, after=value_document(value))
    return value


def _new_key(field: Field, label: str, key: str | None, taken: dict[str, int]) -> str:
    gone = field.values.filter(active=False, label=label.strip()).first()
    if gone is not None:
        raise ModuleProblem(_("“%s” is switched off; switch it on again instead.") % gone.label, "label")
    return value_key(label, key, taken)


def _check(value: PicklistValue) -> None:
    check_labels(value.labels, names=1)
    check_attributes(value.attributes)
    validated(value)
    same = PicklistValue.objects.filter(field=value.field, label=value.label, active=True).exclude(
        pk=value.pk
    )
    if value.active and same.exists():
        raise ModuleProblem(_("There is a value “%s” already.") % value.label, "label")


def check_attributes(attributes: Any) -> None:
    """Raises ModuleProblem for attributes that mean nothing, or not this."""
    if not isinstance(attributes, dict):
        raise ModuleProblem(_("Attributes are names with values."), "attributes")
    for name, given in attributes.items():
        if type(given) is not ATTRIBUTES.get(name):
            known = ", ".join(f"{known} ({kind.__name__})" for known, kind in ATTRIBUTES.items())
            raise ModuleProblem(_("Values have these attributes: %s.") % known, "attributes")
    if not 0 <= attributes.get("probability", 0) <= 100:
        raise ModuleProblem(_("A probability is between 0 and 100."), "attributes")
    if attributes.get("forecast", FORECASTS[0]) not in FORECASTS:
        raise ModuleProblem(_("Forecast is one of: %s.") % ", ".join(FORECASTS), "attributes")


@transaction.atomic
def change_value(
    *, value: PicklistValue, actor: User | None, **changes: Unpack[ValueChanges]
) -> PicklistValue:
    """Changes label, translations, attributes or place, or whether the value is offered."""
    require_feature(actor, "manage_modules")
    row = _locked(value)
    if row.active and changes.get("active") is False:
        _check_not_last(row)
        if row.key in _as_list(row.field.default):
            raise ModuleProblem(_("“%s” is the default of new records.") % row.label, "active")
    wanted = copy(row)
    for name, given in changes.items():
        setattr(wanted, name, given)
    _check(wanted)
    save_changes(row, changes, document=value_document, actor=actor)
    return row


def _locked(value: PicklistValue) -> PicklistValue:
    rows = PicklistValue.objects.select_for_update(of=("self",)).select_related("field__module")
    return rows.get(pk=value.pk)


def _check_not_last(value: PicklistValue) -> None:
    if not value.field.values.filter(active=True).exclude(pk=value.pk).exists():
        raise ModuleProblem(_("“%s” is the last value; a picklist needs one.") % value.label, "active")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@transaction.atomic
def delete_value(
    *,
    value: PicklistValue,
    actor: User | None,
    replacement: PicklistValue | None = None,
    clear: bool = False,
) -> int:
    """Takes a value out of all records and switches it off; returns how many records held it.

    Records that hold it, also those in the bin, get the replacement or, with `clear`, lose it; the
    change is in their history, and no rule runs on it. Without either, InUse says how many there are.
    The value's row stays, so that history can name it, and `change_value(active=True)` brings it back.
    """
    require_feature(actor, "manage_modules")
    row = _locked(value)
    _check_not_last(row)
    _check_replacement(row, replacement, clear)
    subject = Subject(row.field.module.key, row.field.key, row.key)
    check_usage(subject, confirmed=clear or replacement is not None)
    new_key = replacement.key if replacement is not None else None
    label = _("Value “%(value)s” deleted by %(who)s") % {"value": row.label, "who": actor or "-"}
    count = _replace_live(row, new_key, label, actor) + _replace_binned(row, new_key, label, actor)
    _replace_default(row, new_key)
    row.active = False
    row.save(update_fields=["active"])
    after = {"records": count, "replacement": new_key}
    told(row, "deleted", actor=actor, before=value_document(row), after=after)
    return count


def _check_replacement(value: PicklistValue, replacement: PicklistValue | None, clear: bool) -> None:
    if replacement is not None and clear:
        raise ModuleProblem(_("Choose a replacement or to clear, not both."), "replacement")
    if clear and value.field.required:
        message = _("%s is required, so records need a replacement.") % value.field.label
        raise ModuleProblem(message, "replacement")
    if replacement is None:
        return
    if replacement.field_id != value.field_id or replacement.pk == value.pk or not replacement.active:
        raise ModuleProblem(_("The replacement is another active value of the field."), "replacement")


def _replaced(held: Any, old: str, new: str | None) -> Any:
    """A picklist's or multi-picklist's value with `new` in the place of `old`."""
    if not isinstance(held, list):
        return new if held == old else held
    kept = [new if key == old else key for key in held]
    return list(dict.fromkeys(key for key in kept if key is not None)) or None


def _replace_live(value: PicklistValue, new_key: str | None, label: str, actor: User | None) -> int:
    """Edits through the door, trusted: the admin may not see all the records, and none is left out."""
    field = value.field
    info = field_info(field)
    ids = ids_with_value(field, value.key, binned=False)
    source = Source.ADMIN if actor is not None else Source.SYSTEM
    cause = CauseNode(source.value, label)
    for chunk in _chunks(ids):
        held = _held(field, chunk) if info.type.family == "choices" else {}
        changes = [
            Change(
                Verb.EDIT,
                field.module.key,
                record_id,
                {field.key: _replaced(held.get(record_id, value.key), value.key, new_key)},
            )
            for record_id in chunk
        ]
        outcome = apply(
            changes, actor=actor, source=source, cause=cause, automation=frozenset(), trusted=True
        )
        if not outcome.ok:
            refused = [
                result for result in outcome.results if any(p.code != "undone" for p in result.problems)
            ]
            raise ModuleProblem(
                _("%(count)s records can't be changed now; the first, %(id)s: %(why)s")
                % {"count": len(refused), "id": refused[0].id, "why": refused[0].problems[0].message}
            )
    return len(ids)


def _held(field: Field, ids: list[int]) -> dict[int, Any]:
    records = read_records(module_by_key(field.module.key), ids)
    return {record_id: stored.values[field.key] for record_id, stored in records.items()}


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    size = settings.CRM_CHUNK_SIZE[connection.vendor]
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _replace_binned(value: PicklistValue, new_key: str | None, label: str, actor: User | None) -> int:
    """Records in the bin can't be edited; they are rewritten, so that a restored one has no dead value."""
    return rewrite_values(
        value.field,
        after=field_info(value.field),
        convert=lambda held: _replaced(held, value.key, new_key),
        label=label,
        actor=actor,
        now=timezone.now().replace(microsecond=0),
        binned=True,
    )


def _replace_default(value: PicklistValue, new_key: str | None) -> None:
    field = value.field
    if value.key in _as_list(field.default):
        field.default = _replaced(field.default, value.key, new_key)
        field.save(update_fields=["default"])
