"""Files on a record: added, opened by those who may see the record, and taken away."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from crm.door import DoorRefused
from crm.door.attach import add_file, open_file, remove_file
from crm.door.files import is_shown
from crm.models import Attachment
from crm.views.asking import StaffRequest, asked_record, not_found
from crm.views.confirming import ask
from crm.views.records import answer_change

AT_ONCE = 20
# What is opened by itself runs nothing, loads nothing and belongs to no site.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@require_POST
def add(request: StaffRequest, key: str, pk: int) -> HttpResponse:
    """Puts the sent files on the record, each for itself; those that are refused are named."""
    module, stored = asked_record(request.user, key, pk, "edit")
    given = cast("list[UploadedFile[Any]]", request.FILES.getlist("file"))
    problems = _problems(given)
    added = 0
    for upload in [] if problems else given:
        try:
            add_file(key, pk, upload.name or "", upload, actor=request.user)
            added += 1
        except DoorRefused as refused:
            problems += [f"{upload.name}: {problem.message}" for problem in refused.outcome.problems]
    if added:
        told = ngettext("%(n)s file was added.", "%(n)s files were added.", added)
        messages.success(request, told % {"n": added})
    status = 422 if problems else 200
    return answer_change(request, module, stored, status=status, extra={"file_problems": problems})


def _problems(given: list[UploadedFile[Any]]) -> list[str]:
    if not given:
        return [_("Choose a file.")]
    if len(given) > AT_ONCE:
        return [_("At most %(limit)s files are taken at once.") % {"limit": AT_ONCE}]
    return []


@require_safe
def open_one(request: StaffRequest, key: str, pk: int, file: int) -> HttpResponseBase:
    """The file: a picture is shown, unless `?download` asks for it; everything else is downloaded."""
    asked_record(request.user, key, pk)
    _asked_file(pk, file)
    try:
        attachment, content = open_file(file, user=request.user)
    except DoorRefused:
        not_found()
    picture = attachment.content_type.startswith("image/") and is_shown(attachment.content_type)
    response = FileResponse(
        content,
        as_attachment=not picture or "download" in request.GET,
        filename=attachment.name,
        content_type=attachment.content_type,
    )
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
def delete(request: StaffRequest, key: str, pk: int, file: int) -> HttpResponse:
    """Asks, then takes the file away."""
    module, stored = asked_record(request.user, key, pk, "edit")
    attachment = _asked_file(pk, file)
    problems: list[str] = []
    if request.method == "POST":
        try:
            remove_file(file, actor=request.user)
        except DoorRefused as refused:
            problems = [problem.message for problem in refused.outcome.problems]
        else:
            messages.success(request, _("“%s” was deleted.") % attachment.name)
            return answer_change(request, module, stored)
    return ask(
        request, module, stored,
        title=_("Delete this file?"),
        what=attachment.name,
        consequence=_("The file is deleted from the server at once and cannot be brought back."),
        button=_("Delete file"),
        problems=problems,
    )  # fmt: skip


def _asked_file(pk: int, file: int) -> Attachment:
    found = Attachment.objects.filter(pk=file, record_id=pk).first()
    if found is None:
        not_found()
    return found
