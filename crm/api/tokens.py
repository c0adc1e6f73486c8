"""Verbs about access tokens: make, find, note the use of, revoke."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import AccessToken, User
from crm.people.problems import PeopleProblem, require_feature

SCHEME = "sbx_"  # by which scanners of leaked secrets can know a token
PREFIX = 10
MOST_LIVE = 50
USE_IS_NOTED_EVERY = timedelta(minutes=1)


def digest_of(secret: str) -> str:
    """What is stored of a secret. It is 256 random bits, so that no salt and no slow hash are needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def make_token(
    *,
    actor: User,
    name: str,
    may_write: bool,
    modules: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[AccessToken, str]:
    """A new token of the actor's, and its secret, which nobody can ever be told again.

    Raises PeopleProblem if a live token of theirs has the name, or if there are too many.
    """
    secret = SCHEME + secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)  # two requests at once count one after the other
        live = AccessToken.objects.filter(person=actor, revoked_at__isnull=True)
        if live.filter(name__iexact=name).exists():
            raise PeopleProblem(_("You have a token of this name already; revoke it first."), "name")
        if live.count() >= MOST_LIVE:
            raise PeopleProblem(_("You have %s tokens; revoke some first.") % MOST_LIVE)
        token = AccessToken.objects.create(
            person=actor,
            name=name,
            digest=digest_of(secret),
            prefix=secret[:PREFIX],
            may_write=may_write,
            modules=sorted(set(modules)),
            created_at=timezone.now(),
            expires_at=expires_at,
        )
    return token, secret


def find_token(secret: str) -> AccessToken | None:
    """The token with this secret, live or not, with its person; one statement.

    The database compares digests: how long that takes says nothing of a secret.
    """
    return AccessToken.objects.select_related("person").filter(digest=digest_of(secret)).first()


def note_use(token: AccessToken, now: datetime) -> None:
    """Remembers that the token was used, at most once a minute."""
    last = token.last_used_at
    if last is not None and now - last < USE_IS_NOTED_EVERY:
        return
    older = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    AccessToken.objects.filter(older, pk=token.pk).update(last_used_at=now)


def revoke_token(*, actor: User, token: AccessToken) -> AccessToken:
    """Ends a token for good: one's own, or anybody's with the feature to manage people.

    Revoking it again changes nothing. Raises PermissionDenied.
    """
    if token.person_id != actor.pk:
        require_feature(actor, "manage_people")
    with transaction.atomic():
        held = AccessToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
        if held.revoked_at is None:
            held.revoked_at, held.revoked_by = timezone.now(), actor
            held.save(update_fields=["revoked_at", "revoked_by"])
    return held
