"""The words and icons with which the timeline tells what happened."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.fields.numbers import babel_locale
from crm.models import History
from crm.modules.registry import ModuleInfo

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
    "undo": ("arrow-back-up", gettext_lazy("undo")),
    "unsubscribe": ("mail", gettext_lazy("link in an e-mail")),
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
    "report": gettext_lazy("set off something that could not be done"),
}
ENTRY_ICONS = {
    "create": "plus", "note": "note", "file": "paperclip", "bin": "trash", "restore": "restore",
    "share": "share", "merge": "git-merge", "convert": "arrows-exchange", "report": "alert-triangle",
}  # fmt: skip

# What the timeline can be narrowed to: its name, and the kinds of history that belong to it.
SHOWS: dict[str, tuple[str | Promise, frozenset[str]]] = {
    "changes": (
        gettext_lazy("Changes"),
        frozenset({"create", "edit", "bin", "restore", "merge", "convert", "share", "report"}),
    ),
    "notes": (gettext_lazy("Notes"), frozenset({"note"})),
    "files": (gettext_lazy("Files"), frozenset({"file"})),
}


def day_words(day: date) -> str:
    """The day as a heading."""
    today = timezone.localdate()
    near = {today: _("Today"), today - timedelta(days=1): _("Yesterday")}
    return near.get(day) or str(format_date(day, "full", locale=babel_locale()))


def what_happened(row: History) -> str:
    """What was done, as words after a name."""
    if row.kind == History.Kind.SHARE:
        return _shared(row)
    key = {"note": "+note", "file": "+file"}.get(row.kind, "")
    before, after = (row.changes.get(key) or [None, None])[:2]
    if key and after is None:
        return _("deleted a note") if row.kind == History.Kind.NOTE else _("took a file away")
    if key and before is not None:
        return _("changed a note")
    return str(WORDS.get(row.kind, row.get_kind_display()))


def _shared(row: History) -> str:
    before, after = (row.changes.get("+share") or [None, None])[:2]
    if after is None:
        told = (before or {}).get("name")
        return _("stopped sharing this record with %s") % str(told) if told else str(WORDS["share"])
    name = str(after.get("name"))
    if after.get("access") == "edit":
        return _("shared this record with %s, to edit") % name
    return _("shared this record with %s, to read") % name


def told_text(row: History) -> str:
    """The beginning of the note, or the name of the file, that the row tells of."""
    for key in ("+note", "+file"):
        told = (row.changes.get(key) or [None, None])[1]
        if told:
            return str(told.get("text") or told.get("name") or "")
    return ""


def reported_text(row: History, module: ModuleInfo, allowed: Container[str]) -> str:
    """What rules could not do, a line each; without fields that the person may not read."""
    told = (row.changes.get("+report") or [None, None])[1] or []
    return "\n".join(
        _reported(entry, module) for entry in told if entry["field"] is None or entry["field"] in allowed
    )


def _reported(entry: dict[str, Any], module: ModuleInfo) -> str:
    info = module.fields.get(entry["field"] or "")
    if info is None:
        return f"{entry['rule']}: {entry['message']}"
    words = {"rule": entry["rule"], "field": info.label, "why": entry["message"]}
    return _("%(rule)s: could not set %(field)s: %(why)s") % words
