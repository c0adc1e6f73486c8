"""Formulas: values worked out of a record's fields, with one meaning in the process and in SQL.

See docs/user/formulas.md for the language, its functions and what happens to empty values.
"""

from crm.formulas.base import FormulaProblem, FormulaProblems
from crm.formulas.formula import Formula, compile_formula
from crm.formulas.virtual import register_formula_field

__all__ = ["Formula", "FormulaProblem", "FormulaProblems", "compile_formula", "register_formula_field"]
