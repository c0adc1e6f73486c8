"""People: who logs in, what their profile allows, and where they stand in the organisation."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _
from tree_queries.models import TreeNode, TreeNodeForeignKey

from crm.languages import LANGUAGES


class UserManager(BaseUserManager["User"]):
    """Makes people; the e-mail address is the log-in and is kept in lower case."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in with an e-mail address."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    profile = models.ForeignKey(
        "crm.Profile", models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("profile")
    )
    role = models.ForeignKey(
        "crm.Role", models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("role")
    )
    superior_override = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="direct_reports",
        verbose_name=_("superior"),
        help_text=_("Instead of the head of the nearest role above."),
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    absent_from = models.DateField(_("absent from"), null=True, blank=True)
    absent_to = models.DateField(_("absent to"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(absent_from__isnull=True)
                | models.Q(absent_to__isnull=True)
                | models.Q(absent_to__gte=models.F("absent_from")),
                name="user_absence_in_order",
                violation_error_message=_("Absent to must not be before absent from."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def is_absent(self, day: date) -> bool:
        """Whether the person is away on that day; an open end counts as away."""
        if self.absent_from is None and self.absent_to is None:
            return False
        return (self.absent_from or date.min) <= day <= (self.absent_to or date.max)


class Profile(models.Model):
    """What a person may do: rights per module and field, and features. A person has one."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True, default="")
    features = models.JSONField(_("features"), default=list, blank=True)
    group = models.OneToOneField(Group, models.PROTECT, editable=False, related_name="profile")

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ModuleRight(models.Model):
    """What a profile may do with the records of one module."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="module_rights")
    module = models.ForeignKey(
        "crm.Module", models.CASCADE, to_field="key", related_name="+", db_column="module"
    )
    can_view = models.BooleanField(_("view"), default=True)
    can_create = models.BooleanField(_("create"), default=True)
    can_edit = models.BooleanField(_("edit"), default=True)
    can_delete = models.BooleanField(_("delete"), default=False)
    can_import = models.BooleanField(_("import"), default=False)
    can_export = models.BooleanField(_("export"), default=False)
    can_mass_update = models.BooleanField(_("mass update"), default=False)

    class Meta:
        verbose_name = _("module right")
        verbose_name_plural = _("module rights")
        constraints = [models.UniqueConstraint(fields=["profile", "module"], name="one_right_per_module")]

    def __str__(self) -> str:
        return f"{self.profile_id}: {self.module_id}"


class FieldRight(models.Model):
    """A field that a profile may only read or not see; fields without a row may be edited."""

    class Access(models.TextChoices):
        EDIT = "edit", _("edit")
        READ = "read", _("read only")
        HIDDEN = "hidden", _("hidden")

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="field_rights")
    field = models.ForeignKey("crm.Field", models.CASCADE, related_name="+")
    access = models.CharField(_("access"), max_length=10, choices=Access.choices, default=Access.READ)

    class Meta:
        verbose_name = _("field right")
        verbose_name_plural = _("field rights")
        constraints = [models.UniqueConstraint(fields=["profile", "field"], name="one_right_per_field")]

    def __str__(self) -> str:
        return f"{self.profile_id}: {self.field_id} {self.access}"


class Role(TreeNode):
    """A place in the organisation; superiors see what the people below them own."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    parent = TreeNodeForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("above")
    )
    head = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="heads", verbose_name=_("head")
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SharingGroup(models.Model):
    """People, roles and other groups under one name; its Django group holds the flattened members."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    group = models.OneToOneField(Group, models.PROTECT, editable=False, related_name="sharing_group")
    users = models.ManyToManyField(User, blank=True, related_name="sharing_groups", verbose_name=_("people"))
    roles = models.ManyToManyField(Role, blank=True, related_name="sharing_groups", verbose_name=_("roles"))
    groups = models.ManyToManyField(
        "self", blank=True, symmetrical=False, related_name="parent_groups", verbose_name=_("groups")
    )

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
