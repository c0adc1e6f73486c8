"""Templates of e-mails: what rules and people send again and again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Module
from crm.models.modules import key_format


class EmailTemplate(models.Model):
    """Subject and text of e-mails about the records of one module, with merge fields."""

    class Form(models.TextChoices):
        PLAIN = "plain", _("plain text")
        HTML = "html", _("HTML")

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[key_format])
    name = models.CharField(_("name"), max_length=120, unique=True)
    module = models.ForeignKey(
        Module, models.PROTECT, to_field="key", db_column="module", related_name="+", verbose_name=_("module")
    )
    subject = models.CharField(_("subject"), max_length=500)
    form = models.CharField(_("form of the text"), max_length=10, choices=Form.choices, default=Form.PLAIN)
    body = models.TextField(_("text"))
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        help_text=_("Of numbers, dates and values. Left empty, it is that of whoever gets the e-mail."),
    )
    marketing = models.BooleanField(
        _("marketing"),
        default=False,
        help_text=_("Not sent to who wants no marketing e-mail; every e-mail has a link to unsubscribe."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("e-mail template")
        verbose_name_plural = _("e-mail templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
