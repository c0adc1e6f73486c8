"""Everything about an import that is decided before its first row goes in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from crm.documents.live import document_data
from crm.documents.publishing import live_version
from crm.fields import ValueProblem
from crm.imports.analysis import ColumnEvidence, analyse
from crm.imports.duplicates import KeyFields, OnDuplicate
from crm.imports.linked import LinkedRecords
from crm.imports.mapping import (
    ColumnPlan,
    Wishes,
    check_required,
    check_wishes,
    for_column,
    plan_columns,
)
from crm.imports.newfields import create_missing_fields
from crm.imports.people import PeopleByName
from crm.imports.problems import ImportProblem
from crm.imports.reader import Table
from crm.imports.values import CellValues, cell_values, needs_a_look
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.visibility import can


@dataclass(frozen=True)
class Options:
    """How an import is to run. `automation` None means all stages; `actor` None is the system itself."""

    actor: User | None = None
    owner: User | None = None
    assignment: str | None = None
    automation: frozenset[str] | None = None
    keys: tuple[str, ...] = ()
    duplicates: OnDuplicate = OnDuplicate.CREATE
    create_fields: bool = False
    errors: Path | None = None


@dataclass(frozen=True)
class LinkColumn:
    """A column whose cells name records."""

    cells: CellValues
    info: FieldInfo
    records: LinkedRecords
    own_module: bool

    @property
    def column(self) -> str:
        """The column's name."""
        return self.cells.plan.column


@dataclass(frozen=True)
class ImportPlan:
    """A checked import, ready to run."""

    module: ModuleInfo
    tables: tuple[Table, ...]
    options: Options
    plain: tuple[CellValues, ...]
    links: tuple[LinkColumn, ...]
    constants: dict[str, Any]
    keys: KeyFields | None
    created_fields: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> dict[str, list[str]]:
        """The fields that each column of the file fills."""
        filled: dict[str, list[str]] = {name: [] for name in self.tables[0].columns}
        for cells in (*self.plain, *(link.cells for link in self.links)):
            filled[cells.plan.column].append(cells.plan.info.key)
        return filled


def plan_import(
    module_key: str, tables: Sequence[Table], wishes: Wishes, options: Options, *, partial: bool = False
) -> ImportPlan:
    """Checks what is asked against file and module; raises ImportProblem. Makes fields only if asked to.

    `partial` allows that no column fills a required field, as when only existing records are updated.
    """
    module = _module(module_key)
    _check_actor(module, options)
    columns = _same_columns(tables)
    check_wishes(wishes, columns)
    plans = plan_columns(wishes, columns, module)
    filled = {plan.info.key for plan in plans} | set(wishes.constants)
    if options.duplicates is not OnDuplicate.UPDATE and not partial:
        check_required(module, filled)
    constants = _constants(module, wishes)
    known: dict[str, ColumnEvidence] = {}
    made: dict[str, str] = {}
    if options.create_fields:
        unplanned = _unplanned(columns, plans, wishes)
        known = analyse(tables, unplanned, _empties(unplanned, wishes))
        made = create_missing_fields(module, known, actor=options.actor)
        module = _module(module_key)
        wishes = replace(wishes, columns={**wishes.columns, **{name: (key,) for name, key in made.items()}})
        plans = plan_columns(wishes, columns, module)
    if not plans:
        raise ImportProblem(
            _("No column fills any field. The columns are: %s.") % ", ".join(columns), "no_columns"
        )
    filled |= set(made.values())
    keys = KeyFields.of(module, options.keys, filled, options.actor) if options.keys else None
    if options.duplicates is not OnDuplicate.CREATE and keys is None:
        raise ImportProblem(_("Duplicates can only be found by a key."), "mapping")
    looked_at = [plan.column for plan in plans if needs_a_look(plan, wishes) and plan.column not in known]
    known |= analyse(tables, looked_at, _empties(looked_at, wishes))
    plain, links = _cells(plans, wishes, known, module, options)
    return ImportPlan(module, tuple(tables), options, plain, links, constants, keys, tuple(made.values()))


def _module(key: str) -> ModuleInfo:
    found = registry().modules.get(key)
    if found is None:
        known = ", ".join(registry().modules)
        told = {"module": key, "known": known}
        raise ImportProblem(
            _("There is no module “%(module)s”. There are: %(known)s.") % told, "unknown_module"
        )
    return found


def _check_actor(module: ModuleInfo, options: Options) -> None:
    if options.actor is not None and not can(options.actor, "import", module):
        raise ImportProblem(_("Your profile does not allow to import %s.") % module.label_plural, "forbidden")
    if options.owner is not None and not options.owner.is_active:
        raise ImportProblem(_("“%s” is no longer active.") % options.owner, "inactive_person")
    if options.assignment is not None:
        version = live_version("assignment", options.assignment)
        if version is None or document_data(version).get("module") != module.key:
            told = {"module": module.label_plural, "key": options.assignment}
            raise ImportProblem(
                _("There is no live assignment rule “%(key)s” for %(module)s.") % told, "assignment"
            )


def _same_columns(tables: Sequence[Table]) -> tuple[str, ...]:
    for table in tables[1:]:
        if table.columns != tables[0].columns:
            told = {"one": tables[0].path.name, "two": table.path.name}
            raise ImportProblem(
                _("%(one)s and %(two)s don't have the same columns.") % told, "unknown_column"
            )
    return tables[0].columns


def _unplanned(columns: Iterable[str], plans: Iterable[ColumnPlan], wishes: Wishes) -> list[str]:
    planned = {plan.column for plan in plans}
    return [name for name in columns if name not in planned and name not in wishes.columns]


def _empties(columns: Iterable[str], wishes: Wishes) -> dict[str, frozenset[str]]:
    return {name: for_column(wishes.empty, name) or frozenset() for name in columns}


def _constants(module: ModuleInfo, wishes: Wishes) -> dict[str, Any]:
    constants: dict[str, Any] = {}
    people = PeopleByName.read() if wishes.constants else PeopleByName()
    named = Wishes(columns={key: (key,) for key in wishes.constants}, by_name=False)
    for plan in plan_columns(named, tuple(wishes.constants), module):
        text = wishes.constants[plan.column]
        try:
            value = cell_values(plan, Wishes(), None, people).value(text)
            constants[plan.info.key] = plan.info.type.clean(value, plan.info)
        except ValueProblem as problem:
            raise ImportProblem(f"{plan.info.label}: {problem.message}", problem.code) from None
    return constants


def _cells(
    plans: Iterable[ColumnPlan],
    wishes: Wishes,
    known: dict[str, ColumnEvidence],
    module: ModuleInfo,
    options: Options,
) -> tuple[tuple[CellValues, ...], tuple[LinkColumn, ...]]:
    people = PeopleByName.read()
    plain, links = [], []
    for plan in plans:
        cells = cell_values(plan, wishes, known.get(plan.column), people)
        if plan.info.type.family != "link":
            plain.append(cells)
            continue
        target = _module(plan.info.target or "")
        records = LinkedRecords.by(target, plan.by, options.actor)
        links.append(LinkColumn(cells, plan.info, records, target.key == module.key))
    return tuple(plain), tuple(links)
