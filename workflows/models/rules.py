"""Drafts of workflow rules: what an admin edits; publishing makes a document of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Module
from crm.models.modules import key_format


class Mode(models.TextChoices):
    """How often a rule acts on the same record."""

    EVERY = "every", _("at every matching save")
    BECOMES = "becomes", _("each time the criteria become true")
    ONCE = "once", _("once per record ever")


class Rule(models.Model):
    """A workflow rule's draft."""

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[key_format])
    name = models.CharField(_("name"), max_length=200)
    module = models.ForeignKey(
        Module, models.PROTECT, to_field="key", db_column="module", related_name="+", verbose_name=_("module")
    )
    trigger = models.CharField(_("trigger"), max_length=40, default="created_or_edited")
    trigger_config = models.JSONField(_("settings of the trigger"), default=dict, blank=True)
    mode = models.CharField(_("acts"), max_length=20, choices=Mode.choices, default=Mode.BECOMES)
    position = models.PositiveIntegerField(_("position"), default=100)
    description = models.TextField(_("description"), blank=True, default="")

    class Meta:
        verbose_name = _("workflow rule")
        verbose_name_plural = _("workflow rules")
        ordering = ["module", "position", "id"]

    def __str__(self) -> str:
        return self.name


class RuleBlock(models.Model):
    """Criteria and what to do; the first block whose criteria match acts."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="blocks")
    criteria = models.JSONField(_("criteria"), default=dict, blank=True)
    position = models.PositiveIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.rule_id}/{self.position}"


class RuleAction(models.Model):
    """One action of a block: an action kind and its settings."""

    block = models.ForeignKey(RuleBlock, models.CASCADE, related_name="actions")
    kind = models.CharField(_("action"), max_length=40)
    config = models.JSONField(_("settings"), default=dict, blank=True)
    later = models.JSONField(_("when"), default=dict, blank=True)
    position = models.PositiveIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.kind


class RuleOnce(models.Model):
    """A rule of mode `once` has acted on this record."""

    rule = models.CharField(max_length=60)
    record_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record_id", "rule"], name="rule_acts_once")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.record_id}"


class RuleSweep(models.Model):
    """How far the clock has looked for what a rule waits for.

    Everything that was due until `upto` is done; between it and `target`, where one is set, the records up
    to `last_id`.
    """

    rule = models.CharField(max_length=60, primary_key=True)
    upto = models.DateTimeField()
    target = models.DateTimeField(null=True)
    last_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.rule}: {self.upto}"


class RuleCycle(models.Model):
    """When a rule that acts every so often has last acted on this record."""

    rule = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    acted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record_id", "rule"], name="rule_cycle_of_record")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.record_id}"
