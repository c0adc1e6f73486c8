"""Looks through a whole file once for what only whole columns tell: formats, and kinds of values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crm.imports.dates import DateEvidence
from crm.imports.numbers import NumberEvidence
from crm.imports.reader import Table

FEW = 100  # a picklist made from a column has at most so many values
CHOICE_LENGTH = 100
LINE_LENGTH = 255
YES_OR_NO = ({"yes", "no"}, {"true", "false"}, {"0", "1"})
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,14})")


@dataclass(slots=True)
class ColumnEvidence:
    """What a column's values say about its kind; values that count as empty are not looked at."""

    empty_values: frozenset[str] = frozenset()
    values: int = 0
    blanks: int = 0
    looked_at: int = 0
    whole: int = 0
    longest: int = 0
    several_lines: bool = False
    distinct: dict[str, None] | None = field(default_factory=dict)
    dates: DateEvidence = field(default_factory=DateEvidence)
    numbers: NumberEvidence = field(default_factory=NumberEvidence)

    def add(self, cell: str) -> None:
        """Looks at one cell; a value that was seen before says nothing new."""
        text = cell.strip()
        if not text or text in self.empty_values:
            self.blanks += 1
            return
        self.values += 1
        if self.distinct is not None:
            if text in self.distinct:
                return
            self.distinct[text] = None
            if len(self.distinct) > FEW:
                self.distinct = None
        self.looked_at += 1
        self.whole += bool(_WHOLE.fullmatch(text))
        self.longest = max(self.longest, len(text))
        self.several_lines = self.several_lines or "\n" in text
        self.dates.add(text)
        self.numbers.add(text)

    def field_type(self) -> tuple[str, dict[str, int]]:
        """The field type that holds all these values without loss, and its options."""
        if self._is_yes_or_no():
            return "boolean", {}
        if self.values and self.whole == self.looked_at:
            return "integer", {}
        numbers = self.numbers
        if numbers.numbers == self.looked_at and 0 < numbers.places <= 6 and numbers.decimal() is not None:
            return "decimal", {"scale": max(numbers.places, 2)}
        if self.dates.all_dates and self.dates.format() is not None:
            return "date", {}
        if self.distinct and self.values >= 2 * len(self.distinct) and self.longest <= CHOICE_LENGTH:
            return "picklist", {}
        return ("long_text" if self.several_lines or self.longest > LINE_LENGTH else "text"), {}

    def _is_yes_or_no(self) -> bool:
        words = {text.lower() for text in self.distinct or ()}
        told = bool(words) and not self.blanks and any(words <= pair for pair in YES_OR_NO)
        return told and words not in ({"0"}, {"1"})


def analyse(
    tables: Sequence[Table], columns: Iterable[str], empty: dict[str, frozenset[str]]
) -> dict[str, ColumnEvidence]:
    """What the files' values say about these columns; reads every file once, in constant memory."""
    found = {column: ColumnEvidence(empty.get(column, frozenset())) for column in columns}
    for table in tables if found else ():
        places = [(table.columns.index(column), evidence.add) for column, evidence in found.items()]
        for row in table.rows():
            if row.problem is None:
                for place, add in places:
                    add(row.cells[place])
    return found
