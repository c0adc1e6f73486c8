"""Work on many records that somebody asked for and that goes on in the background, such as an import."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from crm.models.records import Cause


class JobState(models.TextChoices):
    """A waiting job is in the queue or at work, as its lease tells; one in preparation is not asked for."""

    PREPARING = "preparing", _("in preparation")
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("stopped by an error")
    CANCELLED = "cancelled", _("cancelled")


class Job(models.Model):
    """One piece of work: what, for whom, how far it is, and how it went.

    `position` says where the next step begins; it is stored with what the step did, so that a worker that
    is killed loses and doubles nothing. How long its files are kept after its end, `crm.jobs.files` says.
    """

    kind = models.CharField(_("kind"), max_length=40)
    module = models.CharField(_("module"), max_length=60)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person")
    )
    title = models.CharField(_("title"), max_length=255)
    input = models.JSONField(_("input"), default=dict)
    file = models.FileField(_("file"), null=True)  # named by crm.jobs.files
    state = FSMField(_("state"), default=JobState.WAITING, choices=JobState.choices)
    position = models.JSONField(default=dict)
    total = models.BigIntegerField(_("in all"), null=True)
    done = models.BigIntegerField(_("done"), default=0)
    tally = models.JSONField(_("counts"), default=dict)
    told = models.JSONField(_("told at the end"), default=list)
    error = models.TextField(_("error"), blank=True, default="")
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, related_name="+")
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")
    files_removed_at = models.DateTimeField(_("files removed"), null=True)
    touched_at = models.DateTimeField(_("last prepared"), default=timezone.now)
    asked_at = models.DateTimeField(_("asked for"))
    started_at = models.DateTimeField(_("begun"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    attempts = models.PositiveSmallIntegerField(_("tries of this step"), default=0)
    cancel_asked = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True)
    lease_by = models.CharField(max_length=60, null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["person", "-id"], name="job_of_person"),
            models.Index(fields=["id"], condition=models.Q(state=JobState.WAITING), name="job_waiting"),
            models.Index(
                fields=["touched_at"],
                condition=models.Q(state=JobState.PREPARING),
                name="job_in_preparation",
            ),
            models.Index(fields=["finished_at"], condition=models.Q(file__gt=""), name="job_with_file"),
        ]

    def __str__(self) -> str:
        return self.title

    @transition(field=state, source=JobState.PREPARING, target=JobState.WAITING)
    def ask(self) -> None:
        """Everything is chosen: the workers may begin."""

    @transition(field=state, source=JobState.WAITING, target=JobState.DONE)
    def succeed(self) -> None:
        """Nothing is left to do."""

    @transition(field=state, source=JobState.WAITING, target=JobState.FAILED)
    def fail(self, error: str) -> None:
        """It cannot go on by itself; what was done stays done."""
        self.error = error

    @transition(field=state, source=[JobState.PREPARING, JobState.WAITING], target=JobState.CANCELLED)
    def cancel(self) -> None:
        """Nobody wants it any more; what was done stays done."""

    @transition(field=state, source=[JobState.FAILED, JobState.CANCELLED], target=JobState.WAITING)
    def go_on(self) -> None:
        """It goes on where it stopped."""
        self.error, self.attempts, self.cancel_asked, self.finished_at = "", 0, False, None


class JobChunk(models.Model):
    """What became of the rows of one step: `[[place, record id or null, outcome], …]`."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    outcomes = models.JSONField()

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="one_chunk_per_number")]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"


class JobRefusal(models.Model):
    """A row or record that was refused, or not done whole, with the reasons; `cells` are as read."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="refusals", db_index=False)
    place = models.BigIntegerField()
    record_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=255, blank=True, default="")
    problems = models.JSONField()
    cells = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["job", "id"], name="refusal_of_job")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.place}"
