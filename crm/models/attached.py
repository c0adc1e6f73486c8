"""What hangs on a record of any module: line items, notes, files, shares and notifications."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from crm.models.columns import link_indexes
from crm.models.paper import Invoice, Quote
from crm.models.records import Cause, CustomRecord, Record
from crm.models.sales import Account, Campaign, Contact, Deal, Lead, Product
from crm.models.service import Case, Task


class LineItem(models.Model):
    """A line of a quote or invoice as a row: the door repeats the record's `lines` here, for queries."""

    record_id = models.BigIntegerField()
    module = models.CharField(max_length=60)
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.DO_NOTHING, null=True, related_name="+", db_index=False)
    text = models.CharField(max_length=255)
    quantity = models.DecimalField(max_digits=15, decimal_places=4)
    price = models.DecimalField(max_digits=15, decimal_places=2)
    discount = models.DecimalField(max_digits=5, decimal_places=2)
    tax = models.DecimalField(max_digits=5, decimal_places=2)
    net = models.DecimalField(max_digits=15, decimal_places=2)
    total = models.DecimalField(max_digits=15, decimal_places=2)

    class Meta:
        ordering = ["record_id", "position"]
        indexes = link_indexes("product")
        constraints = [
            models.UniqueConstraint(fields=["record_id", "position"], name="one_line_per_position")
        ]

    def __str__(self) -> str:
        return self.text


class Note(models.Model):
    """A note on a record."""

    record_id = models.BigIntegerField()
    module = models.CharField(max_length=60)
    text = models.TextField()
    at = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_id", "-id"], name="note_of_record")]

    def __str__(self) -> str:
        return self.text[:60]


class Attachment(models.Model):
    """A file on a record; served only to those who may see the record."""

    record_id = models.BigIntegerField()
    module = models.CharField(max_length=60)
    file = models.FileField(upload_to="attachments/%Y/%m/")
    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=120)
    at = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["record_id", "-id"], name="file_of_record")]

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """A message to one person, shown under the bell; about a record, about a job, or about neither."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", db_index=False
    )
    text = models.CharField(max_length=500)
    record_id = models.BigIntegerField(null=True)
    module = models.CharField(max_length=60, null=True)
    job = models.ForeignKey("crm.Job", models.CASCADE, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"], name="notification_of_user")]
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=models.Q(job__isnull=False), name="one_message_per_job"
            )
        ]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")

    def __str__(self) -> str:
        return self.text


RECORD_MODELS: tuple[type[Record], ...] = (
    Lead, Account, Contact, Deal, Product, Quote, Invoice, Campaign, Case, Task, CustomRecord,
)  # fmt: skip


def _share_model(base: type[models.Model], record: type[Record], suffix: str) -> type[Any]:
    """A guardian table that shares records of one model, with a real foreign key to it."""
    column = models.ForeignKey(record, models.DO_NOTHING, related_name=f"{suffix.lower()}s")
    name = f"{record.__name__}{suffix}"
    return type(name, (base,), {"__module__": __name__, "content_object": column})


USER_SHARES: dict[type[Record], type[Any]] = {
    model: _share_model(UserObjectPermissionBase, model, "UserShare") for model in RECORD_MODELS
}
GROUP_SHARES: dict[type[Record], type[Any]] = {
    model: _share_model(GroupObjectPermissionBase, model, "GroupShare") for model in RECORD_MODELS
}

for _model in (*USER_SHARES.values(), *GROUP_SHARES.values()):
    globals()[_model.__name__] = _model
