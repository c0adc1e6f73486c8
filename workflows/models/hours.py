"""Business hours: when the organisation and its teams work."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import SharingGroup, User
from crm.models.modules import key_format


class BusinessHours(models.Model):
    """When somebody works: a week in a time zone, without the public holidays of a country."""

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[key_format])
    name = models.CharField(_("name"), max_length=120, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    # Periods as pairs of times by weekday: {"monday": [["09:00", "17:00"]]}; other days are closed.
    week = models.JSONField(_("week"), default=dict, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    region = models.CharField(_("region"), max_length=20, blank=True, default="")
    is_default = models.BooleanField(
        _("hours of the organisation"),
        default=False,
        help_text=_("They hold for everybody who has no others."),
    )
    users = models.ManyToManyField(User, blank=True, related_name="+", verbose_name=_("people"))
    groups = models.ManyToManyField(SharingGroup, blank=True, related_name="+", verbose_name=_("groups"))

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="one_default_hours"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SpecialDay(models.Model):
    """A date that differs from the week and the public holidays."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("closed")
        OPEN = "open", _("open")

    hours = models.ForeignKey(BusinessHours, models.CASCADE, related_name="special_days")
    day = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=120, blank=True, default="")
    kind = models.CharField(_("that day is"), max_length=10, choices=Kind.choices, default=Kind.CLOSED)
    periods = models.JSONField(_("periods"), default=list, blank=True)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["hours", "day"],
                name="one_special_day_per_date",
                violation_error_message=_("This date is there already."),
            )
        ]

    def __str__(self) -> str:
        return str(self.day)
