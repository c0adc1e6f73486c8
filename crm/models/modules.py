"""Modules, their fields, picklist values and layout: what a record of each kind is made of."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

key_format = RegexValidator(
    r"^[a-z][a-z0-9_]{0,58}[a-z0-9]$",
    _("A key has 2 to 60 small letters, digits or underscores; it begins with a letter, ends without a _."),
)


class Sharing(models.TextChoices):
    """Who reaches records beside their owner and the superiors of the owner."""

    PRIVATE = "private", _("private")
    READ = "read", _("everyone may read")
    EDIT = "edit", _("everyone may read and edit")


class Module(models.Model):
    """A kind of record: built in (a Django model) or made by the company (rows of CustomRecord)."""

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[key_format])
    label = models.CharField(_("name of one"), max_length=80)
    label_plural = models.CharField(_("name of many"), max_length=80)
    labels = models.JSONField(
        _("translations"), default=dict, blank=True, help_text=_('By language: {"de": ["Lead", "Leads"]}.')
    )
    builtin = models.BooleanField(_("built in"), default=False, editable=False)
    sharing = models.CharField(_("sharing"), max_length=10, choices=Sharing.choices, default=Sharing.PRIVATE)
    active = models.BooleanField(_("active"), default=True)
    switched_off_at = models.DateTimeField(_("switched off"), null=True, editable=False)
    position = models.PositiveIntegerField(_("position"), default=100)

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")
        ordering = ["position", "label_plural"]

    def __str__(self) -> str:
        return self.label_plural


class Section(models.Model):
    """A headed part of a module's form and page."""

    module = models.ForeignKey(Module, models.CASCADE, related_name="sections")
    key = models.CharField(_("key"), max_length=60, validators=[key_format])
    label = models.CharField(_("heading"), max_length=80)
    labels = models.JSONField(_("translations"), default=dict, blank=True)
    position = models.PositiveIntegerField(_("position"), default=100)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["module", "key"], name="one_section_per_key")]

    def __str__(self) -> str:
        return self.label


class IndexState(models.TextChoices):
    """Where a searched, sorted or unique field's database index stands."""

    NONE = "none", _("none")
    WAITING = "waiting", _("waiting to be built")
    BUILDING = "building", _("being built")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class Field(models.Model):
    """One field of a module."""

    module = models.ForeignKey(Module, models.CASCADE, related_name="fields")
    key = models.CharField(_("key"), max_length=60, validators=[key_format])
    label = models.CharField(_("label"), max_length=120)
    labels = models.JSONField(
        _("translations"), default=dict, blank=True, help_text=_('By language: {"de": "Quelle"}.')
    )
    type = models.CharField(_("type"), max_length=30)
    builtin = models.BooleanField(_("built in"), default=False, editable=False)
    system = models.BooleanField(
        _("kept by the system"), default=False, editable=False, help_text=_("Shown, but never typed in.")
    )
    required = models.BooleanField(_("required"), default=False)
    unique = models.BooleanField(_("unique"), default=False)
    searched = models.BooleanField(_("searched"), default=False)
    sorted = models.BooleanField(_("sorted"), default=False)
    default = models.JSONField(_("default"), null=True, blank=True)
    help = models.CharField(_("help text"), max_length=300, blank=True, default="")
    options = models.JSONField(_("options"), default=dict, blank=True)
    section = models.ForeignKey(
        Section, models.SET_NULL, null=True, blank=True, related_name="fields", verbose_name=_("section")
    )
    position = models.PositiveIntegerField(_("position"), default=100)
    active = models.BooleanField(_("active"), default=True)
    switched_off_at = models.DateTimeField(_("switched off"), null=True, editable=False)
    index_state = FSMField(_("index"), default=IndexState.NONE, choices=IndexState.choices, editable=False)
    index_error = models.TextField(blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["module", "key"], name="one_field_per_key")]

    def __str__(self) -> str:
        return self.label

    @transition(field=index_state, source="*", target=IndexState.WAITING)
    def ask_for_index(self) -> None:
        """The job shall build or drop this field's indexes."""
        self.index_error = ""

    @transition(field=index_state, source=IndexState.WAITING, target=IndexState.BUILDING)
    def index_begun(self) -> None:
        """The job is at it; if it dies, the next one begins this field again."""

    @transition(field=index_state, source=IndexState.WAITING, target=IndexState.READY)
    def index_built(self) -> None:
        """The indexes that the field asks for exist."""

    @transition(field=index_state, source=IndexState.WAITING, target=IndexState.NONE)
    def index_dropped(self) -> None:
        """The field asks for no index and has none."""

    @transition(field=index_state, source=IndexState.WAITING, target=IndexState.FAILED)
    def index_failed(self, error: str) -> None:
        """Building did not work; the message says why."""
        self.index_error = error


class PicklistValue(models.Model):
    """One choice of a picklist, with what it means (open, won, lost, probability, forecast category)."""

    field = models.ForeignKey(Field, models.CASCADE, related_name="values")
    key = models.CharField(_("key"), max_length=100)
    label = models.CharField(_("label"), max_length=120)
    labels = models.JSONField(_("translations"), default=dict, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    position = models.PositiveIntegerField(_("position"), default=100)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("picklist value")
        verbose_name_plural = _("picklist values")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["field", "key"], name="one_value_per_key")]

    def __str__(self) -> str:
        return self.label
