"""Notes on a record: written, changed by their author, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from crm.door import DoorRefused
from crm.door.attach import add_note, delete_note, edit_note
from crm.door.reading import Stored
from crm.models import Note
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_record, not_found
from crm.views.confirming import ask
from crm.views.record_side import notes_of
from crm.views.records import answer_change
from crm.views.showing import name_of
from crm.visibility import editable_ids


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def notes(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Notes before the one in `before`; posting adds one. A refused one comes back as it was typed."""
    module, stored = asked_record(request.user, key, pk)
    if request.method != "POST":
        return _older(request, module, stored)
    text = request.POST.get("text", "")
    try:
        add_note(key, pk, text, actor=request.user)
    except DoorRefused as refused:
        extra = {"note_text": text, "note_problems": _messages(refused)}
        return answer_change(request, module, stored, status=422, extra=extra)
    messages.success(request, _("The note was added."))
    return answer_change(request, module, stored)


def _older(request: StaffRequest, module: ModuleInfo, stored: Stored) -> HttpResponse:
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    context = _context(request, module, stored) | {
        "panel": notes_of(stored.id, before),
        "may_delete": _may_delete(request, module, stored),
    }
    template = "crm/records/note_rows.html" if request.htmx else "crm/records/notes_page.html"
    return render(request, template, context)


def _context(request: StaffRequest, module: ModuleInfo, stored: Stored) -> dict[str, object]:
    return {"module": module, "record": stored, "name": name_of(request.user, module, stored)}


def _may_delete(request: StaffRequest, module: ModuleInfo, stored: Stored) -> bool:
    return bool(editable_ids(request.user, module, [stored.id], verb="delete"))


def _messages(refused: DoorRefused) -> list[str]:
    return [problem.message for problem in refused.outcome.problems]


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def edit(request: StaffRequest, key: str, pk: int, note: int) -> HttpResponse:
    """The author's own note in a form (or as it is, with `?cancel`), and saving it."""
    module, stored = asked_record(request.user, key, pk)
    row = _asked_note(pk, note)
    if row.author_id != request.user.pk:
        raise PermissionDenied(_("A note is changed by its author only."))
    if request.method != "POST":
        return _form(request, module, stored, row, row.text)
    text = request.POST.get("text", "")
    try:
        edit_note(note, text, actor=request.user)
    except DoorRefused as refused:
        return _form(request, module, stored, row, text, _messages(refused))
    messages.success(request, _("The note was changed."))
    return answer_change(request, module, stored)


def _form(
    request: StaffRequest,
    module: ModuleInfo,
    stored: Stored,
    note: Note,
    text: str,
    problems: list[str] | None = None,
) -> HttpResponse:
    context = _context(request, module, stored) | {"note": note, "text": text, "problems": problems}
    context |= {"title": _("Edit note"), "fragment": "crm/records/note_edit.html"}
    if "cancel" in request.GET:
        if not request.htmx:
            return redirect(reverse("record", args=[module.key, stored.id]))
        context["may_delete"] = _may_delete(request, module, stored)
        return render(request, "crm/records/note.html", context)
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "crm/records/asked_page.html", context, status=status)
    response = render(request, "crm/records/note_form.html", context, status=status)
    return retarget(reswap(response, "outerHTML"), f"#note-{note.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def delete(request: StaffRequest, key: str, pk: int, note: int) -> HttpResponse:
    """Asks, then deletes a note: by its author, or by somebody who may delete the record."""
    module, stored = asked_record(request.user, key, pk)
    row = _asked_note(pk, note)
    if row.author_id != request.user.pk and not _may_delete(request, module, stored):
        message = _("A note is deleted by its author, or by somebody who may delete the record.")
        raise PermissionDenied(message)
    if request.method == "POST":
        try:
            delete_note(note, actor=request.user)
        except DoorRefused:
            not_found()
        messages.success(request, _("The note was deleted."))
        return answer_change(request, module, stored)
    return ask(
        request, module, stored,
        title=_("Delete this note?"),
        what=Truncator(row.text).chars(200),
        consequence=_("Only its beginning stays, in the timeline."),
        button=_("Delete note"),
    )  # fmt: skip


def _asked_note(pk: int, note: int) -> Note:
    found = Note.objects.filter(pk=note, record_id=pk).select_related("author").first()
    if found is None:
        not_found()
    return found
