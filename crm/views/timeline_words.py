"""The words and icons with which the timeline tells what happened."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import History

KINDS: dict[str, tuple[str, str | Promise]] = {
    "page": ("user", gettext_lazy("by hand")),
    "list": ("list", gettext_lazy("in the list")),
    "import": ("file-import", gettext_lazy("import")),
    "api": ("link", gettext_lazy("API")),
    "form": ("world", gettext_lazy("web form")),
    "admin": ("settings", gettext_lazy("admin")),
    "rule": ("bolt", gettext_lazy("rule")),
    "assignment": ("arrows-exchange", gettext_lazy("assignment rule")),
    "action": ("bolt", gettext_lazy("action")),
    "clock": ("clock", gettext_lazy("clock")),
    "system": ("settings", gettext_lazy("system")),
}

WORDS: dict[str, str | Promise] = {
    "create": gettext_lazy("created this record"),
    "edit": gettext_lazy("changed"),
    "bin": gettext_lazy("moved this record to the bin"),
    "restore": gettext_lazy("brought this record back"),
    "note": gettext_lazy("wrote a note"),
    "file": gettext_lazy("added a file"),
    "share": gettext_lazy("changed who shares this record"),
    "merge": gettext_lazy("merged this record with another"),
    "convert": gettext_lazy("converted this record"),
    "report": gettext_lazy("reported"),
}
ENTRY_ICONS = {
    "create": "plus", "note": "note", "file": "paperclip", "bin": "trash", "restore": "restore",
    "share": "share", "merge": "git-merge", "convert": "arrows-exchange", "report": "alert-triangle",
}  # fmt: skip


def what_happened(row: History) -> str:
    """What was done, as words after a name."""
    key = {"note": "+note", "file": "+file"}.get(row.kind, "")
    before, after = (row.changes.get(key) or [None, None])[:2]
    if key and after is None:
        return _("deleted a note") if row.kind == History.Kind.NOTE else _("took a file away")
    if key and before is not None:
        return _("changed a note")
    return str(WORDS.get(row.kind, row.get_kind_display()))


def told_text(row: History) -> str:
    """The beginning of the note, or the name of the file, that the row tells of."""
    for key in ("+note", "+file"):
        told = (row.changes.get(key) or [None, None])[1]
        if told:
            return str(told.get("text") or told.get("name") or "")
    return ""
