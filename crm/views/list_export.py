"""A list as a file to download: CSV and small XLSX at once, large XLSX made by a job."""

from __future__ import annotations

from collections.abc import Iterator

from babel.numbers import format_decimal
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.fields.numbers import babel_locale
from crm.lists.export_job import AT_ONCE, start_export
from crm.lists.exporting import Export, file_name
from crm.lists.problems import ListProblem
from crm.lists.sheets import MOST_XLSX, csv_text, xlsx_file
from crm.lists.state import Asked
from crm.views.asking import StaffRequest, asked_module
from crm.views.lists import REFUSALS, list_response, panel_response, read_asked
from crm.visibility import count


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: StaffRequest, key: str) -> HttpResponseBase:
    """Without a format, the choice of format and columns; with one, the file; posted, a job that makes it."""
    module = asked_module(request.user, key, "export")
    data = request.POST if request.method == "POST" else request.GET
    asked = Asked.read(data)
    every_field = data.get("fields") == "all"
    panel = {"panel": "export", "most": _shown(MOST_XLSX), "every_field": every_field}
    try:
        wanted = Export(read_asked(request, module, asked), every_field=every_field)
        if request.method == "POST":
            return redirect("job", start_export(wanted, _number(wanted)).pk)
        if data.get("format") == "csv":
            return _csv(wanted)
        if data.get("format") == "xlsx":
            if (number := _number(wanted)) <= AT_ONCE:
                return _xlsx(wanted)
            panel["many"] = _shown(number)
    except REFUSALS as refused:
        return list_response(request, module, asked, panel | {"problem": str(refused)}, 422)
    return panel_response(request, module, asked, panel)


def _shown(number: int) -> str:
    return str(format_decimal(number, locale=babel_locale()))


def _number(wanted: Export) -> int:
    """How many records the file will have; raises ListProblem if a workbook does not hold them."""
    state = wanted.state
    found = count(state.user, state.module, where=state.where, cap=MOST_XLSX)
    if not found.exact:
        most = _shown(MOST_XLSX)
        raise ListProblem(
            _("An XLSX file holds at most %s records: choose CSV, or narrow the filter.") % most
        )
    return found.number


def _csv(wanted: Export) -> HttpResponseBase:
    pieces = carried(csv_text(wanted.heading, wanted.rows("csv")))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    name = file_name(wanted.state.module, "csv")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _xlsx(wanted: Export) -> HttpResponseBase:
    module = wanted.state.module
    found = xlsx_file(module.label_plural, wanted.heading, wanted.rows("xlsx"))
    return FileResponse(found, as_attachment=True, filename=file_name(module, "xlsx"))


def carried(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces, each made in the person's language and time zone: they are made after the request."""
    language, zone = translation.get_language() or "en", timezone.get_current_timezone()
    while True:
        with translation.override(language), timezone.override(zone):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
