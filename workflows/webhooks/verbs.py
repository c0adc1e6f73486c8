"""Verbs about webhooks; what they change takes effect at once and is journalled, without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from crm.documents.generation import configuration_changed
from crm.models import Generation, User
from crm.modules.keys import free_key
from crm.modules.problems import validated
from crm.people.problems import require_feature
from workflows.models import ActionRun, RunState, SigningSecret, Webhook
from workflows.models.webhooks import WEBHOOK_KIND
from workflows.publishing import FEATURE
from workflows.run_verbs import retry_runs
from workflows.tasks import wake
from workflows.webhooks.checks import check_endpoint, check_users
from workflows.webhooks.endpoints import endpoint_of, webhook_document
from workflows.webhooks.signing import new_secret

KIND = "webhook"
MOST_HOURS = 24 * 14  # that an old secret may sign beside the new one


@transaction.atomic
def save_webhook(*, webhook: Webhook, actor: User | None) -> Webhook:
    """Saves a new or changed webhook; a new one gets a secret.

    Raises ModuleProblem, naming the field, for what is wrong with it, and InUse where something live could
    not run with it any more.
    """
    require_feature(actor, FEATURE)
    _one_at_a_time()
    stored = Webhook.objects.filter(pk=webhook.pk).first() if webhook.pk else None
    before, same = (
        webhook_document(stored),
        stored is not None and endpoint_of(stored) == endpoint_of(webhook),
    )
    taken = Webhook.objects.values_list("key", flat=True)
    webhook.key = webhook.key or free_key(webhook.name, KIND, taken)
    validated(webhook)
    check_endpoint(endpoint_of(webhook))
    if stored is not None:
        check_users(stored.key, endpoint_of(webhook))
    webhook.save()
    if stored is None:
        SigningSecret.objects.create(webhook=webhook, value=new_secret(), created_at=timezone.now())
    if not same:
        what = "create" if before is None else "edit"
        _journal(actor, webhook, what, before, webhook_document(webhook))
    return webhook


@transaction.atomic
def delete_webhook(*, webhook: Webhook, actor: User | None) -> None:
    """Deletes a webhook with its secrets. Raises InUse, naming all that is live and calls it."""
    require_feature(actor, FEATURE)
    _one_at_a_time()
    check_users(webhook.key, None)
    before = webhook_document(webhook)
    _journal(actor, webhook, "delete", before, None)
    webhook.delete()


@transaction.atomic
def rotate_secret(*, webhook: Webhook, hours: int, actor: User | None) -> SigningSecret:
    """Makes a new secret; those there were sign beside it for so many hours more, 0 for none."""
    require_feature(actor, FEATURE)
    _one_at_a_time()
    now = timezone.now()
    until = now + timedelta(hours=min(max(hours, 0), MOST_HOURS))
    webhook.secrets.filter(valid_until__lte=now).delete()
    webhook.secrets.filter(valid_until__isnull=True).update(valid_until=until)
    webhook.secrets.filter(valid_until__gt=until).update(valid_until=until)
    made = SigningSecret.objects.create(webhook=webhook, value=new_secret(), created_at=now)
    _journal(actor, webhook, "new secret", None, {"old_until": until.isoformat(timespec="seconds")})
    return made


@transaction.atomic
def send_again(*, ids: Iterable[int], actor: User) -> int:
    """Sends deliveries again, under their old id and with their old text; returns how many.

    One that failed is tried again. One that was done stays as it is, and a new one is made of it. What
    waits, or was called off, is left alone.
    """
    require_feature(actor, FEATURE)
    rows = ActionRun.objects.select_for_update().filter(kind=WEBHOOK_KIND, pk__in=list(ids)).order_by("pk")
    runs = list(rows)
    again = ActionRun.objects.bulk_create(_copy(run) for run in runs if run.state == RunState.DONE)
    if again:
        transaction.on_commit(wake)
    return len(again) + retry_runs(ids=[run.pk for run in runs if can_proceed(run.retry)], actor=actor)


def _copy(run: ActionRun) -> ActionRun:
    now = timezone.now()
    return ActionRun(
        kind=run.kind,
        input=run.input,
        record_id=run.record_id,
        module=run.module,
        cause_id=run.cause_id,
        key=f"{run.key.partition('+')[0]}+{run.pk}.{now.timestamp():.6f}",
        due_at=now,
        created_at=now,
    )


def _one_at_a_time() -> None:
    """A rule that is published in the meantime waits, and then finds the webhook as it is."""
    Generation.objects.get_or_create(pk=1)
    Generation.objects.select_for_update().get(pk=1)


def _journal(actor: User | None, webhook: Webhook, what: str, before: object, after: object) -> None:
    configuration_changed(actor=actor, kind=KIND, key=webhook.key, what=what, before=before, after=after)
