"""Modules: names, sharing, sections, and the order of their fields."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.base import (
    AnyModelForm,
    Page,
    ServiceForm,
    TableInline,
    actor_of,
    button,
    changed,
    confirmed_form,
    deleted,
    edited,
    usage_lines,
)
from crm.admin.translations import TranslationsField
from crm.models import Field, Module, Section
from crm.modules.editing import change_module, create_module, delete_module, purge_module, restore_module
from crm.modules.field_editing import change_field
from crm.modules.layout import change_section, create_section, delete_section
from crm.modules.usage import Subject, usages_of

NAMES = ("label", "label_plural", "labels", "sharing", "position")


class ModuleForm(ServiceForm):
    """A module with its names in every language."""

    labels = TranslationsField(names=2, help_text=gettext_lazy("The name of one and of many."))

    class Meta:
        model = Module
        fields = ("label", "label_plural", "key", "labels", "sharing", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].help_text = gettext_lazy(
                "For addresses and documents. Left empty, it is made of the name of many; it stays for good."
            )


class Sections(TableInline):
    """The headed parts of the form."""

    feature = "manage_modules"
    model = Section
    fields = ("label", "position")


class FieldOrderForm(AnyModelForm):
    """A field's place; its section is one of the module's."""

    class Meta:
        model = Field
        fields = ("label", "section", "position", "required")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "section" in self.fields and self.instance.module_id:
            self.fields["section"].queryset = Section.objects.filter(module=self.instance.module_id)  # type: ignore[attr-defined]


class Fields(TableInline):
    """The module's fields in their order; each has a page of its own."""

    feature = "manage_modules"
    model = Field
    form = FieldOrderForm
    fields = ("label", "kind", "section", "position", "required", "page")
    readonly_fields = ("kind", "page")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Field]:
        rows = super().get_queryset(request).filter(active=True)
        return rows.order_by("section__position", "position", "id")  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("type"))
    def kind(self, field: Field) -> str:
        """The field's key and type."""
        return f"{field.key} · {field.type}"

    @admin.display(description="")
    def page(self, field: Field) -> str:
        """A link to the field's page."""
        address = reverse("admin:crm_field_change", args=[field.pk])
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, _("Edit"))


@admin.register(Module)
class ModulePage(Page):
    """The list of modules, and a page for each."""

    feature = "manage_modules"
    group, icon = "modules", "view_module"
    place = 10
    form = ModuleForm
    list_display = ("label_plural", "key", "kind", "field_count", "sharing", "active", "position")
    list_filter = ("active", "builtin", "sharing")
    search_fields = ("label_plural", "key")
    ordering = ("position",)
    fields = ("label", "label_plural", "key", "labels", "sharing", "position")
    actions_detail = ("add_field", "switch_off", "switch_on", "purge")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Module]:
        active = Count("fields", filter=Q(fields__active=True))
        return super().get_queryset(request).annotate(active_fields=active)  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, module: Module) -> str:
        """Whether the company made it."""
        return _("built in") if module.builtin else _("made here")

    @admin.display(description=gettext_lazy("fields"))
    def field_count(self, module: Any) -> int:
        """How many fields are active."""
        return int(module.active_fields)

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[Any, ...]:
        """A new module first gets what every record has."""
        return (Sections, Fields) if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Modules are switched off; the page says what that means."""
        return False

    def store(self, request: HttpRequest, obj: Module, form: Any, formsets: Any, *, change: bool) -> None:
        actor = actor_of(request)
        given = {name: form.cleaned_data[name] for name in NAMES}
        if not change:
            made = create_module(actor=actor, key=form.cleaned_data["key"], **given)
            obj.pk, obj.key = made.pk, made.key
            return
        change_module(module=obj, actor=actor, **changed(form, *NAMES))
        sections, fields = formsets
        for row in edited(fields):
            names = ("label", "section", "position", "required")
            change_field(field=row.instance, actor=actor, **changed(row, *names))
        self._store_sections(obj, sections, actor)

    def _store_sections(self, module: Module, formset: Any, actor: Any) -> None:
        for row in edited(formset):
            if row.instance.pk:
                change_section(section=row.instance, actor=actor, **changed(row, "label", "position"))
            else:
                create_section(module=module, label=row.cleaned_data["label"], actor=actor)
        for section in deleted(formset):
            delete_section(section=section, actor=actor)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """What can be done with this module."""
        module = Module.objects.filter(pk=object_id).first()
        if module is None:
            return []
        offered = {"add_field"} if module.active else {"switch_on", "purge"}
        if module.active and not module.builtin:
            offered.add("switch_off")
        found = super().get_actions_detail(request, object_id)
        return [one for one in found if one.action_name.removeprefix("crm_module_") in offered]

    @button(gettext_lazy("Add field"), "add-field")
    def add_field(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page of a new field of this module."""
        return HttpResponseRedirect(f"{reverse('admin:crm_field_add')}?module={object_id}")

    @button(gettext_lazy("Delete module…"), "switch-off")
    def switch_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Says where it is used, and asks."""
        module = Module.objects.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            delete_module(module=module, actor=actor_of(request), confirmed=True)
            return _("%s is switched off. Its records are kept.") % module

        lines = [
            _("The module disappears from menus, lists, rules and imports."),
            _("Its records, fields and rights are kept, and come back if you switch it on again."),
            *usage_lines(usages_of(Subject(module.key))),
        ]
        return self.ask(
            request,
            module,
            title=_("Delete %s") % module,
            send=_("Switch off %s") % module,
            act=act,
            form=confirmed_form(_("I have read what happens")),
            lines=lines,
            danger=True,
        )

    @button(gettext_lazy("Switch on…"), "switch-on")
    def switch_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Brings the module back."""
        module = Module.objects.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            restore_module(module=module, actor=actor_of(request))
            return _("%s is there again.") % module

        title = _("Switch on %s") % module
        return self.ask(request, module, title=title, send=title, act=act)

    @button(gettext_lazy("Delete for good…"), "purge")
    def purge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Deletes an empty module for good."""
        module = Module.objects.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            purge_module(module=module, actor=actor_of(request))
            return _("%s is deleted for good.") % module

        return self.ask(
            request,
            module,
            title=_("Delete %s for good") % module,
            send=_("Delete for good"),
            act=act,
            form=confirmed_form(_("I know that this can't be undone")),
            lines=[_("The module, its fields and its rights are deleted. This can't be undone.")],
            back=self.list_address(),
            danger=True,
        )
