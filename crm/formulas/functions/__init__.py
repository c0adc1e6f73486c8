"""The functions and operators of formulas, by subject."""

from crm.formulas.functions import logic, numbers, texts, times
from crm.formulas.functions.base import FUNCTIONS, OPERATORS, Function

__all__ = ["FUNCTIONS", "OPERATORS", "Function", "logic", "numbers", "texts", "times"]
