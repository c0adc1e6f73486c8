"""What was changed of the configuration, by whom; and every published version. Read only."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.base import ReadOnlyPage, actor_of
from crm.documents.kinds import DOCUMENT_KINDS
from crm.documents.live import document_data
from crm.models import ConfigurationChange, DocumentVersion
from crm.visibility import has_feature

ADMIN_FEATURES = ("manage_people", "manage_modules", "manage_automation")


class Journal(ReadOnlyPage):
    """For everybody who administers something."""

    def allowed(self, request: HttpRequest) -> bool:
        return any(has_feature(actor_of(request), key) for key in ADMIN_FEATURES)


@admin.register(ConfigurationChange)
class ChangePage(Journal):
    """The business journal."""

    group, icon = "company", "history"
    list_display = ("at", "actor", "kind", "key", "what")
    list_filter = ("kind", "what", "actor")
    list_select_related = ("actor",)
    search_fields = ("key",)
    date_hierarchy = "at"
    fields = ("at", "actor", "kind", "key", "what", "generation", "difference")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    @admin.display(description=gettext_lazy("what is different"))
    def difference(self, change: ConfigurationChange) -> SafeString:
        """A line per part that differs: before and after."""
        before, after = change.before, change.after
        if not isinstance(before, dict) and not isinstance(after, dict):
            return format_html("{} → {}", before, after)
        old, new = before or {}, after or {}
        rows = [
            (name, _plain(old.get(name)), _plain(new.get(name)))
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
        return format_html_join("", "<p><b>{}</b>: {} → {}</p>", rows)


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@admin.register(DocumentVersion)
class VersionPage(Journal):
    """Every version that ever was live."""

    group, icon = "automation", "inventory_2"
    place = 90
    list_display = ("name", "kind", "key", "number", "state", "published_at", "published_by")
    list_filter = ("kind", "state")
    list_select_related = ("published_by",)
    search_fields = ("name", "key")
    fields = (
        "name", "kind", "key", "number", "state", "published_at", "published_by", "retired_at", "note",
        "words", "document",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    @admin.display(description=gettext_lazy("in plain words"))
    def words(self, version: DocumentVersion) -> SafeString:
        """What the document says, as long as what it names is still there."""
        kind = DOCUMENT_KINDS.get(version.kind)
        try:
            lines = kind.describe(document_data(version)) if kind else []
        except (KeyError, ValueError) as error:
            lines = [_("It names something that is no longer there: %s") % error]
        return format_html_join("", "<p>{}</p>", [(line,) for line in lines])

    @admin.display(description=gettext_lazy("document"))
    def document(self, version: DocumentVersion) -> SafeString:
        """The canonical text."""
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', version.text)
