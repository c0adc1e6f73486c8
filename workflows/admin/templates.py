"""E-mail templates: texts with merge fields, and what they make of a record."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from crm.admin.base import actor_of, button
from crm.admin.roles import KeyedForm, KeyedPage
from crm.models import Module
from crm.modules.loading import registry
from workflows.merge_fields import merge_groups
from workflows.models import EmailTemplate
from workflows.previewing import preview
from workflows.template_verbs import FEATURE, delete_template, save_template


class TemplateForm(KeyedForm):
    """A template; its module stays, since merge fields are of a module."""

    class Meta:
        model = EmailTemplate
        fields = ("name", "key", "module", "subject", "form", "body", "language", "marketing", "active")
        widgets = {"body": UnfoldAdminTextareaWidget({"rows": 16})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "module" in self.fields:
            self.fields["module"].queryset = Module.objects.filter(active=True)  # type: ignore[attr-defined]


class RecordForm(forms.Form):
    """Which record a preview is of."""

    record = forms.CharField(
        label=gettext_lazy("Record"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Its id or a part of its name; left empty, the newest that you see."),
    )


@admin.register(EmailTemplate)
class TemplatePage(KeyedPage):
    """The list of templates, and a page for each."""

    feature = FEATURE
    group, icon, place = "automation", "mail", 40
    form = TemplateForm
    list_display = ("name", "module", "subject", "marketing", "active")
    list_filter = ("module", "marketing", "active")
    list_select_related = ("module",)
    search_fields = ("name", "key", "subject")
    actions_detail = ("preview",)
    fieldsets = (
        (None, {"fields": ("name", "key", "module", "active", "marketing", "language")}),
        (gettext_lazy("Text"), {"fields": ("subject", "form", "body")}),
        (gettext_lazy("Merge fields"), {"fields": ("merge_fields",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key", "module", "merge_fields") if obj else ("merge_fields",)

    @admin.display(description=gettext_lazy("to copy into the text"))
    def merge_fields(self, template: EmailTemplate) -> SafeString | str:
        """The merge fields of the template's module."""
        module = registry().modules.get(template.module_id) if template.pk else None
        if module is None:
            return _("Save the template to see the fields of its module.")
        return render_to_string("admin/merge_fields.html", {"groups": merge_groups(module)})

    @button(gettext_lazy("Preview…"), "preview")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The stored template, filled from a record that the admin sees, with what they may read."""
        template = self.model._default_manager.get(pk=object_id)
        form = RecordForm(request.GET or None)
        typed = form.cleaned_data["record"] if form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview of %s") % template,
            "form": form,
            "shown": preview(template, typed, actor_of(request)),
            "back": self.address(object_id),
            "opts": self.model._meta,
            "original": template,
        }
        return TemplateResponse(request, "admin/email_preview.html", context)

    def store(
        self, request: HttpRequest, obj: EmailTemplate, form: Any, formsets: Any, *, change: bool
    ) -> None:
        save_template(template=obj, actor=actor_of(request))

    def remove(self, request: HttpRequest, obj: EmailTemplate) -> None:
        delete_template(template=obj, actor=actor_of(request))
