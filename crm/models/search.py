"""What records are found by: a folded text for each live record of every module."""

from __future__ import annotations

from typing import Any

from django.db import models


class Grams(models.Field):  # type: ignore[type-arg]  # no such class at run time
    """The pieces of words in a text, as the database's index takes them; only the door writes them.

    PostgreSQL's index is over the numbers of an array; SQLite's full-text index copies words by trigger.
    """

    def db_type(self, connection: Any) -> str:
        return "integer[]" if connection.vendor == "postgresql" else "text"


class SearchText(models.Model):
    """The search text of a record that is not in the bin; `id` is the record's."""

    id = models.BigIntegerField(primary_key=True)
    module = models.CharField(max_length=60)
    text = models.TextField()
    grams = Grams()

    def __str__(self) -> str:
        return f"{self.module} {self.id}"


class SearchBuild(models.Model):
    """How far the texts of a module have been made.

    `signature` says of what they are made; `last_id` is the last record that was looked at, and empty when
    all of them were.
    """

    module = models.CharField(max_length=60, primary_key=True)
    signature = models.CharField(max_length=32)
    last_id = models.BigIntegerField(null=True, default=0)

    def __str__(self) -> str:
        return self.module
