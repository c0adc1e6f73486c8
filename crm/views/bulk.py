"""Bulk actions of a list: what shall be done, what it would do, and the job that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_http_methods

from crm.bulk.kinds import BULK_KINDS
from crm.bulk.selection import MOST_TICKED, Selection
from crm.bulk.wishes import WISHES, Wishes
from crm.door import Source
from crm.door.preview import Foreseen, Move, preview
from crm.jobs.running import run_job
from crm.jobs.telling import mark_seen
from crm.jobs.verbs import start_job
from crm.lists.problems import ListProblem
from crm.models import JobState, User
from crm.modules.registry import ModuleInfo
from crm.views.asking import StaffRequest, asked_module, not_found
from crm.views.bulk_actions import ACTIONS
from crm.views.showing import Names, cell, load_names, pointers
from crm.visibility import Count, TooSlow, readable

LOOKED_AT = 5  # records whose preview is shown
AT_ONCE = 100  # up to so many are done while the person waits
SECONDS = 4


@dataclass(frozen=True)
class ShownMove:
    """A field's change as texts; `label` is the rule's, if a rule makes it."""

    field: str
    before: str
    after: str
    label: str


@dataclass(frozen=True)
class ShownRecord:
    """What would become of one record."""

    id: int
    name: str
    moves: list[ShownMove]
    made: list[str]
    words: list[str]
    problems: list[str]


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: StaffRequest, key: str, action: str) -> HttpResponse:
    """Asks what shall be done with the chosen records, previews it, and starts it."""
    module = asked_module(request.user, key)
    kind = BULK_KINDS.get(action)
    if kind is None:
        not_found()
    if not kind.allowed(request.user, module):
        raise PermissionDenied(_("Your profile does not allow this in %s.") % module.label_plural)
    if request.method != "POST":
        return redirect("list", key)
    selection = Selection.posted(module, request.POST)
    try:
        chosen = selection.count(request.user)
    except (ListProblem, TooSlow) as problem:
        messages.error(request, str(problem))
        return redirect("list", key)
    if not chosen.number:
        messages.info(request, _("Tick the records first."))
        return redirect(_back(request, module))
    wishes = WISHES[action](request.user, selection, request.POST)
    return _answer(request, action, selection, chosen, wishes)


def _answer(
    request: StaffRequest, action: str, selection: Selection, chosen: Count, wishes: Wishes
) -> HttpResponse:
    asked = "go" in request.POST or "preview" in request.POST
    shown: list[ShownRecord] = []
    status = 200
    if asked and not wishes.another_look:
        sound = wishes.check()
        foreseen = _foresee(request.user, action, selection, wishes) if sound else []
        wishes.report(foreseen)
        sound = sound and wishes.check()
        if sound and "go" in request.POST:
            return _start(request, action, selection, chosen, wishes)
        status = 200 if sound else 422
        shown = _shown(request.user, selection, foreseen) if sound else []
    wishes.load_shown()
    context = {
        "module": selection.module,
        "action": next(one for one in ACTIONS if one.key == action),
        "selection": selection,
        "chosen": chosen,
        "wishes": wishes,
        "shown": shown,
        "more": chosen.number - len(shown),
        "back": _back(request, selection.module),
        "most_ticked": MOST_TICKED,
    }
    return render(request, "crm/bulk/bulk.html", context, status=status)


def _back(request: StaffRequest, module: ModuleInfo) -> str:
    """The list that the person came from."""
    path = request.POST.get("back", "")
    here = reverse("list", args=[module.key])
    safe = url_has_allowed_host_and_scheme(path, None)
    return path if safe and path.split("?", 1)[0] == here else here


def _foresee(user: User, action: str, selection: Selection, wishes: Wishes) -> list[Foreseen]:
    ids = selection.following(user, 0, LOOKED_AT)
    changes = BULK_KINDS[action].changes(selection.module.key, ids, wishes.values())
    return preview(changes, actor=user, source=Source.LIST) if changes else []


def _shown(user: User, selection: Selection, foreseen: list[Foreseen]) -> list[ShownRecord]:
    module = selection.module
    allowed = readable(user, module)
    wanted = [
        pointer
        for answer in foreseen
        for move in answer.moves
        for value in (move.before, move.after)
        for pointer in pointers(module, {move.info.key: value}, [move.info.key])
    ]
    names = load_names(user, wanted)
    known = selection.named(user, [answer.change.id for answer in foreseen if answer.change.id])
    return [
        ShownRecord(
            answer.change.id or 0,
            known.get(answer.change.id or 0) or f"{module.label} #{answer.change.id}",
            [_move(move, names) for move in answer.moves if move.info.key in allowed and _tells(move)],
            [str(draft.after.get("name") or draft.module.label) for draft in answer.made],
            [*answer.words, *(f"{notice.label}: {notice.message}" for notice in answer.notices)],
            [problem.message for problem in answer.problems],
        )
        for answer in foreseen
    ]


def _tells(move: Move) -> bool:
    return not move.info.system and "base_of" not in move.info.options


def _move(move: Move, names: Names) -> ShownMove:
    before, after = (
        cell(move.info, {move.info.key: value}, names).text for value in (move.before, move.after)
    )
    return ShownMove(move.info.label, before, after, move.label)


def _start(
    request: StaffRequest, action: str, selection: Selection, chosen: Count, wishes: Wishes
) -> HttpResponse:
    """Starts the job; what is short is done at once, so that the person is back in the list."""
    job = start_job(
        BULK_KINDS[action].key,
        actor=request.user,
        module=selection.module.key,
        title=_title(action, selection.module, chosen),
        input={**selection.data(), **wishes.values()},
        total=chosen.number if chosen.exact else None,
    )
    if chosen.exact and chosen.number <= AT_ONCE:
        run_job(job.pk, SECONDS)
        job.refresh_from_db()
    if job.state == JobState.DONE and not job.tally.get("refused"):
        mark_seen(job)
        context = {"job": job, "text": DONE[action] % {"number": job.done}}
        messages.success(request, render_to_string("crm/verbs/undo_job.html", context, request))
        return redirect(_back(request, selection.module))
    return redirect("job", job.pk)


DONE = {
    "update": ngettext_lazy("%(number)s record was changed.", "%(number)s records were changed.", "number"),
    "owner": ngettext_lazy(
        "%(number)s record has a new owner.", "%(number)s records have a new owner.", "number"
    ),
    "tag": ngettext_lazy("%(number)s record was tagged.", "%(number)s records were tagged.", "number"),
    "share": ngettext_lazy("%(number)s record was shared.", "%(number)s records were shared.", "number"),
    "delete": ngettext_lazy(
        "%(number)s record is in the bin.", "%(number)s records are in the bin.", "number"
    ),
}


def _title(action: str, module: ModuleInfo, chosen: Count) -> str:
    label = next(str(one.label) for one in ACTIONS if one.key == action)
    number = f"{chosen.number}" if chosen.exact else f"{chosen.number}+"
    told: dict[str, Any] = {"action": label, "number": number, "modules": module.label_plural}
    return _("%(action)s: %(number)s %(modules)s") % told
