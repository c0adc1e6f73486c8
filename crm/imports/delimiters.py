"""Finds the delimiter of a CSV file: the one that divides most rows like the heading.

Python's csv.Sniffer is not used: it takes letters for delimiters and fails on quoted line breaks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

CANDIDATES = (",", ";", "\t", "|")
ROWS = 200


def find_delimiter(sample: str, *, complete: bool) -> str:
    """The delimiter of the sample; a comma if there is only one column. `complete`: it is the whole file."""
    best, best_score = ",", (0.0, 0)
    for delimiter in CANDIDATES:
        score = _score(_rows(sample, delimiter, complete))
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(sample: str, delimiter: str, complete: bool) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            rows.append(cells)
            if len(rows) > ROWS:
                return rows[:ROWS]
    except csv.Error:
        return rows
    return rows if complete or len(rows) < 2 else rows[:-1]


def _score(rows: Sequence[list[str]]) -> tuple[float, int]:
    """The share of rows that are as wide as the heading, then its width; (0, 0) if it has one column."""
    rows = [cells for cells in rows if any(cells)]
    if not rows or len(rows[0]) < 2:
        return (0.0, 0)
    width = len(rows[0])
    alike = sum(len(cells) == width for cells in rows[1:])
    share = alike / (len(rows) - 1) if len(rows) > 1 else 1.0
    return (round(share, 1), width) if share >= 0.2 or len(rows) < 4 else (0.0, 0)
