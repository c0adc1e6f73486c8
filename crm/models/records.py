"""What every record of every module has; saving and deleting go through the door only."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.columns import Spec, text, user, with_spec


class DoorOnlyError(RuntimeError):
    """Somebody tried to write a record without `crm.door`."""


def _refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise DoorOnlyError("Records are written through crm.door.apply only.")


class RecordQuerySet(models.QuerySet[Any]):
    """Reads records; every way of writing is refused."""

    create = get_or_create = update_or_create = bulk_create = bulk_update = _refuse
    update = delete = _refuse

    def live(self) -> RecordQuerySet:
        """Records that are not in the bin."""
        return self.filter(binned_at__isnull=True)


class Record(models.Model):
    """The columns of a record: built-in modules add their own, custom fields live in `custom`."""

    id = models.BigIntegerField(primary_key=True, editable=False)
    name = text(_("Name"), required=True, searched=True, sorted=True, section="details")
    owner = user(_("Owner"), sorted=True, section="details")
    currency = text(_("Currency"), length=3, kind="currency", section="details")
    rate = with_spec(
        models.DecimalField(max_digits=15, decimal_places=6, null=True),
        Spec(_("Exchange rate"), "decimal", section="system", system=True, options={"scale": 6}),
    )
    tags = with_spec(models.JSONField(default=list), Spec(_("Tags"), "tags", section="details"))
    created_at = with_spec(
        models.DateTimeField(), Spec(_("Created"), "datetime", section="system", system=True, sorted=True)
    )
    created_by = user(_("Created by"), section="system", system=True)
    modified_at = with_spec(
        models.DateTimeField(), Spec(_("Changed"), "datetime", section="system", system=True, sorted=True)
    )
    modified_by = user(_("Changed by"), section="system", system=True)
    custom = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    binned_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = RecordQuerySet.as_manager()

    save = delete = _refuse
    asave = adelete = _refuse

    class Meta:
        abstract = True
        ordering = ["-id"]
        default_manager_name = "objects"
        indexes = [
            models.Index(
                fields=["owner", "-id"],
                condition=models.Q(binned_at__isnull=True),
                name="%(class)s_owner",
            ),
            models.Index(
                fields=["-binned_at"], condition=models.Q(binned_at__isnull=False), name="%(class)s_bin"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name or self.id)


class CustomRecord(Record):
    """A record of a module that the company made; all its own fields are in `custom`."""

    module = models.CharField(max_length=60)

    class Meta(Record.Meta):
        indexes = [
            models.Index(
                fields=["module", "owner", "-id"],
                condition=models.Q(binned_at__isnull=True),
                name="customrecord_owner",
            ),
            models.Index(
                fields=["module", "-id"],
                condition=models.Q(binned_at__isnull=True),
                name="customrecord_recent",
            ),
            models.Index(
                fields=["module", "-binned_at"],
                condition=models.Q(binned_at__isnull=False),
                name="customrecord_bin",
            ),
        ]


class RecordIdCounter(models.Model):
    """The last record id given out, on databases without sequences; one row."""

    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)


class RecordLink(models.Model):
    """A link from one record's field to another record: for related lists, criteria and delete checks."""

    from_module = models.CharField(max_length=60)
    from_id = models.BigIntegerField()
    field = models.CharField(max_length=60)
    to_module = models.CharField(max_length=60)
    to_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["to_id", "from_module", "field", "-from_id"], name="link_backward"),
        ]
        constraints = [models.UniqueConstraint(fields=["from_id", "field"], name="one_link_per_field")]

    def __str__(self) -> str:
        return f"{self.from_id}.{self.field} -> {self.to_id}"


class Cause(models.Model):
    """What made a change: one row per batch (a person, an import, the clock) and per rule in it.

    `root` is the first cause of the chain; the first one has none.
    """

    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="effects")
    root = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=30)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    label = models.CharField(max_length=255)
    document = models.ForeignKey("crm.DocumentVersion", models.PROTECT, null=True, related_name="+")
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label


class History(models.Model):
    """One row per record and change; never changed afterwards.

    `changes` is `{field: [before, after, cause id or null]}` in stored form; null means the row's cause.
    """

    class Kind(models.TextChoices):
        CREATE = "create", _("created")
        EDIT = "edit", _("edited")
        BIN = "bin", _("moved to the bin")
        RESTORE = "restore", _("restored")
        PURGE = "purge", _("deleted for good")
        MERGE = "merge", _("merged")
        CONVERT = "convert", _("converted")
        NOTE = "note", _("note")
        FILE = "file", _("file")
        SHARE = "share", _("shared")
        REPORT = "report", _("reported")

    id = models.BigAutoField(primary_key=True)
    record_id = models.BigIntegerField()
    module = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="+")
    generation = models.BigIntegerField()
    version = models.PositiveIntegerField()
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_id", "-id"], name="history_of_record")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.kind} {self.at:%Y-%m-%d %H:%M}"
