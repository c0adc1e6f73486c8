"""Roles, the tree of the organisation; and groups."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from crm.admin.base import Page, ServiceForm, actor_of
from crm.models import Role, SharingGroup
from crm.modules.keys import free_key
from crm.modules.usage import Usage
from crm.people.groups import broken_without_group, delete_group, save_group
from crm.people.roles import broken_without_role, delete_role, save_role


class KeyedForm(ServiceForm):
    """A form of something whose key is made of its name if none is given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].help_text = gettext_lazy("Left empty, it is made of the name.")

    def clean_key(self) -> str:
        """The key given, else one made of the name."""
        model = type(self.instance)
        taken = set(model._default_manager.order_by().values_list("key", flat=True))
        given = self.cleaned_data["key"]
        return given or free_key(self.cleaned_data.get("name", ""), str(model._meta.model_name), taken)


class KeyedPage(Page):
    """A page of something with a key that documents name, so that it stays."""

    form = KeyedForm

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key",) if obj else ()


class TreeList(ChangeList):  # type: ignore[misc]
    """A list in the order of the tree, which is no order that other pages could ask roles for."""

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Role]:
        rows: QuerySet[Role] = super().get_queryset(*args, **kwargs).order_by("tree_ordering")
        return rows


@admin.register(Role)
class RolePage(KeyedPage):
    """The tree of roles, indented, and a page for each."""

    feature = "manage_people"
    group, icon = "people", "account_tree"
    list_display = ("indented", "key", "head", "parent")
    list_select_related = ("head", "parent")
    search_fields = ("name", "key")
    fields = ("name", "key", "parent", "head")
    autocomplete_fields = ("head",)
    list_per_page = 1000

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        rows: QuerySet[Role] = Role.objects.with_tree_fields()
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Any]:
        return TreeList

    @admin.display(description=gettext_lazy("name"))
    def indented(self, role: Any) -> SafeString:
        """The name, moved in by its depth; said in words to screen readers by the column `above`."""
        depth = int(getattr(role, "tree_depth", 0))
        return format_html('<span style="padding-left: {}em">{}</span>', depth * 1.5, role.name)

    def store(self, request: HttpRequest, obj: Role, form: Any, formsets: Any, *, change: bool) -> None:
        save_role(actor=actor_of(request), role=obj)

    def remove(self, request: HttpRequest, obj: Role) -> None:
        delete_role(actor=actor_of(request), role=obj)

    def in_use(self, obj: Role) -> list[Usage]:
        return broken_without_role(obj)


@admin.register(SharingGroup)
class GroupPage(KeyedPage):
    """The list of groups, and a page for each."""

    feature = "manage_people"
    group, icon = "people", "groups"
    list_display = ("name", "key", "members")
    search_fields = ("name", "key")
    fields = ("name", "key", "users", "roles", "groups")
    autocomplete_fields = ("users", "roles", "groups")

    @admin.display(description=gettext_lazy("active members"))
    def members(self, group: SharingGroup) -> int:
        """How many people the group comes down to."""
        return group.group.user_set.count()

    def store(
        self, request: HttpRequest, obj: SharingGroup, form: Any, formsets: Any, *, change: bool
    ) -> None:
        members = {name: form.cleaned_data[name] for name in ("users", "roles", "groups")}
        save_group(actor=actor_of(request), group=obj, **members)

    def remove(self, request: HttpRequest, obj: SharingGroup) -> None:
        delete_group(actor=actor_of(request), group=obj)

    def in_use(self, obj: SharingGroup) -> list[Usage]:
        return broken_without_group(obj)
