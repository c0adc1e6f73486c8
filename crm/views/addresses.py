"""Parts of addresses."""

from __future__ import annotations


class RecordId:
    """A number that fits into a record's id."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Its digits."""
        return str(value)
