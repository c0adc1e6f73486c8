"""Records: looked at, never changed here; the staff page is one click away."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.base import ReadOnlyPage, actor_of
from crm.door.reading import read_records
from crm.models import CustomRecord, History, Record, User
from crm.modules.builtin import BUILTIN_MODULES
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility import can, readable, visible_to

SHOWN_HISTORY = 50


class RecordPage(ReadOnlyPage):
    """The records of one module that the person may see, with the fields that the person may read."""

    group = "records"
    icon = "description"
    module_key = ""
    list_display = ("name", "owner", "created_at", "modified_at", "staff_page")
    list_select_related = ("owner",)
    search_fields = ("name",)
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("staff_page", "values", "told")
    readonly_fields = fields

    def modules(self) -> list[ModuleInfo]:
        """The modules whose records are here."""
        found = registry().modules.get(self.module_key)
        return [found] if found else []

    def allowed(self, request: HttpRequest) -> bool:
        user = actor_of(request)
        return any(can(user, "view", module) for module in self.modules())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        reader = actor_of(request)
        found = [visible_to(reader, module) for module in self.modules()]
        rows = found[0] if len(found) == 1 else self.among(found)
        return rows.order_by("-id")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The record, with who looks at it: the page itself is shared by all threads."""
        record = super().get_object(request, object_id, from_field)
        if record is not None:
            record.reader = actor_of(request)
        return record

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The staff page has the timeline."""
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        return HttpResponseRedirect(reverse("record", args=[self.module_of(record).key, record.pk]))

    def among(self, found: list[Any]) -> QuerySet[Any]:
        """The rows of several modules in one list."""
        rows: QuerySet[Any] = self.model._default_manager.none()
        for part in found:
            rows = rows | self.model._default_manager.filter(pk__in=part.values("pk"))
        return rows

    def module_of(self, record: Any) -> ModuleInfo:
        """The record's module."""
        return registry().module(self.module_key)

    @admin.display(description=gettext_lazy("staff page"))
    def staff_page(self, record: Any) -> SafeString:
        """A link to where the record is worked on."""
        address = reverse("record", args=[self.module_of(record).key, record.pk])
        return format_html('<a class="text-primary-600" href="{}">{}</a>', address, _("Open"))

    @admin.display(description=gettext_lazy("fields"))
    def values(self, record: Any) -> SafeString:
        """Every field that the person may read and that has a value."""
        module = self.module_of(record)
        stored = read_records(module, [record.pk])[record.pk]
        allowed = readable(record.reader, module)
        people = _names(module, stored.values)
        rows = [
            (info.label, people.get((info.type.family, value)) or info.type.show(value, info))
            for key, info in module.fields.items()
            if key in allowed and (value := stored.values[key]) is not None and not isinstance(value, dict)
        ]
        return format_html_join("", "<p><b>{}</b>: {}</p>", rows)

    @admin.display(description=gettext_lazy("history"))
    def told(self, record: Any) -> SafeString:
        """The newest changes: when, who or what, which fields."""
        allowed = readable(record.reader, self.module_of(record))
        rows = History.objects.filter(record_id=record.pk).select_related("actor", "cause")[:SHOWN_HISTORY]
        return format_html_join(
            "",
            "<p>{} · {} · {} · {}</p>",
            [
                (
                    f"{row.at:%Y-%m-%d %H:%M}",
                    row.get_kind_display(),
                    row.cause.label,
                    ", ".join(sorted(allowed.intersection(row.changes))),
                )
                for row in rows
            ],
        )


def _names(module: ModuleInfo, values: dict[str, Any]) -> dict[tuple[str, Any], str]:
    """The names of the people that a record names."""
    ids = {
        value
        for key, info in module.fields.items()
        if info.type.family == "user" and (value := values[key]) is not None
    }
    return {("user", pk): str(person) for pk, person in User.objects.in_bulk(ids).items()}


class CustomRecordPage(RecordPage):
    """The records of all modules that the company made."""

    list_display = ("name", "module_name", "owner", "created_at", "staff_page")

    def modules(self) -> list[ModuleInfo]:
        return [module for module in registry().modules.values() if module.custom]

    def allowed(self, request: HttpRequest) -> bool:
        return bool(self.readable_modules(request))

    def readable_modules(self, request: HttpRequest) -> list[ModuleInfo]:
        """Those of the modules that the person's profile opens."""
        user = actor_of(request)
        return [module for module in self.modules() if can(user, "view", module)]

    def module_of(self, record: Any) -> ModuleInfo:
        return registry().module(record.module)

    @admin.display(description=gettext_lazy("module"), ordering="module")
    def module_name(self, record: CustomRecord) -> str:
        """The module's name."""
        return self.module_of(record).label_plural


def register_records() -> None:
    """A page for each built-in module, and one for all records of custom ones."""
    for declared in BUILTIN_MODULES:
        page: type[Any] = type(
            f"{declared.model.__name__}Page",
            (RecordPage,),
            {"__module__": __name__, "module_key": declared.key},
        )
        admin.site.register(declared.model, page)
    model: type[Record] = CustomRecord
    admin.site.register(model, CustomRecordPage)


register_records()
