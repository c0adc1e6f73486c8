"""Who took which records out, and by which filter. Read only."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.base import ReadOnlyPage
from crm.models import ExportEntry
from crm.modules.loading import registry


@admin.register(ExportEntry)
class ExportPage(ReadOnlyPage):
    """For who manages people: it tells what each of them did."""

    feature = "manage_people"
    group, icon = "company", "download"
    place = 60
    list_display = ("at", "person", "module_name", "what", "rows", "format", "outcome")
    list_filter = ("person", "module", "format")
    list_select_related = ("person",)
    search_fields = ("words", "search", "view")
    date_hierarchy = "at"
    fields = (
        "at", "person", "module_name", "view", "words", "search", "columns", "rows", "format",
        "finished_at", "outcome",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def journal_key(self, obj: ExportEntry) -> str:
        return obj.module

    @admin.display(description=gettext_lazy("module"), ordering="module")
    def module_name(self, entry: ExportEntry) -> str:
        """Its name as it is now, or its key if it is no longer there."""
        module = registry().modules.get(entry.module)
        return module.label_plural if module else entry.module

    @admin.display(description=gettext_lazy("view and filter"))
    def what(self, entry: ExportEntry) -> str:
        """What chose the records, in words."""
        search = _("search “%s”") % entry.search if entry.search else ""
        return " · ".join(part for part in (entry.view, entry.words, search) if part)

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, entry: ExportEntry) -> str:
        """Whether the whole file was made."""
        if entry.finished_at is None:
            return _("not finished")
        return _("whole") if entry.is_whole else _("broken off")
