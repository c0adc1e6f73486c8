"""Fields: a page for each, with its picklist values, its type and where it is used."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.admin.base import (
    Page,
    TableInline,
    actor_of,
    button,
    changed,
    confirmed_form,
    edited,
    usage_lines,
)
from crm.admin.field_forms import (
    FieldForm,
    NewFieldForm,
    ValueForm,
    delete_value_form,
    lines_of,
    type_form,
)
from crm.models import Field, PicklistValue
from crm.modules.field_editing import change_field, create_field, delete_field, purge_field, restore_field
from crm.modules.field_rules import WITH_CHOICES
from crm.modules.journal import journal_key
from crm.modules.loading import field_info
from crm.modules.picklists import add_value, change_value, delete_value
from crm.modules.retyping import change_field_type, try_field_type
from crm.modules.usage import Subject, usages_of
from crm.modules.usage.records import rows_with

FLAGS = ("required", "unique", "searched", "sorted")
CHANGES = ("label", "labels", *FLAGS, "default", "help", "section", "position")
VALUE_CHANGES = ("label", "labels", "attributes", "position", "active")


class Values(TableInline):
    """A picklist's values in their order."""

    feature = "manage_modules"
    model = PicklistValue
    form = ValueForm
    fields = ("label", "key", "attributes", "labels", "position", "active", "removal")
    readonly_fields = ("key", "removal")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A value in use needs a replacement: it has a page of its own."""
        return False

    @admin.display(description="")
    def removal(self, value: PicklistValue) -> str:
        """A link to the page that asks for the replacement."""
        if value.pk is None or not value.active:
            return ""
        address = reverse("admin:crm_field_delete_value", args=[value.field_id, value.pk])
        return format_html('<a class="text-red-600" href="{}">{}</a>', address, _("Delete…"))


@admin.register(Field)
class FieldPage(Page):
    """The list of fields, and a page for each."""

    feature = "manage_modules"
    group, icon = "modules", "list_alt"
    list_display = ("label", "key", "module", "type", *FLAGS, "index_state", "active")
    list_filter = ("module", "type", "active", "builtin", "index_state")
    list_select_related = ("module",)
    search_fields = ("label", "key")
    ordering = ("module__position", "section__position", "position")
    actions_detail = ("change_type", "switch_off", "switch_on", "purge")
    readonly_fields = ("module", "key", "type", "index_state", "index_error")
    what = ("label", "labels", "help", "default")
    fieldsets = (
        (None, {"fields": ("module", "key", "type", *what)}),
        (gettext_lazy("Rules"), {"fields": (*FLAGS, "index_state", "index_error")}),
        (gettext_lazy("Place in the form"), {"fields": ("section", "position")}),
    )
    add_fieldsets = (
        (None, {"fields": ("module", "label", "key", "type", "length", "scale", "target", "choices")}),
        (gettext_lazy("Rules"), {"fields": ("default", *FLAGS)}),
        (gettext_lazy("Words"), {"fields": ("help", "labels")}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = FieldForm if obj else NewFieldForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        closed = (*FLAGS[:2], "default") if obj.system else ()
        return (*self.readonly_fields, *closed)

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[Any, ...]:
        return (Values,) if obj and obj.type in WITH_CHOICES else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Field]:
        return super().get_queryset(request).select_related("module", "section")  # type: ignore[no-any-return]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Fields are switched off; the page says what that means."""
        return False

    def journal_key(self, obj: Field) -> str:
        return journal_key(obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.delete_value_view)
        own = path("<int:field_id>/values/<int:pk>/delete/", view, name="crm_field_delete_value")
        return [own, *super().get_urls()]

    def store(self, request: HttpRequest, obj: Field, form: Any, formsets: Any, *, change: bool) -> None:
        actor = actor_of(request)
        if not change:
            self._create(obj, form, actor)
            return
        change_field(field=obj, actor=actor, **changed(form, *CHANGES))
        for row in (row for formset in formsets for row in edited(formset)):
            given = changed(row, *VALUE_CHANGES)
            if row.instance.pk:
                change_value(value=row.instance, actor=actor, **given)
            else:
                given.pop("active", None)
                label = given.pop("label")
                add_value(field=obj, label=label, actor=actor, **given)

    def _create(self, obj: Field, form: Any, actor: Any) -> None:
        given = form.cleaned_data
        made = create_field(
            module=given["module"],
            label=given["label"],
            type=given["type"],
            key=given["key"],
            actor=actor,
            options=form.options(),
            choices=lines_of(given["choices"]),
            default=given["default"] or None,
            labels=given["labels"] or {},
            help=given["help"],
            **{flag: given[flag] for flag in FLAGS},
        )
        obj.pk, obj.key = made.pk, made.key

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """What can be done with this field."""
        field = Field.objects.filter(pk=object_id).first()
        if field is None or field.builtin or field.system:
            return []
        offered = {"change_type", "switch_off"} if field.active else {"switch_on", "purge"}
        found = super().get_actions_detail(request, object_id)
        return [one for one in found if one.action_name.removeprefix("crm_field_") in offered]

    @button(gettext_lazy("Change type…"), "type")
    def change_type(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Carries the values over to another type, or says which do not fit."""
        field = Field.objects.select_related("module").get(pk=object_id)
        form = type_form(field)

        def act(given: dict[str, Any]) -> str:
            asked = form(request.POST)
            asked.is_valid()
            count = change_field_type(
                field=field,
                type=given["type"],
                actor=actor_of(request),
                options=asked.options() or None,
                choices=lines_of(given["choices"]),
            )
            told = {"field": field, "type": given["type"], "count": count}
            return _("%(field)s is of the type %(type)s now; %(count)s values were carried over.") % told

        return self.ask(
            request,
            field,
            title=_("Change the type of %s") % field,
            send=_("Change type"),
            act=act,
            form=form,
            initial={"choices": "\n".join(stored_texts(field))},
            lines=[
                ngettext("%(count)s record has a value.", "%(count)s records have a value.", count)
                % {"count": count}
                for count in (rows_with(field).count(),)
            ]
            + [_("If one value does not fit, or would lose something, nothing is changed.")],
        )

    @button(gettext_lazy("Delete field…"), "switch-off")
    def switch_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Says where it is used, and asks."""
        field = Field.objects.select_related("module").get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            delete_field(field=field, actor=actor_of(request), confirmed=True)
            return _("%s is switched off. Its values are kept.") % field

        lines = [
            _("The field disappears from forms, lists, filters and imports."),
            _("Its values are kept for at least 30 days, and come back if you switch it on again."),
            *usage_lines(usages_of(Subject(field.module.key, field.key))),
        ]
        return self.ask(
            request,
            field,
            title=_("Delete %s") % field,
            send=_("Switch off %s") % field,
            act=act,
            form=confirmed_form(_("I have read what happens")),
            lines=lines,
            danger=True,
        )

    @button(gettext_lazy("Switch on…"), "switch-on")
    def switch_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Brings the field back with its values."""
        field = Field.objects.select_related("module").get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            restore_field(field=field, actor=actor_of(request))
            return _("%s is there again, with its values.") % field

        title = _("Switch on %s") % field
        return self.ask(request, field, title=title, send=title, act=act)

    @button(gettext_lazy("Delete for good…"), "purge")
    def purge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Deletes the field and its values for good."""
        field = Field.objects.select_related("module").get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            count = purge_field(field=field, actor=actor_of(request))
            return _("%(field)s and %(count)s values are deleted.") % {"field": field, "count": count}

        return self.ask(
            request,
            field,
            title=_("Delete %s for good") % field,
            send=_("Delete for good"),
            act=act,
            form=confirmed_form(_("I know that this can't be undone")),
            lines=[_("The values are deleted from all records; only their history still tells them.")],
            back=self.list_address(),
            danger=True,
        )

    def delete_value_view(self, request: HttpRequest, field_id: int, pk: int) -> HttpResponse:
        """Says who holds the value, and asks what they get instead."""
        value = PicklistValue.objects.select_related("field__module").filter(pk=pk, field=field_id).first()
        if value is None or not self.has_change_permission(request):
            raise Http404

        def act(given: dict[str, Any]) -> str:
            new = given["replacement"]
            count = delete_value(
                value=value,
                actor=actor_of(request),
                replacement=new,
                clear=new is None,
            )
            told = ngettext("%(count)s record was changed.", "%(count)s records were changed.", count)
            return _("“%s” is deleted.") % value + " " + told % {"count": count}

        subject = Subject(value.field.module.key, value.field.key, value.key)
        return self.ask(
            request,
            value.field,
            title=_("Delete the value “%s”") % value,
            send=_("Delete value"),
            act=act,
            form=delete_value_form(value),
            lines=usage_lines(usages_of(subject)) or [_("No record holds it.")],
            back=self.address(field_id),
            danger=True,
        )


def stored_texts(field: Field) -> list[str]:
    """The texts that records hold, offered as the values of a picklist."""
    if field_info(field).type.family != "text":
        return []
    return sorted(try_field_type(field=field, type="text").values)
