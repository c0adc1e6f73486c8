"""Makes custom fields for columns of a file that no field fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from crm.imports.analysis import ColumnEvidence
from crm.imports.problems import ImportProblem
from crm.models import Module, User
from crm.modules.field_editing import create_field
from crm.modules.problems import ModuleProblem
from crm.modules.registry import ModuleInfo

LABEL_LENGTH = 120


@dataclass(frozen=True)
class NewField:
    """The field that a column needs."""

    column: str
    kind: str
    options: Mapping[str, int]
    choices: Sequence[str] = ()


def create_missing_fields(
    module: ModuleInfo, columns: Mapping[str, ColumnEvidence], *, actor: User | None
) -> dict[str, str]:
    """Makes a field for each column, of the type that its values need; gives the fields' keys by column."""
    new = []
    for column, evidence in columns.items():
        kind, options = evidence.field_type()
        new.append(NewField(column, kind, options, sorted(evidence.distinct or ())))
    return create_fields(Module.objects.get(key=module.key), new, actor=actor)


def create_fields(module: Module, new: Iterable[NewField], *, actor: User | None) -> dict[str, str]:
    """Makes these fields; gives their keys by column."""
    return {wanted.column: _create(module, wanted, actor) for wanted in new}


def _create(module: Module, new: NewField, actor: User | None) -> str:
    try:
        field = create_field(
            module=module,
            label=new.column[:LABEL_LENGTH],
            type=new.kind,
            actor=actor,
            options=dict(new.options),
            choices=tuple(new.choices) if new.kind == "picklist" else (),
        )
    except PermissionDenied:
        raise ImportProblem(_("Your profile does not allow to make fields."), "forbidden") from None
    except ModuleProblem as problem:
        raise ImportProblem(f"{new.column}: {problem}", "new_field") from None
    return field.key
