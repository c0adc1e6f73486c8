"""A list as a file to download, CSV or XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from babel.numbers import format_decimal
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.fields.numbers import babel_locale
from crm.lists.exporting import Export, file_name
from crm.lists.problems import ListProblem
from crm.lists.sheets import MOST_XLSX, csv_text, xlsx_file
from crm.lists.state import Asked
from crm.views.asking import StaffRequest, asked_module
from crm.views.lists import REFUSALS, list_response, panel_response, read_asked
from crm.visibility import count


@require_safe
def export(request: StaffRequest, key: str) -> HttpResponseBase:
    """Without a format, the choice of format and columns; with one, the file."""
    module = asked_module(request.user, key, "export")
    asked = Asked.read(request.GET)
    write = FORMATS.get(request.GET.get("format", ""))
    every_field = request.GET.get("fields") == "all"
    panel = {"panel": "export", "most": _most(), "every_field": every_field}
    if write is None:
        return panel_response(request, module, asked, panel)
    try:
        return write(Export(read_asked(request, module, asked), every_field=every_field))
    except REFUSALS as refused:
        return list_response(request, module, asked, panel | {"problem": str(refused)}, 422)


def _most() -> str:
    return str(format_decimal(MOST_XLSX, locale=babel_locale()))


def _csv(wanted: Export) -> HttpResponseBase:
    pieces = carried(csv_text(wanted.heading, wanted.rows()))
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    name = file_name(wanted.state.module, "csv")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _xlsx(wanted: Export) -> HttpResponseBase:
    state = wanted.state
    if not count(state.user, state.module, where=state.where, cap=MOST_XLSX).exact:
        raise ListProblem(
            _("An XLSX file holds at most %s records: choose CSV, or narrow the filter.") % _most()
        )
    found = xlsx_file(state.module.label_plural, wanted.heading, wanted.rows())
    return FileResponse(found, as_attachment=True, filename=file_name(state.module, "xlsx"))


Write = Callable[[Export], HttpResponseBase]
FORMATS: dict[str, Write] = {"csv": _csv, "xlsx": _xlsx}


def carried(pieces: Iterator[str]) -> Iterator[str]:
    """The pieces, each made in the person's language and time zone: they are made after the request."""
    language, zone = translation.get_language() or "en", timezone.get_current_timezone()
    while True:
        with translation.override(language), timezone.override(zone):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
