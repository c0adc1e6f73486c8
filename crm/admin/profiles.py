"""Profiles: what people may do, per module, per field and by feature."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelect2Widget

from crm.admin.base import AnyModelForm, TableInline, actor_of
from crm.admin.roles import KeyedForm, KeyedPage
from crm.models import Field, FieldRight, ModuleRight, Profile
from crm.people.features import FEATURES
from crm.people.profiles import delete_profile, save_profile
from crm.people.rights import VERBS


class ProfileForm(KeyedForm):
    """A profile with its features as boxes."""

    features = forms.MultipleChoiceField(
        label=gettext_lazy("features"),
        required=False,
        choices=lambda: [(feature.key, feature.label) for feature in FEATURES.values()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = Profile
        fields = ("name", "key", "description", "features")


class ModuleRights(TableInline):
    """One row per module; a module without a row is closed."""

    feature = "manage_people"
    model = ModuleRight
    fields = ("module", *(f"can_{verb}" for verb in VERBS))
    verbose_name_plural = gettext_lazy("module rights: a module without a row is closed")


class FieldRightForm(AnyModelForm):
    """Names module and field: many modules have a field with the same label."""

    field = forms.ModelChoiceField(
        label=gettext_lazy("field"),
        queryset=Field.objects.select_related("module").order_by("module__position", "position"),
        widget=UnfoldAdminSelect2Widget(),
    )

    class Meta:
        model = FieldRight
        fields = ("field", "access")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].label_from_instance = lambda field: f"{field.module} · {field}"  # type: ignore[attr-defined]


class FieldRights(TableInline):
    """Fields that the profile may only read, or not see."""

    feature = "manage_people"
    model = FieldRight
    form = FieldRightForm
    verbose_name_plural = gettext_lazy("field rights: fields without a row may be edited")


@admin.register(Profile)
class ProfilePage(KeyedPage):
    """The list of profiles, and a page for each."""

    feature = "manage_people"
    group, icon = "people", "badge"
    place = 20
    form = ProfileForm
    list_display = ("name", "key", "people")
    search_fields = ("name", "key")
    fields = ("name", "key", "description", "features")
    inlines = (ModuleRights, FieldRights)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Profile]:
        return super().get_queryset(request).annotate(people_count=Count("users"))  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("people"))
    def people(self, profile: Any) -> int:
        """How many people have the profile."""
        return int(profile.people_count)

    def store(self, request: HttpRequest, obj: Profile, form: Any, formsets: Any, *, change: bool) -> None:
        modules, fields = formsets
        save_profile(
            actor=actor_of(request),
            profile=obj,
            modules={
                row["module"].key: [verb for verb in VERBS if row[f"can_{verb}"]] for row in _rows(modules)
            },
            fields=_by_module(_rows(fields)),
        )

    def remove(self, request: HttpRequest, obj: Profile) -> None:
        delete_profile(actor=actor_of(request), profile=obj)


def _rows(formset: Any) -> list[dict[str, Any]]:
    """What the rows of an inline say that are filled in and not to be deleted."""
    forms_ = [form for form in formset.forms if form not in formset.deleted_forms]
    return [form.cleaned_data for form in forms_ if form.cleaned_data]


def _by_module(rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["field"].module.key, {})[row["field"].key] = row["access"]
    return found
