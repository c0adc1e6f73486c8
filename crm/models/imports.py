"""What imports keep beside their job: what was seen in the file, waiting links, mappings for next time."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from crm.models.jobs import Job


class ImportLook(models.Model):
    """What a file's rows say: how many, and by column its kind, formats and different values.

    Of a very big file only the first rows are looked at; it is then not `complete`.
    """

    job = models.OneToOneField(Job, models.CASCADE, related_name="look", primary_key=True)
    rows = models.BigIntegerField()
    complete = models.BooleanField(default=True)
    unreadable = models.JSONField(default=dict)
    columns = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.job_id}: {self.rows}"


class ImportLink(models.Model):
    """A row that went in while what it links to may come later in the same file."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="import_links", db_index=False)
    place = models.BigIntegerField()
    line = models.BigIntegerField()
    record_id = models.BigIntegerField()
    links = models.JSONField()
    cells = models.JSONField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["job", "id"], name="link_of_import")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.place}"


class ImportMapping(models.Model):
    """What somebody chose for files with these headings; `headings` is their digest."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    headings = models.CharField(max_length=64)
    wishes = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "module", "headings"], name="one_mapping_per_headings")
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.headings[:8]}"
