"""Named actions: written once, used by many rules."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from crm.admin.base import Page, ServiceForm, actor_of, usage_lines
from crm.models import Module
from crm.modules.usage import Usage
from workflows.admin.actions import ActionRow, action_settings
from workflows.kinds.base import ACTION_KINDS
from workflows.kinds.references import Reference
from workflows.models import NamedAction
from workflows.named import NAMED, Place, delete_named, places_of, save_named


class NamedActionForm(ActionRow, ServiceForm):
    """Name and module, and the action."""

    holder = ""

    class Meta:
        model = NamedAction
        fields = ("name", "key", "module", "kind", "config")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [choice for choice in kinds.choices if choice[0] != NAMED]
        if "module" in self.fields:
            self.fields["module"].queryset = Module.objects.filter(active=True)  # type: ignore[attr-defined]


@admin.register(NamedAction)
class NamedActionPage(Page):
    """The list of named actions, and a page for each."""

    feature = "manage_automation"
    group, icon, place = "automation", "bookmark", 15
    form = NamedActionForm
    custom_urls = (("settings/", "action_settings", action_settings),)
    list_display = ("name", "module", "kind_label")
    list_filter = ("module",)
    list_select_related = ("module",)
    search_fields = ("name", "key")
    fieldsets = (
        (None, {"fields": ("name", "key", "module", "kind", "config")}),
        (gettext_lazy("Where it is used"), {"fields": ("places",)}),
    )
    add_fieldsets = ((None, {"fields": ("name", "module", "kind", "config")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key", "module", "places") if obj else ("places",)

    @admin.display(description=gettext_lazy("action"))
    def kind_label(self, obj: NamedAction) -> str:
        """What kind of action it is."""
        kind = ACTION_KINDS.get(obj.kind)
        return str(kind.label) if kind else obj.kind

    @admin.display(description=gettext_lazy("places"))
    def places(self, obj: NamedAction) -> SafeString | str:
        """Rules that name it, each with its page."""
        lines = usage_lines(self.in_use(obj)) if obj.pk else []
        return format_html_join("", "<p>{}</p>", [(line,) for line in lines]) or "–"

    def store(
        self, request: HttpRequest, obj: NamedAction, form: Any, formsets: Any, *, change: bool
    ) -> None:
        save_named(action=obj, actor=actor_of(request))

    def in_use(self, obj: NamedAction) -> list[Usage]:
        found = places_of(Reference("action", obj.key))
        return [Usage("action", place.name, "", blocking=True, url=place_address(place)) for place in found]

    def remove(self, request: HttpRequest, obj: NamedAction) -> None:
        delete_named(action=obj, actor=actor_of(request))


def place_address(place: Place) -> str:
    """The page of a place of use; empty if it has none."""
    if place.pk is None:
        return ""
    return reverse(f"admin:workflows_{place.model}_change", args=[place.pk])
