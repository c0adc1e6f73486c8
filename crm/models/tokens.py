"""Personal access tokens: how a person's programs prove to the API whose they are."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class AccessToken(models.Model):
    """A token of one person. The secret itself is nowhere: only its SHA-256, and how it begins.

    It gives its program at most what the person may do, and less where `may_write` or `modules` say so.
    A row stays when the token is revoked, since the timeline names it.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_tokens", verbose_name=_("person")
    )
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    may_write = models.BooleanField(_("may write"), default=False)
    modules = models.JSONField(_("modules"), default=list, blank=True)  # keys; none means every module
    created_at = models.DateTimeField(_("made"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    expires_at = models.DateTimeField(_("expires"), null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("revoked by")
    )

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "person",
                Lower("name"),
                condition=models.Q(revoked_at__isnull=True),
                name="one_live_token_per_name",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def is_live(self, now: datetime) -> bool:
        """Whether the token itself still opens the API; its person may have left nevertheless."""
        return self.revoked_at is None and not self.is_expired(now)

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now

    def reaches(self, module: str) -> bool:
        """Whether the token is for this module, by key."""
        return not self.modules or module in self.modules
