"""Columns of the built-in modules: a Django field together with what Signalbox knows of it.

Each function returns an ordinary Django field that carries a `Spec`; the registry reads it, so that a
built-in field is declared in one place. An empty value is always NULL, never an empty text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.functional import Promise

Label = str | Promise
Choice = tuple[str, Label] | tuple[str, Label, dict[str, Any]]


@dataclass(frozen=True)
class Spec:
    """What the registry says of a built-in field, beside its column."""

    label: Label
    type: str
    section: str = "details"
    required: bool = False
    system: bool = False
    searched: bool = False
    sorted: bool = False
    default: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    choices: Sequence[Choice] = ()


def with_spec(column: Any, spec: Spec) -> Any:
    """The column, carrying its spec."""
    column.spec = spec
    return column


def text(label: Label, *, length: int = 255, kind: str = "text", **spec: Any) -> Any:
    """One line of text; `kind` is text, email, phone or url."""
    column = models.CharField(max_length=length, null=True, blank=True)
    return with_spec(column, Spec(label, kind, options={"length": length}, **spec))


def long_text(label: Label, **spec: Any) -> Any:
    """Text of several lines."""
    return with_spec(models.TextField(null=True, blank=True), Spec(label, "long_text", **spec))


def integer(label: Label, **spec: Any) -> Any:
    """A whole number of at most 15 digits."""
    return with_spec(models.BigIntegerField(null=True, blank=True), Spec(label, "integer", **spec))


def decimal(label: Label, *, scale: int = 2, kind: str = "decimal", **spec: Any) -> Any:
    """A decimal of at most 15 digits, `scale` of them after the point; `kind` is decimal or percent."""
    column = models.DecimalField(max_digits=15, decimal_places=scale, null=True, blank=True)
    return with_spec(column, Spec(label, kind, options={"scale": scale}, **spec))


def money(label: Label, **spec: Any) -> Any:
    """An amount in the record's currency; its twin, made by `base_money`, is in the company's."""
    column = models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True)
    return with_spec(column, Spec(label, "money", options={"scale": 2}, **spec))


def base_money(label: Label, of: str, **spec: Any) -> Any:
    """The amount of field `of` in the company's currency, kept by the system."""
    column = models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True)
    options = {"scale": 2, "base_of": of}
    return with_spec(column, Spec(label, "decimal", system=True, options=options, **spec))


def day(label: Label, **spec: Any) -> Any:
    """A date."""
    return with_spec(models.DateField(null=True, blank=True), Spec(label, "date", **spec))


def moment(label: Label, **spec: Any) -> Any:
    """A date and time, to the second."""
    return with_spec(models.DateTimeField(null=True, blank=True), Spec(label, "datetime", **spec))


def flag(label: Label, *, default: bool = False, **spec: Any) -> Any:
    """Yes or no, never empty."""
    column = models.BooleanField(default=default, db_default=default)
    return with_spec(column, Spec(label, "boolean", default=default, **spec))


def picklist(label: Label, choices: Sequence[Choice], **spec: Any) -> Any:
    """One of a list of choices; the column holds the choice's key."""
    column = models.CharField(max_length=100, null=True, blank=True)
    return with_spec(column, Spec(label, "picklist", choices=choices, **spec))


def user(label: Label, **spec: Any) -> Any:
    """A person."""
    column = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    return with_spec(column, Spec(label, "user", **spec))


def link(label: Label, model: str, module: str, **spec: Any) -> Any:
    """A link to a record of another built-in module; the database never follows it to delete anything."""
    column = models.ForeignKey(
        model, models.DO_NOTHING, null=True, blank=True, related_name="+", db_index=False
    )
    return with_spec(column, Spec(label, "link", options={"module": module}, **spec))


def link_indexes(*keys: str) -> list[models.Index]:
    """For each link of a model, an index of the records that have one.

    Whenever a record is deleted for good, the database makes sure that no row points at it any more, and
    would read whole tables to see that.
    """
    return [
        models.Index(fields=[key], condition=models.Q(**{f"{key}__isnull": False}), name=f"%(class)s_{key}")
        for key in keys
    ]
