"""People: made, placed, sent on holiday, let go. Nobody is ever deleted."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelect2Widget, UnfoldAdminSelectWidget

from crm.admin.base import Page, ServiceForm, actor_of, button, usage_lines
from crm.lists.handing import shared_views_of
from crm.models import User
from crm.modules.loading import registry
from crm.people.breaking import broken_without_person
from crm.people.handover import open_ids
from crm.people.persons import activate_person, deactivate_person, save_person

NEW_PASSWORD = {"autocomplete": "new-password"}


class PersonForm(ServiceForm):
    """A person as the admin edits one."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("time zone"),
        initial="UTC",
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
        widget=UnfoldAdminSelect2Widget(),
    )

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        """Small letters, as the log-in compares it."""
        return str(self.cleaned_data["email"]).strip().lower()


class NewPersonForm(PersonForm):
    """A person who needs a first password."""

    password = forms.CharField(
        label=gettext_lazy("password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs=NEW_PASSWORD),
        help_text=gettext_lazy("At least 10 characters. Tell it to the person in a safe way."),
    )

    def clean_password(self) -> str:
        """As strict as for everybody."""
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label=gettext_lazy("New password"), strip=False, widget=UnfoldAdminPasswordWidget(attrs=NEW_PASSWORD)
    )
    again = forms.CharField(
        label=gettext_lazy("New password again"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs=NEW_PASSWORD),
    )

    def clean(self) -> dict[str, Any]:
        """Both are the same, and strong enough."""
        given = super().clean() or {}
        if given.get("password") != given.get("again"):
            self.add_error("again", _("The two passwords are not the same."))
        try:
            validate_password(given.get("password") or "")
        except ValidationError as error:
            self.add_error("password", error)
        return given


class SuccessorForm(forms.Form):
    """Who takes over."""

    successor = forms.ModelChoiceField(
        label=gettext_lazy("Who takes over the open records, tasks and shared views"),
        queryset=User.objects.filter(is_active=True),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy(
            "Needed where records are open. Shared views that nobody gets stay shared; "
            "who manages modules can take them over later."
        ),
    )


@admin.register(User)
class PersonPage(Page):
    """The list of people, and a page for each."""

    feature = "manage_people"
    group, icon = "people", "person"
    place = 10
    form = PersonForm
    list_display = ("name", "email", "profile", "role", "language", "is_active")
    list_filter = ("is_active", "profile", "role")
    list_select_related = ("profile", "role")
    search_fields = ("name", "email")
    autocomplete_fields = ("superior_override",)
    ordering = ("name",)
    actions_detail = ("set_password", "deactivate", "activate")
    who = (None, {"fields": ("name", "email", "profile", "role", "superior_override", "is_superuser")})
    where = (gettext_lazy("Language and time"), {"fields": ("language", "time_zone")})
    away = (gettext_lazy("Absence"), {"fields": ("absent_from", "absent_to")})
    fieldsets = (who, where, away)
    add_fieldsets = ((None, {"fields": (*who[1]["fields"], "password")}), where)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = PersonForm if obj else NewPersonForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Only superusers make superusers."""
        return () if request.user.is_superuser else ("is_superuser",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def journal_key(self, obj: User) -> str:
        return obj.email

    def store(self, request: HttpRequest, obj: User, form: Any, formsets: Any, *, change: bool) -> None:
        if not change:
            obj.set_password(form.cleaned_data["password"])
        save_person(actor=actor_of(request), person=obj)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Activate those who have left, deactivate those who have not."""
        active = User.objects.filter(pk=object_id, is_active=True).exists()
        left_out = "activate" if active else "deactivate"
        found = super().get_actions_detail(request, object_id)
        return [one for one in found if not one.action_name.endswith(f"_user_{left_out}")]

    @button(gettext_lazy("Set password"), "set-password")
    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new password, for somebody who forgot the old one."""
        person = User.objects.get(pk=object_id)

        def act(given: dict[str, Any]) -> str:
            person.set_password(given["password"])
            save_person(actor=actor_of(request), person=person)
            return _("%s has a new password.") % person

        title = _("New password for %s") % person
        return self.ask(request, person, title=title, send=_("Set password"), act=act, form=PasswordForm)

    @button(gettext_lazy("Deactivate…"), "deactivate")
    def deactivate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks who takes over what is open."""
        person = User.objects.get(pk=object_id)

        def act(given: dict[str, Any]) -> str:
            count = deactivate_person(
                actor=actor_of(request),
                person=User.objects.get(pk=person.pk),
                successor=given["successor"],
            )
            told = ngettext("%(count)s record has", "%(count)s records have", count) % {"count": count}
            return _("%(person)s is deactivated; %(told)s a new owner.") % {"person": person, "told": told}

        lines = [
            _("%s can no longer log in. Nothing that the person did is lost.") % person,
            *open_work(person),
            *(
                format_html("{} {}", _("This will no longer work:"), line)
                for line in usage_lines(broken_without_person(person))
            ),
        ]
        return self.ask(
            request,
            person,
            title=_("Deactivate %s") % person,
            send=_("Deactivate %s") % person,
            act=act,
            form=SuccessorForm,
            lines=lines,
            danger=True,
        )

    @button(gettext_lazy("Activate…"), "activate")
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Takes somebody back."""
        person = User.objects.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            activate_person(actor=actor_of(request), person=person)
            return _("%s can log in again.") % person

        lines = [_("Records that others have taken over stay with them.")]
        title = _("Activate %s") % person
        return self.ask(request, person, title=title, send=title, act=act, lines=lines)


def open_work(person: User) -> list[str]:
    """How much the person has open, a line per module, and how many views others use."""
    counts = [(module.label_plural, len(open_ids(person, module))) for module in registry().modules.values()]
    counts.append((_("Shared views"), len(shared_views_of(person))))
    return [f"{label}: {count}" for label, count in counts if count]
