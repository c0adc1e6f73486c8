"""Law 1: every change of a record goes through the door. Here: nothing in the tree goes round it.

The managers and models refuse by themselves; this looks for what they can't catch.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from crm.models import CustomRecord, DoorOnlyError, Lead
from crm.models.attached import RECORD_MODELS
from crm.models.records import Record

FOLDERS = ("crm", "workflows", "approvals", "blueprints", "territories", "sandbox")
RECORDS = {model.__name__ for model in RECORD_MODELS}
TABLES = {model._meta.db_table for model in RECORD_MODELS}
# What belongs to records and is written by the door's verbs only.
BESIDE = {"History", "RecordLink", "LineItem", "Note", "Attachment"}
REFUSED = ("create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update")
WRITING = {
    *REFUSED, *(f"a{name}" for name in REFUSED), "delete", "adelete", "save", "asave", "save_base", "raw",
    "_raw_delete", "_update", "_insert", "insert_rows", "update_rows", "delete_rows",
}  # fmt: skip
SQL = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE(?:\s+TABLE)?)\s+\"?(\w+)", re.IGNORECASE
)
# The bench fills a database of its own, and measures the door against the bare writes.
ALLOWED = ("crm/bench/",)


def sources() -> Iterator[tuple[str, ast.Module]]:
    """The project's own Python outside the door and the migrations."""
    for folder in FOLDERS:
        for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*.py")):
            name = str(path.relative_to(settings.BASE_DIR))
            if "/migrations/" not in name and not name.startswith("crm/door/"):
                yield name, ast.parse(path.read_text())


def writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where a source file writes records, as far as its text tells: line and what."""
    held = _names_of_rows(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _called(node)
            if name in WRITING and _is_about_records(node, held):
                yield node.lineno, f"{name} on {ast.unparse(node)[:80]}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for table in SQL.findall(node.value):
                if table.lower() in TABLES:
                    yield node.lineno, f"SQL on {table}"


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _names_of_rows(tree: ast.AST) -> set[str]:
    """Variables that hold records or querysets of them, as far as one assignment tells."""
    held: set[str] = set()
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        value: ast.AST | None = None
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.For):
            targets, value = [node.target], node.value if isinstance(node, ast.AnnAssign) else node.iter
        if value is not None and _mentions_records(value, held):
            held |= {target.id for target in targets if isinstance(target, ast.Name)}
    return held


def _mentions_records(node: ast.AST, held: set[str]) -> bool:
    """Whether the expression is a chain that begins with a record's model, or with rows of a module."""
    while True:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("rows", "visible_to", "live_rows"):
                return True
            if isinstance(node.func, ast.Name) and node.func.id in ("visible_to", "live_rows"):
                return True
            node = node.func
        elif isinstance(node, ast.Attribute):
            if node.attr in ("first", "get", "last"):
                node = node.value
                continue
            if node.attr in RECORDS | BESIDE | {"_base_manager"}:
                return True
            node = node.value
        elif isinstance(node, ast.Name):
            return node.id in RECORDS | BESIDE or node.id in held
        else:
            return False


def _is_about_records(node: ast.Call, held: set[str]) -> bool:
    if isinstance(node.func, ast.Name):  # insert_rows(Lead, …)
        return bool(node.args) and _mentions_records(node.args[0], held)
    assert isinstance(node.func, ast.Attribute)
    return _mentions_records(node.func.value, held)


def test_nothing_writes_records_round_the_door() -> None:
    found = [
        f"{name}:{line}: {what}"
        for name, tree in sources()
        if not name.startswith(ALLOWED)
        for line, what in writes(tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "Lead.objects.create(last_name='x')",
        "Lead.objects.filter(pk=1).update(name='x')",
        "Lead.objects.filter(pk=1).delete()",
        "models.Deal._default_manager.all().bulk_create([])",
        "lead = Lead.objects.get(pk=1)\nlead.save()",
        "rows = module.rows().filter(pk=1)\nrows._raw_delete('default')",
        "for deal in Deal.objects.all():\n    deal.delete()",
        "visible_to(user, module).update(owner=None)",
        "insert_rows(Lead, ['id'], [[1]])",
        "cursor.execute('UPDATE crm_lead SET name = %s', ['x'])",
        "cursor.execute('delete from \"crm_customrecord\"')",
        "model._base_manager.filter(pk=1).update(name='x')",
        "Note.objects.create(text='x')",
        "History.objects.filter(pk=1).delete()",
    ],
)
def test_a_way_round_the_door_is_recognised(text: str) -> None:
    assert list(writes(ast.parse(text)))


@pytest.mark.parametrize(
    "text", ["Lead.objects.filter(pk=1)", "form.save()", "Profile.objects.create()", "'update us'"]
)
def test_what_is_no_way_round_is_left_alone(text: str) -> None:
    assert not list(writes(ast.parse(text)))


@pytest.mark.parametrize("model", RECORD_MODELS)
def test_models_and_managers_refuse(model: type[Record]) -> None:
    rows = model._default_manager.all()
    ways = [getattr(owner, name) for owner in (rows, model._default_manager) for name in REFUSED]
    one = model(id=1)
    ways += [rows.delete, one.save, one.delete, one.asave, one.adelete]
    for way in ways:
        with pytest.raises(DoorOnlyError):
            way()


def test_nothing_cascades_to_or_from_records() -> None:
    found = []
    for model in apps.get_models():
        for column in model._meta.get_fields():
            if not isinstance(column, models.ForeignKey):
                continue
            pair = (model, column.related_model)
            if not any(isinstance(one, type) and issubclass(one, Record) for one in pair):
                continue
            if column.remote_field.on_delete not in (models.DO_NOTHING, models.PROTECT):
                found.append(f"{model.__name__}.{column.name}")
    assert found == []


def test_every_record_model_is_watched() -> None:
    known = {model for model in apps.get_models() if issubclass(model, Record)}
    assert known == set(RECORD_MODELS)
    assert {Lead, CustomRecord} <= known
