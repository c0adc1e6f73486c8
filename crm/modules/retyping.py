"""Changing a field's type: every stored value is carried over, or nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.door.rewriting import rewrite_values, stored_values, value_of
from crm.fields import FIELD_TYPES, ValueProblem
from crm.models import Field, User
from crm.modules.conversions import Conversion, conversion_for, converted, plain
from crm.modules.field_editing import Choices, add_choices, locked_field, twin_of
from crm.modules.field_rules import FLAGS, WITH_CHOICES, clean_default, clean_options, clean_type
from crm.modules.indexing import drop_indexes, is_indexed
from crm.modules.journal import field_document, told
from crm.modules.loading import field_info, registry
from crm.modules.problems import InUse, ModuleProblem
from crm.modules.registry import Choice, FieldInfo
from crm.modules.usage.documents import documents_broken_by, with_field
from crm.people.problems import require_feature

SHOWN = 5


@dataclass(frozen=True)
class Trial:
    """What changing the type would do: how many values fit, and which do not."""

    fitting: int
    refused: int
    examples: Sequence[str]
    values: Sequence[str]  # the texts that are stored, for a picklist to be made of; at most 200

    @property
    def ok(self) -> bool:
        """Whether every value fits."""
        return not self.refused


def try_field_type(
    *,
    field: Field,
    type: str,  # noqa: A002 — the field's own word
    options: dict[str, Any] | None = None,
    choices: Choices = (),
) -> Trial:
    """Looks at every stored value and changes nothing; raises ModuleProblem for a type that can never be."""
    before = field_info(field)
    conversion, after = _prepared(field, before, type, options, choices)
    fitting, refused = 0, 0
    examples: list[str] = []
    values: dict[str, None] = {}
    for chunk in stored_values(field):
        for row in chunk:
            value = value_of(before, row)
            if value is None:
                continue
            if len(values) < 200:
                values[plain(value, before)] = None
            try:
                converted(conversion, value, before, after)
                fitting += 1
            except ValueProblem as problem:
                refused += 1
                if len(examples) < SHOWN:
                    examples.append(problem.message)
    return Trial(fitting, refused, examples, list(values))


def _prepared(
    field: Field, before: FieldInfo, kind: str, options: dict[str, Any] | None, choices: Choices
) -> tuple[Conversion, FieldInfo]:
    """The conversion, and the field as it will be."""
    if field.builtin or field.system:
        raise ModuleProblem(_("%s comes with Signalbox and keeps its type.") % field.label, "type")
    conversion = conversion_for(before, clean_type(kind))
    cleaned = clean_options(kind, field.options if options is None and kind == field.type else options or {})
    known = dict(before.choices) if kind in WITH_CHOICES else {}
    for choice in choices:
        key, label = (choice, choice) if isinstance(choice, str) else choice
        known[key] = Choice(key, label, {}, {}, True, False)
    return conversion, replace(before, type=FIELD_TYPES[kind], options=cleaned, choices=known)


@transaction.atomic
def change_field_type(
    *,
    field: Field,
    type: str,  # noqa: A002 — the field's own word
    actor: User | None,
    options: dict[str, Any] | None = None,
    choices: Choices = (),
) -> int:
    """Gives a custom field another type or other options; returns how many values were carried over.

    Values that do not fit, or would lose something, refuse the whole change, as do live documents that
    compare with the field. All values change in one transaction, chunk by chunk: nobody ever reads one
    of the old type with the new. A text that becomes a picklist needs all its values in `choices`.
    """
    require_feature(actor, "manage_modules")
    row = locked_field(field)
    trial = try_field_type(field=row, type=type, options=options, choices=choices)
    if not trial.ok:
        message = _("%(count)s values don't fit: %(examples)s")
        told_all = {"count": trial.refused, "examples": " ".join(trial.examples)}
        raise ModuleProblem(message % told_all, "type")
    _check_documents(row, type, options, choices)
    return _change(row, type, options, choices, actor)


def _check_documents(row: Field, kind: str, options: dict[str, Any] | None, choices: Choices) -> None:
    """Live rules whose criteria or actions would not fit the new type refuse the change."""
    info = registry().modules[row.module.key].fields.get(row.key) if row.module.active else None
    if info is not None:
        _conversion, after = _prepared(row, info, kind, options, choices)
        if broken := documents_broken_by(with_field(registry(), info, after)):
            raise InUse(broken)


def _change(
    row: Field, kind: str, options: dict[str, Any] | None, choices: Choices, actor: User | None
) -> int:
    was, before = field_document(row), field_info(row)
    old = Field.objects.select_related("module", "section").get(pk=row.pk)
    conversion, after = _prepared(row, before, kind, options, choices)
    default = row.default
    if is_indexed(row):
        drop_indexes(row)
    twin = twin_of(row) if row.type == "money" else None
    row.type, row.options, row.default = kind, dict(after.options), None
    if choices:
        add_choices(row, choices)
    row.save()
    row = Field.objects.select_related("module", "section").get(pk=row.pk)
    after = field_info(row)
    label = _("Type of “%(field)s” changed by %(who)s") % {"field": row.label, "who": actor or "-"}
    count = rewrite_values(
        old,
        after=after,
        convert=lambda value: converted(conversion, value, before, after),
        label=label,
        actor=actor,
        now=timezone.now().replace(microsecond=0),
    )
    _settle(row, default, before)
    if kind not in WITH_CHOICES:
        row.values.all().delete()
    told(row, "type changed", actor=actor, before=was, after=field_document(row) | {"records": count})
    if twin is not None:
        twin.active, twin.switched_off_at, twin.system = False, timezone.now(), False
        twin.save()
    return count


def _settle(row: Field, default: Any, before: FieldInfo) -> None:
    """The default in the new type, flags that fit it, and new indexes."""
    for flag, types in FLAGS.items():
        setattr(row, flag, getattr(row, flag) and row.type in types)
    if default is not None:
        row.default = clean_default(row, plain(before.type.parse(default, before), before))
    if is_indexed(row):
        row.ask_for_index()
    row.save()
