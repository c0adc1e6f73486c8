"""The journal of exports: who took which records out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.people import User


class ExportEntry(models.Model):
    """One file of records: written when it begins, and again when it ends.

    Without `finished_at` the server stopped in between; `is_whole` is not set where the download was broken
    off, and `rows` says how many records had been made by then.
    """

    at = models.DateTimeField(_("time"), db_index=True)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name=_("person"))
    module = models.CharField(_("module"), max_length=60)
    format = models.CharField(_("format"), max_length=10)
    view = models.CharField(_("view"), max_length=120)
    words = models.TextField(_("filter"), blank=True)
    search = models.CharField(_("search"), max_length=100, blank=True)
    columns = models.TextField(_("columns"))
    rows = models.PositiveIntegerField(_("records"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)
    is_whole = models.BooleanField(_("whole"), default=False)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.module}"
