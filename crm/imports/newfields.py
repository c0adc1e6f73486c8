"""Makes custom fields for columns of a file that no field fits."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from crm.imports.analysis import ColumnEvidence
from crm.imports.problems import ImportProblem
from crm.models import Module, User
from crm.modules.field_editing import create_field
from crm.modules.problems import ModuleProblem
from crm.modules.registry import ModuleInfo

LABEL_LENGTH = 120


def create_missing_fields(
    module: ModuleInfo, columns: Mapping[str, ColumnEvidence], *, actor: User | None
) -> dict[str, str]:
    """Makes a field for each column, of the type that its values need; gives the fields' keys by column."""
    row = Module.objects.get(key=module.key)
    return {column: _create(row, column, evidence, actor) for column, evidence in columns.items()}


def _create(module: Module, column: str, evidence: ColumnEvidence, actor: User | None) -> str:
    kind, options = evidence.field_type()
    choices = sorted(evidence.distinct or ()) if kind == "picklist" else ()
    try:
        field = create_field(
            module=module,
            label=column[:LABEL_LENGTH],
            type=kind,
            actor=actor,
            options=dict(options),
            choices=choices,
        )
    except PermissionDenied:
        raise ImportProblem(_("Your profile does not allow to make fields."), "forbidden") from None
    except ModuleProblem as problem:
        raise ImportProblem(f"{column}: {problem}", "new_field") from None
    return field.key
