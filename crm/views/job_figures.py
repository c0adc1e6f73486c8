"""A job as a page shows it: its state in words, its counts, how fast it goes and when it will be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from crm.fields.numbers import babel_locale
from crm.jobs.files import kept_until
from crm.jobs.kinds import JOB_KINDS, JobKind
from crm.jobs.verbs import can_be_undone
from crm.models import Job, JobState
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo

SOON = timedelta(seconds=3)  # before this, a speed says nothing

# In the order in which they are shown: icon, tone, and what so many of them are called.
COUNTS: dict[str, tuple[str, str, Any]] = {
    "created": ("plus", "good", ngettext_lazy("created", "created")),
    "updated": ("edit", "good", ngettext_lazy("updated", "updated")),
    "deleted": ("trash", "good", ngettext_lazy("moved to the bin", "moved to the bin")),
    "exported": ("download", "good", ngettext_lazy("in the file", "in the file")),
    "purged": ("trash", "good", ngettext_lazy("deleted for good", "deleted for good")),
    "tagged": ("tag", "good", ngettext_lazy("tagged", "tagged")),
    "shared": ("share", "good", ngettext_lazy("shared", "shared")),
    "undone": ("arrow-back-up", "good", ngettext_lazy("taken back", "taken back")),
    "skipped": ("player-pause", "", ngettext_lazy("skipped", "skipped")),
    "unchanged": ("check", "", ngettext_lazy("unchanged", "unchanged")),
    "incomplete": ("unlink", "warn", ngettext_lazy("went in, but not whole", "went in, but not whole")),
    "notices": ("info-circle", "warn", ngettext_lazy("notice of a rule", "notices of rules")),
    "refused": ("circle-x", "bad", ngettext_lazy("refused", "refused")),
}
STATES: dict[str, tuple[str, str, Any]] = {
    "queued": ("clock", "wait", gettext_lazy("Waiting for a worker")),
    "running": ("refresh", "wait", gettext_lazy("At work")),
    "stopping": ("player-pause", "wait", gettext_lazy("Stopping after this step")),
    JobState.DONE: ("circle-check", "good", gettext_lazy("Done")),
    JobState.FAILED: ("alert-triangle", "bad", gettext_lazy("Stopped by an error")),
    JobState.CANCELLED: ("ban", "", gettext_lazy("Cancelled")),
    "undone": ("arrow-back-up", "", gettext_lazy("Undone")),
}


@dataclass(frozen=True)
class Figure:
    """One number with its word."""

    key: str
    icon: str
    tone: str
    number: str
    word: str


class ShownJob:
    """What templates ask about a job."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @property
    def kind(self) -> JobKind:
        """Its kind."""
        return JOB_KINDS[self.job.kind]

    @property
    def module(self) -> ModuleInfo | None:
        """The module that it is about, if that is still there."""
        return registry().modules.get(self.job.module)

    @property
    def is_running(self) -> bool:
        """Whether the page should look again soon."""
        return bool(self.job.state == JobState.WAITING)

    @cached_property
    def undone_by(self) -> Job | None:
        """The job that took it back, or does."""
        return getattr(self.job, "undone_by", None)

    @property
    def state(self) -> dict[str, Any]:
        """Icon, tone and word of its state."""
        icon, tone, word = STATES[self._state()]
        return {"icon": icon, "tone": tone, "word": word}

    def _state(self) -> str:
        job = self.job
        if self.undone_by is not None and self.undone_by.state == JobState.DONE:
            return "undone"
        if not self.is_running:
            return str(job.state)
        if job.cancel_asked:
            return "stopping"
        return "queued" if job.lease_until is None and not job.done else "running"

    @property
    def figures(self) -> list[Figure]:
        """What became of the rows, as far as there are any."""
        tally = self.job.tally
        return [
            Figure(key, icon, tone, number_text(tally[key]), str(word % tally[key]))
            for key, (icon, tone, word) in COUNTS.items()
            if tally.get(key)
        ]

    @property
    def done(self) -> str:
        """How many rows are done."""
        return number_text(self.job.done)

    @property
    def total(self) -> str:
        """How many there are in all; empty if nobody knows."""
        return "" if self.job.total is None else number_text(self.job.total)

    @property
    def percent(self) -> int | None:
        """How much is done; a job that is not at its end is never shown as whole."""
        job = self.job
        if job.state == JobState.DONE:
            return 100
        if not job.total:
            return None
        return min(99, job.done * 100 // job.total)

    @property
    def speed(self) -> str:
        """Rows per second."""
        rate = self._rate()
        return "" if rate is None else number_text(round(rate) if rate >= 10 else round(rate, 1))

    @property
    def left(self) -> str:
        """How long it will take, about."""
        rate, job = self._rate(), self.job
        if not rate or job.total is None or not self.is_running:
            return ""
        return _duration(timedelta(seconds=max(job.total - job.done, 0) / rate))

    @property
    def took(self) -> str:
        """How long it took, or takes already."""
        return "" if self.job.started_at is None else _duration(self._until() - self.job.started_at)

    def _until(self) -> datetime:
        return self.job.finished_at or timezone.now()

    def _rate(self) -> float | None:
        started = self.job.started_at
        if started is None or not self.job.done:
            return None
        spent = self._until() - started
        if spent < SOON and self.is_running:
            return None
        return self.job.done / max(spent.total_seconds(), 0.1)

    @property
    def can_cancel(self) -> bool:
        """Whether it can be stopped now."""
        return self.is_running and not self.job.cancel_asked

    @property
    def can_continue(self) -> bool:
        """Whether it stopped on the way."""
        stopped = self.job.state in (JobState.FAILED, JobState.CANCELLED)
        return stopped and self.undone_by is None and self.job.files_removed_at is None

    @property
    def can_undo(self) -> bool:
        """Whether it can be taken back and was not yet."""
        return can_be_undone(self.job) and self.undone_by is None

    @property
    def has_file(self) -> bool:
        """Whether there is a file to download."""
        return self.kind.gives_file and bool(self.job.file)

    @property
    def file_told(self) -> str:
        """Until when its file is kept, or since when it is gone; empty if it has none."""
        if gone := self.job.files_removed_at:
            return _("Its file was removed on %s. What is shown here stays.") % _day(gone)
        until = kept_until(self.job)
        return _("Its file is kept until %s.") % _day(until) if until else ""

    @property
    def refused(self) -> int:
        """How many rows have a reason to be read."""
        return int(self.job.tally.get("refused", 0)) + int(self.job.tally.get("incomplete", 0))

    @property
    def said(self) -> str:
        """One sentence for those who don't see the page change."""
        words = ", ".join(f"{figure.number} {figure.word}" for figure in self.figures)
        return f"{self.state['word']}. {words}".strip()


def number_text(number: float) -> str:
    """The number in the person's language."""
    return str(format_decimal(number, locale=babel_locale()))


def _day(moment: datetime) -> str:
    return str(format_date(timezone.localtime(moment), "long", locale=babel_locale()))


def _duration(span: timedelta) -> str:
    if span < timedelta(seconds=1):
        return _("less than a second")
    return str(format_timedelta(span, threshold=1.2, locale=babel_locale()))
