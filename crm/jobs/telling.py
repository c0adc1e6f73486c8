"""The message to a job's person when it ends: one per job, stored with the job's last step."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.jobs.kinds import JOB_KINDS
from crm.models import Job, JobState, Notification

LONGEST = 500


def tell_end(job: Job) -> None:
    """Puts the message under the bell, in the transaction that ends the job.

    A job that went on after it had stopped ends again: the new message takes the place of the old one.
    """
    if not JOB_KINDS[job.kind].listed:
        return
    Notification.objects.filter(job=job).delete()
    with translation.override(job.person.language or None):
        text = _text(job)[:LONGEST]
    Notification.objects.create(user=job.person, text=text, job=job, at=timezone.now())


def mark_seen(job: Job) -> None:
    """The person has seen how the job ended: the message about it counts as read."""
    Notification.objects.filter(job=job, read_at__isnull=True).update(read_at=timezone.now())


def _text(job: Job) -> str:
    told = {"kind": JOB_KINDS[job.kind].label, "title": job.title}
    if job.state == JobState.FAILED:
        return _("%(kind)s “%(title)s” was stopped by an error.") % told
    if job.state == JobState.CANCELLED:
        return _("%(kind)s “%(title)s” was cancelled.") % told
    if number := job.tally.get("refused", 0) + job.tally.get("incomplete", 0):
        text = ngettext(
            "%(kind)s “%(title)s” is done; %(number)s row or record has a problem.",
            "%(kind)s “%(title)s” is done; %(number)s rows or records have a problem.",
            number,
        )
        return text % {**told, "number": number}
    return _("%(kind)s “%(title)s” is done.") % told
