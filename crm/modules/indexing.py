"""Fields and their indexes: asked for here, built by the job, dropped at once where they would lie."""

from __future__ import annotations

from django.db import connection

from crm.models import Field
from crm.modules.field_rules import FLAGS
from crm.modules.loading import field_info, module_info


def is_indexed(field: Field) -> bool:
    """Whether one of the field's flags needs an index."""
    return any(getattr(field, flag) for flag in FLAGS)


def drop_indexes(field: Field) -> None:
    """Drops the field's indexes in this transaction; the caller saves the field.

    An index over values of the old type would refuse those of the new one, and a unique one over a
    field that is switched off would refuse records for a reason that nobody sees.
    """
    from crm.visibility.indexes import index_statements

    with connection.cursor() as cursor:
        for statements in index_statements(module_info(field.module), field_info(field)).values():
            cursor.execute(statements.drop)
    field.ask_for_index()
    field.index_dropped()
