"""Webhooks: the endpoints that records are told to, their secrets, and what was delivered."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Module
from crm.models.modules import key_format
from workflows.models.runs import ActionRun

WEBHOOK_KIND = "call_webhook"
LONGEST_SECONDS = 30


class Webhook(models.Model):
    """An endpoint: where, how and what is sent. `rows` are pairs of a name and a text with merge fields."""

    class Method(models.TextChoices):
        POST = "POST", "POST"
        PUT = "PUT", "PUT"
        PATCH = "PATCH", "PATCH"
        GET = "GET", "GET"
        DELETE = "DELETE", "DELETE"

    class Body(models.TextChoices):
        EVENT = "event", _("the event: what happened to which record")
        ROWS = "rows", _("names and texts of your own")

    class Format(models.TextChoices):
        JSON = "json", "JSON"
        FORM = "form", _("form")

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[key_format])
    name = models.CharField(_("name"), max_length=120, unique=True)
    active = models.BooleanField(_("active"), default=True)
    module = models.ForeignKey(
        Module,
        models.PROTECT,
        to_field="key",
        db_column="module",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("module"),
        help_text=_("Left empty, rules of every module may use it."),
    )
    url = models.CharField(_("address"), max_length=2000)
    method = models.CharField(_("method"), max_length=10, choices=Method.choices, default=Method.POST)
    headers = models.JSONField(_("headers"), default=list, blank=True)
    body = models.CharField(_("what is sent"), max_length=10, choices=Body.choices, default=Body.EVENT)
    format = models.CharField(_("format"), max_length=10, choices=Format.choices, default=Format.JSON)
    fields_sent = models.JSONField(_("fields"), default=list, blank=True)
    rows = models.JSONField(_("rows"), default=list, blank=True)
    seconds = models.PositiveSmallIntegerField(
        _("time-out in seconds"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SECONDS)],
    )

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SigningSecret(models.Model):
    """A secret that requests are signed with; after a rotation the old one signs beside it for a while."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="secrets")
    value = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.webhook_id}, {self.created_at:%Y-%m-%d}"


class Delivery(ActionRun):
    """A run that calls a webhook; its admin page lists only these."""

    class Meta:
        proxy = True
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-id"]
