"""Positive conditions are written so that an index on the column, or on the same expression, is used."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models.sql import Query

from crm.criteria import Context, compile_criteria
from crm.criteria.sources import source_of
from crm.modules.loading import module


def plan(module_key: str, field: str, operator: str, value: object, context: Context) -> str:
    """How the database finds the rows, with an index on what the field is compared by."""
    info = module(module_key)
    rows = Query(info.model, alias_cols=False)
    expression = source_of(info.field(field)).native("").resolve_expression(rows)
    indexed, parameters = rows.get_compiler(connection=connection).compile(expression)
    assert not parameters
    data = {"conditions": [{"field": field, "operator": operator, "value": value}]}
    query = info.model._default_manager.filter(compile_criteria(data, info).q(context)).order_by()
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX the_index ON {info.model._meta.db_table} (({indexed}))".replace("%%", "%")
        )
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    return query.explain()


@pytest.mark.parametrize(
    ("module_key", "field", "operator", "value"),
    [
        ("deals", "stage", "is", "won"),
        ("deals", "stage", "is_any_of", ["won", "lost"]),
        ("deals", "amount", "greater", "100"),
        ("deals", "amount", "is", "100"),
        ("deals", "close_date", "before", "2024-05-15"),
        ("deals", "created_at", "today", None),
        ("deals", "account", "is", 5),
        ("deals", "owner", "is", {"current_user": True}),
        ("deals", "name", "is", "Ada"),
        ("machines", "name", "is_any_of", ["Ada", "Ben"]),
        ("machines", "x_text", "is", "Ada"),
        ("machines", "x_picklist", "is", "red"),
        ("machines", "x_decimal", "greater", "100"),
        ("machines", "x_decimal", "between", ["1", "2"]),
        ("machines", "x_date", "is", "2024-05-15"),
        ("machines", "x_datetime", "today", None),
        ("machines", "x_user", "is", {"current_user": True}),
        ("machines", "site", "is_any_of", [5, 6]),
    ],
)
def test_an_index_is_used(
    context: Context, module_key: str, field: str, operator: str, value: object
) -> None:
    found = plan(module_key, field, operator, value, context)
    assert "the_index" in found or "deal_account" in found, found  # the model's own does as well


@pytest.mark.postgres
def test_an_inner_join_is_possible_where_a_linked_field_must_have_a_value(context: Context) -> None:
    data = {"conditions": [{"field": "account.industry", "operator": "is", "value": "retail"}]}
    info = module("deals")
    found = info.rows().filter(compile_criteria(data, info).q(context)).order_by().explain()
    assert "Left Join" not in found
