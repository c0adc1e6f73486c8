"""Drafts of assignment rules, and where each round robin stands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Module, Role, SharingGroup, User
from crm.models.modules import key_format


class AssignmentRule(models.Model):
    """An assignment rule's draft: ordered entries, the first that matches gives the record an owner."""

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[key_format])
    name = models.CharField(_("name"), max_length=200)
    module = models.ForeignKey(
        Module, models.PROTECT, to_field="key", db_column="module", related_name="+", verbose_name=_("module")
    )
    on_create = models.BooleanField(
        _("runs on every new record"),
        default=False,
        help_text=_("Otherwise only where it is chosen, as in an import."),
    )

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        ordering = ["module", "name"]

    def __str__(self) -> str:
        return self.name


class AssignmentEntry(models.Model):
    """If the criteria match: to one person, or in turn to people, roles and groups."""

    class Kind(models.TextChoices):
        USER = "user", _("a person")
        ROUND_ROBIN = "round_robin", _("in turn")

    rule = models.ForeignKey(AssignmentRule, models.CASCADE, related_name="entries")
    key = models.CharField(_("key"), max_length=60, validators=[key_format])
    criteria = models.JSONField(_("criteria"), default=dict, blank=True)
    kind = models.CharField(_("gives it to"), max_length=20, choices=Kind.choices, default=Kind.USER)
    users = models.ManyToManyField(User, blank=True, related_name="+", verbose_name=_("people"))
    roles = models.ManyToManyField(Role, blank=True, related_name="+", verbose_name=_("roles"))
    groups = models.ManyToManyField(SharingGroup, blank=True, related_name="+", verbose_name=_("groups"))
    position = models.PositiveIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["rule", "key"], name="one_entry_per_key")]

    def __str__(self) -> str:
        return f"{self.rule_id}/{self.key}"


class RoundRobinCursor(models.Model):
    """Who had the last turn of an entry; locked while turns are given."""

    entry = models.CharField(max_length=130, unique=True)
    last_user_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.entry}: {self.last_user_id}"
