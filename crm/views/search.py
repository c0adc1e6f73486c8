"""Search over all modules: suggestions under the box in the top bar, and the page of results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from crm.models import User
from crm.modules.registry import ModuleInfo
from crm.search.highlighting import Piece, pieces
from crm.search.hits import SHOWN, Group, Hit, find, hits_of
from crm.search.query import Query, clean_query, parse_query
from crm.views.asking import StaffRequest, asked_module
from crm.views.context import icon_of
from crm.views.finding import search_condition
from crm.views.showing import stored_of
from crm.visibility import BadCursor, Cursor, TooSlow, page

SIZE = 25
SUGGESTIONS = "search-list"  # the list under the box, as htmx names it
ROWS = "search-more"  # what the next rows take the place of
BESIDE = 2  # values that are told beside the name
UP_TO = 100


@dataclass(frozen=True)
class Line:
    """A record that was found: its name and what tells most about it, with what was found marked."""

    module: ModuleInfo
    id: int
    name: list[Piece]
    values: list[tuple[str, list[Piece]]]


@dataclass(frozen=True)
class Found:
    """What was found in a module, as shown."""

    group: Group
    lines: list[Line]

    @property
    def module(self) -> ModuleInfo:
        """Where it was found."""
        return self.group.module

    @property
    def icon(self) -> str:
        """The module's icon."""
        return icon_of(self.module)

    @cached_property
    def number(self) -> str:
        """How many, "100+" if there are more; empty if that is not known."""
        number = self.group.number
        if number > UP_TO:
            return f"{UP_TO}+"
        return str(number) if self.group.exact else f"{number}+" if number else ""

    @property
    def more(self) -> bool:
        """Whether there are more than are shown."""
        return self.group.number > len(self.lines) or not self.group.exact


@require_safe
def search(request: StaffRequest) -> HttpResponse:
    """What the person may see of what was typed, by module; of one module page by page."""
    text = clean_query(request.GET.get("q", ""))
    query = parse_query(text)
    context: dict[str, Any] = {"q": text, "query": query}
    if request.htmx and request.htmx.target == SUGGESTIONS:
        context["found"] = _found(request.user, query)
        return _varied(render(request, "crm/search_suggestions.html", context))
    status, shown = 200, SHOWN
    if query and (key := request.GET.get("module")):
        status, shown = _of_module(request, asked_module(request.user, key), query, context), 0
    if request.htmx and request.htmx.target == ROWS:
        return _varied(render(request, "crm/search_rows.html", context, status=status))
    context["found"] = _found(request.user, query, shown)
    return _varied(render(request, "crm/search.html", context, status=status))


def _of_module(request: StaffRequest, module: ModuleInfo, query: Query, context: dict[str, Any]) -> int:
    """Puts a page of the module's records into the context; returns the status of the answer."""
    context["chosen"] = module
    try:
        context |= _rows(request, module, query)
    except BadCursor as bad:
        context["refused"] = str(bad)
        return 400
    except TooSlow as slow:
        context["refused"] = str(slow)
    return 200


def _varied(response: HttpResponse) -> HttpResponse:
    """The same address gives a page and parts of it: a browser must not keep one for the other."""
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _address(text: str, module: str = "", **more: str) -> str:
    values = {"q": text, "module": module} | more
    return urlencode({key: value for key, value in values.items() if value})


def _found(user: User, query: Query, size: int = SHOWN) -> list[Found]:
    if not query:
        return []
    return [
        Found(group, [_line(group.module, hit, query) for hit in group.hits])
        for group in find(user, query.text, size)
    ]


def _rows(request: StaffRequest, module: ModuleInfo, query: Query) -> dict[str, Any]:
    """A page of one module's records; newest first, as everywhere in search."""
    after = request.GET.get("after")
    where = search_condition(request.user, module, query.text)
    place = Cursor.decode(after) if after else None
    found = page(request.user, module, where=where, after=place, size=SIZE)
    stored = [stored_of(module, row) for row in found.rows]
    lines = [_line(module, hit, query) for hit in hits_of(request.user, module, stored)]
    following = _address(query.text, module.key, after=found.next.encode()) if found.next else None
    return {"lines": lines, "following": following, "is_later": bool(after)}


def _line(module: ModuleInfo, hit: Hit, query: Query) -> Line:
    """Values in which something was found come first."""
    cut = [(info.label, pieces(value, query)) for info, value in hit.values]
    cut.sort(key=lambda pair: not any(piece.is_found for piece in pair[1]))
    return Line(module, hit.id, pieces(hit.name, query), cut[:BESIDE])
