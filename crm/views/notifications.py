"""The messages under the bell."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.models import Notification
from crm.views.asking import StaffRequest

SHOWN = 50


@require_safe
def notifications(request: StaffRequest) -> HttpResponse:
    """The person's latest messages, or those before one of them."""
    rows = Notification.objects.filter(user=request.user)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: SHOWN + 1])
    older = found[SHOWN - 1].pk if len(found) > SHOWN else None
    return render(request, "crm/notifications.html", {"messages_shown": found[:SHOWN], "older": older})


@require_POST
def read_all(request: StaffRequest) -> HttpResponse:
    """Marks everything as read."""
    unread = Notification.objects.filter(user=request.user, read_at__isnull=True)
    unread.update(read_at=timezone.now())
    messages.success(request, _("All notifications are marked as read."))
    return redirect("notifications")


@require_POST
def open_one(request: StaffRequest, pk: int) -> HttpResponse:
    """Marks one of the person's messages as read, and goes to its record or job."""
    message = get_object_or_404(Notification, pk=pk, user=request.user)
    if message.read_at is None:
        message.read_at = timezone.now()
        message.save(update_fields=["read_at"])
    if message.job_id is not None:
        return redirect("job", message.job_id)
    if message.module and message.record_id:
        return redirect("record", message.module, message.record_id)
    return redirect("notifications")
