"""Saved views: a way to look at a module's list, kept under a name."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.people import SharingGroup, User


class ViewSharing(models.TextChoices):
    """Who sees a saved view beside its owner; the rows are those that each person may see anyway."""

    NOBODY = "nobody", _("Only me")
    EVERYONE = "everyone", _("Everyone")
    GROUPS = "groups", _("Some groups")


class ListView(models.Model):
    """Columns, order and filter of a module's list. Nothing in `columns` stands for the usual ones."""

    module = models.ForeignKey(
        "crm.Module", models.CASCADE, to_field="key", related_name="+", db_column="module"
    )
    owner = models.ForeignKey(User, models.CASCADE, related_name="list_views", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=80)
    sharing = models.CharField(
        _("shared with"), max_length=10, choices=ViewSharing.choices, default=ViewSharing.NOBODY
    )
    groups = models.ManyToManyField(
        SharingGroup, blank=True, related_name="list_views", verbose_name=_("groups")
    )
    columns = models.JSONField(_("columns"), default=list, blank=True)
    sort = models.CharField(_("order"), max_length=80, blank=True, default="")
    criteria = models.JSONField(_("filter"), default=dict, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("list view")
        verbose_name_plural = _("list views")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "module", "name"], name="one_view_per_name")]

    def __str__(self) -> str:
        return self.name


class DefaultView(models.Model):
    """With which view somebody begins in a module: a saved one, or one that comes with Signalbox."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    module = models.ForeignKey(
        "crm.Module", models.CASCADE, to_field="key", related_name="+", db_column="module"
    )
    view = models.ForeignKey(ListView, models.CASCADE, null=True, related_name="+")
    builtin = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        verbose_name = _("default view")
        verbose_name_plural = _("default views")
        constraints = [models.UniqueConstraint(fields=["user", "module"], name="one_default_view_per_module")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.module_id}: {self.view_id or self.builtin}"
