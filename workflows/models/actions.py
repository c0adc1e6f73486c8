"""Named actions: written once, used by many rules."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Module
from crm.models.modules import key_format


class NamedAction(models.Model):
    """An action under a name. Rules name its key, so that a change of it holds for all of them at once."""

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[key_format])
    name = models.CharField(_("name"), max_length=200)
    module = models.ForeignKey(
        Module, models.PROTECT, to_field="key", db_column="module", related_name="+", verbose_name=_("module")
    )
    kind = models.CharField(_("action"), max_length=40)
    config = models.JSONField(_("settings"), default=dict, blank=True)

    class Meta:
        verbose_name = _("named action")
        verbose_name_plural = _("named actions")
        ordering = ["module", "name"]

    def __str__(self) -> str:
        return self.name
