"""Criteria: conditions on records, written once as data, compiled to a predicate and to SQL that agree.

See docs/criteria.md for the language, what values mean and the truth table.
"""

from crm.criteria.base import (
    Context,
    CriteriaProblems,
    DictRow,
    Explanation,
    Line,
    Problem,
    Row,
    Test,
)
from crm.criteria.compile import compile_criteria
from crm.criteria.criteria import Criteria
from crm.criteria.editor import Offer, operators_for
from crm.criteria.linked import load_linked_values
from crm.criteria.operators import NotInSql
from crm.criteria.text import Folded, fold
from crm.criteria.virtual import VirtualField, register_virtual_field, virtual_fields

__all__ = [
    "Context", "Criteria", "CriteriaProblems", "DictRow", "Explanation", "Folded", "Line", "NotInSql",
    "Offer", "Problem", "Row", "Test", "VirtualField", "compile_criteria", "fold", "load_linked_values",
    "operators_for", "register_virtual_field", "virtual_fields",
]  # fmt: skip
