"""What the admin's pages share: access by feature, and writing by services only."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Model
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldBooleanWidget

from crm.documents.kinds import DocumentRefused
from crm.models import User
from crm.modules.problems import ModuleProblem
from crm.modules.usage import Usage
from crm.people.problems import PeopleProblem
from crm.visibility import has_feature

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
if TYPE_CHECKING:
    AnyModelForm = forms.ModelForm[Any]
else:
    AnyModelForm = forms.ModelForm

PROBLEMS = (ModuleProblem, PeopleProblem, DocumentRefused)


def problem_parts(problem: Exception) -> tuple[str | None, list[str]]:
    """The field that a refusal names, and its messages."""
    if isinstance(problem, DocumentRefused):
        return None, [str(one) for one in problem.problems]
    return getattr(problem, "field", None), [str(problem)]


def actor_of(request: HttpRequest) -> User:
    """The person who asks; the site lets nobody in who is not logged in."""
    return cast(User, request.user)


def usage_lines(usages: Sequence[Usage]) -> list[str]:
    """Places of use, each with a link to where it can be changed."""
    link = '<a class="text-primary-600" href="{}">{}</a>'
    return [format_html(link, one.url, one) if one.url else str(one) for one in usages]


class ServiceForm(AnyModelForm):
    """A form that shows what the service refused beside the field that it names."""

    refused: ClassVar[Exception | None] = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        show_refusal(self, self.refused)


def button(
    label: str | Promise, url_path: str, permission: str = "change"
) -> Callable[[FunctionT], FunctionT]:
    """Makes a method of a page a button on top of it, with an address below the object's."""
    return cast(
        Callable[[FunctionT], FunctionT],
        action(description=label, url_path=url_path, permissions=[permission]),
    )


def show_refusal(form: forms.BaseForm, problem: Exception | None) -> None:
    """Adds a service's refusal to a form."""
    if problem is None:
        return
    field, texts = problem_parts(problem)
    for text in texts:
        form.add_error(field if field in form.fields else None, text)


class ByFeature:
    """Access by one feature of the profile, for pages and their inlines."""

    feature: ClassVar[str]

    def allowed(self, request: HttpRequest) -> bool:
        """Whether the person's profile has the feature."""
        return has_feature(actor_of(request), self.feature)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)


class Page(ByFeature, ModelAdmin):  # type: ignore[misc]
    """An admin page. `store` and `remove` call services; the rows themselves are never saved here.

    `group` and `place` (in the group; the smallest first) say where it is in the navigation.
    """

    group: ClassVar[str]
    place: ClassVar[int] = 50
    icon: ClassVar[str] = ""
    form = ServiceForm
    warn_unsaved_form = True
    compressed_fields = True
    list_filter_submit = True
    actions: Sequence[Any] = ()

    def store(
        self,
        request: HttpRequest,
        obj: Any,
        form: ModelForm[Any],
        formsets: list[BaseInlineFormSet[Any, Any, Any]],
        *,
        change: bool,
    ) -> None:
        """Calls the service that saves what the form and its inlines say."""
        raise NotImplementedError

    def remove(self, request: HttpRequest, obj: Any) -> None:
        """Calls the service that deletes."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refused = getattr(request, "refused", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """What a service refuses is rolled back, and shown in the form with everything that was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PROBLEMS as problem:
            request.refused = problem  # type: ignore[attr-defined]
            response = super().changeform_view(request, object_id, form_url, extra_context)
            response.status_code = 422
            return response

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except PROBLEMS as problem:
            for text in problem_parts(problem)[1]:
                messages.error(request, text)
            return HttpResponseRedirect(self.address(object_id))

    def in_use(self, obj: Any) -> Sequence[Usage]:
        """What has to let go of it before it can be deleted."""
        return ()

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The service knows what hangs on it, and says so; Django's own list asks rights nobody has here."""
        blocking = [line for one in objs for line in usage_lines(self.in_use(one))]
        return [str(one) for one in objs], {}, set(), blocking

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the inlines belong to the same change."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        self.store(request, form.instance, form, formsets, change=change)

    def get_actions(self, request: HttpRequest) -> Any:
        """Without "delete the chosen ones", which would not ask the service."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(request, obj)

    def construct_change_message(self, *_args: Any, **_kwargs: Any) -> Any:
        """The services journal every change; Django's own log stays empty."""
        return ""

    def log_addition(self, *_args: Any, **_kwargs: Any) -> Any:
        return None

    def log_change(self, *_args: Any, **_kwargs: Any) -> Any:
        return None

    def log_deletions(self, *_args: Any, **_kwargs: Any) -> Any:
        return None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """What the journal tells of this object."""
        obj = self.get_object(request, object_id)
        query = f"?q={self.journal_key(obj)}" if obj is not None else ""
        return HttpResponseRedirect(reverse("admin:crm_configurationchange_changelist") + query)

    def journal_key(self, obj: Any) -> str:
        """The stable name under which the journal has it."""
        return str(obj.key)

    def address(self, object_id: Any) -> str:
        """The page of one object."""
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[object_id])

    def list_address(self) -> str:
        """The page with the list."""
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")

    def ask(
        self,
        request: HttpRequest,
        obj: Model,
        *,
        title: str,
        send: str,
        act: Callable[[dict[str, Any]], str],
        form: type[forms.Form] = forms.Form,
        initial: dict[str, Any] | None = None,
        lines: Sequence[str] = (),
        back: str | None = None,
        danger: bool = False,
    ) -> HttpResponse:
        """A page that says what will happen and asks for it; `act` does it and returns the message.

        Opening the page changes nothing; sending its form does.
        """
        back = back or self.address(obj.pk)
        posted = request.method == "POST"
        asked = form(request.POST if posted else None, initial=initial)
        if posted and asked.is_valid():
            try:
                with transaction.atomic():
                    message = act(asked.cleaned_data)
                messages.success(request, message)
                return HttpResponseRedirect(back)
            except PROBLEMS as problem:
                show_refusal(asked, problem)
        shown = {
            "title": title,
            "form": asked,
            "lines": lines,
            "button": send,
            "danger": danger,
            "back": back,
        }
        context = {
            **self.admin_site.each_context(request),
            **shown,
            "opts": self.model._meta,
            "original": obj,
        }
        return TemplateResponse(request, "admin/ask.html", context, status=422 if posted else 200)


class ReadOnlyPage(Page):
    """A page on which nothing can be changed."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TableInline(ByFeature, TabularInline):  # type: ignore[misc]
    """Rows of a table inside a page."""

    extra = 0
    hide_title = True


class BlockInline(ByFeature, StackedInline):  # type: ignore[misc]
    """Blocks of fields inside a page."""

    extra = 0


def changed(form: forms.BaseForm, *names: str) -> dict[str, Any]:
    """What somebody changed of these fields, cleaned."""
    return {name: form.cleaned_data[name] for name in names if name in form.changed_data}


def deleted(formset: BaseInlineFormSet[Any, Any, Any]) -> list[Any]:
    """The stored rows that somebody marked to be deleted."""
    return [form.instance for form in formset.deleted_forms if form.instance.pk]


def edited(formset: BaseInlineFormSet[Any, Any, Any]) -> list[Any]:
    """The forms of new and changed rows, in order."""
    gone = formset.deleted_forms
    return [form for form in formset.forms if form.has_changed() and form not in gone]


def confirmed_form(label: str) -> type[forms.Form]:
    """A form with one box to tick."""
    box = forms.BooleanField(label=label, widget=UnfoldBooleanWidget(), required=True)
    return type("ConfirmForm", (forms.Form,), {"confirmed": box})
