"""The records that a job made or changed, as it noted them chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.fields.links import Ref
from crm.models import JobChunk
from crm.views.asking import StaffRequest
from crm.views.job_figures import COUNTS, ShownJob
from crm.views.jobs import asked_job
from crm.views.showing import load_names

SIZE = 100


@dataclass(frozen=True)
class ShownOutcome:
    """One record: the row that it came from, its name if the person may see it, and what became of it."""

    place: int
    id: int
    name: str
    icon: str
    tone: str
    word: str


@require_safe
def job_records(request: StaffRequest, pk: int) -> HttpResponse:
    """One page of them: `chunk` and `from` say where it begins."""
    asked = asked_job(request, pk)
    number, start = _number(request.GET.get("chunk", "")), _number(request.GET.get("from", ""))
    chunk = JobChunk.objects.filter(job=asked, number__gte=max(number, 1)).order_by("number").first()
    outcomes = chunk.outcomes if chunk else []
    start = start if chunk is not None and chunk.number == number else 0
    shown = [one for one in outcomes[start : start + SIZE] if one[1] is not None]
    names = load_names(request.user, [Ref(asked.module, record_id) for _place, record_id, _what in shown])
    rows = []
    for place, record_id, what in shown:
        icon, tone, word = COUNTS.get(what, ("check", "", what))
        name = names.records.get(Ref(asked.module, record_id), "")
        rows.append(ShownOutcome(place, record_id, name, icon, tone, str(word % 1)))
    context = {"shown": ShownJob(asked), "rows": rows, "next": _next(chunk, start)}
    return render(request, "crm/jobs/records.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _next(chunk: JobChunk | None, start: int) -> str:
    """The query of the page after this one; empty at the end."""
    if chunk is None:
        return ""
    if start + SIZE < len(chunk.outcomes):
        return f"chunk={chunk.number}&from={start + SIZE}"
    more = JobChunk.objects.filter(job=chunk.job_id, number__gt=chunk.number).exists()
    return f"chunk={chunk.number + 1}" if more else ""
