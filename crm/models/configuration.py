"""What admins put live: the configuration's generation and journal, and published documents."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition


class Generation(models.Model):
    """One row: a number that grows with every configuration change, so that caches know they are old.

    It is the time in microseconds, or one more than before: no number comes twice, even after a rollback.
    """

    number = models.BigIntegerField(default=1)

    class Meta:
        verbose_name = _("configuration generation")

    def __str__(self) -> str:
        return str(self.number)


class ConfigurationChange(models.Model):
    """The journal: who changed what of the configuration, and when."""

    generation = models.BigIntegerField(_("generation"), db_index=True)
    at = models.DateTimeField(_("time"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=200)
    what = models.CharField(_("what"), max_length=20)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)

    class Meta:
        verbose_name = _("configuration change")
        verbose_name_plural = _("configuration changes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["kind", "key"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.what}"


class VersionState(models.TextChoices):
    """A version is published when it is made, and retired by the next one or by switching it off."""

    PUBLISHED = "published", _("live")
    RETIRED = "retired", _("retired")


class DocumentVersion(models.Model):
    """A published, immutable document: the canonical text that the engine runs from."""

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=100)
    number = models.PositiveIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=200)
    format = models.PositiveSmallIntegerField(_("format"))
    text = models.TextField(_("document"))
    state = FSMField(_("state"), default=VersionState.PUBLISHED, choices=VersionState.choices)
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("published by")
    )
    retired_at = models.DateTimeField(_("retired"), null=True)
    note = models.TextField(_("note"), blank=True, default="")

    class Meta:
        verbose_name = _("published version")
        verbose_name_plural = _("published versions")
        ordering = ["kind", "key", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "number"], name="one_document_per_number"),
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state=VersionState.PUBLISHED),
                name="one_live_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    @transition(field=state, source=VersionState.PUBLISHED, target=VersionState.RETIRED)
    def retire(self) -> None:
        """The engine stops using this version for new work."""


class Currency(models.Model):
    """A currency that amounts may be in; one of them is the company's."""

    code = models.CharField(_("code"), max_length=3, primary_key=True)
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=2)
    company = models.BooleanField(_("the company's"), default=False)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=models.Q(company=True), name="one_company_currency"
            )
        ]

    def __str__(self) -> str:
        return self.code


class ExchangeRate(models.Model):
    """From that day on, one unit of the currency is worth `rate` of the company's."""

    currency = models.ForeignKey(Currency, models.CASCADE, related_name="rates")
    day = models.DateField(_("from"))
    rate = models.DecimalField(_("rate"), max_digits=15, decimal_places=6)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["currency", "-day"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="one_rate_per_day"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.day}: {self.rate}"


class NumberSeries(models.Model):
    """The next document number of a field; taken under a lock, so that no number is given twice."""

    module = models.CharField(_("module"), max_length=60)
    field = models.CharField(_("field"), max_length=60)
    next = models.BigIntegerField(_("next number"), default=1)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [models.UniqueConstraint(fields=["module", "field"], name="one_series_per_field")]

    def __str__(self) -> str:
        return f"{self.module}.{self.field}: {self.next}"
