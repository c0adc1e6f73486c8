"""What pages of drafts share: rows that know their draft, and publishing."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextareaWidget

from crm.admin.base import Page, actor_of, button
from crm.documents.kinds import DOCUMENT_KINDS, PAGES, Data
from crm.documents.live import document_data
from crm.documents.publishing import live_version
from crm.models import DocumentVersion, User


class NoteForm(forms.Form):
    """What is new, for those who look back."""

    note = forms.CharField(
        label=gettext_lazy("What is new"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 2})
    )


class DraftFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Rows that know what they belong to before it is saved: its module decides what they may say."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Also the row that a script makes new ones of knows it."""
        given: dict[str, Any] = super().get_form_kwargs(index)
        if index is None:
            given["instance"] = self.model(**{self.fk.name: self.instance})
        return given

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        setattr(form.instance, self.fk.name, self.instance)
        return form


class DraftPage(Page):
    """A draft: what is live is shown beside it, and changed by publishing only."""

    feature = "manage_automation"
    group = "automation"
    kind: ClassVar[str]
    search_fields = ("name", "key")
    list_filter = ("module",)
    list_select_related = ("module",)
    actions_detail = ("publish", "switch_off")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        PAGES[self.kind] = self.page_of

    def page_of(self, key: str) -> str:
        """The address of the draft with this key; empty if there is none."""
        pk = self.model._default_manager.filter(key=key).values_list("pk", flat=True).first()
        return "" if pk is None else self.address(pk)

    def data(self, obj: Any) -> Data:
        """The document of the draft."""
        raise NotImplementedError

    def put_live(self, obj: Any, actor: User, note: str) -> DocumentVersion:
        """Publishes the draft."""
        raise NotImplementedError

    def take_off(self, obj: Any, actor: User) -> None:
        """Retires the live version."""
        raise NotImplementedError

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("key", "module", "live") if obj else ("live",)

    @admin.display(description=gettext_lazy("live"))
    def live(self, obj: Any) -> SafeString:
        """The live version in words, and whether the draft says something else."""
        version = live_version(self.kind, obj.key) if obj.pk else None
        if version is None:
            return format_html_join("", "<p>{}</p>", [(_("Nothing is live yet."),)])
        same = document_data(version) == self.data(obj)
        head = _("Version %(number)s, since %(at)s.") % {
            "number": version.number,
            "at": f"{version.published_at:%Y-%m-%d %H:%M}",
        }
        state = _("The draft says the same.") if same else _("The draft is different: publish it.")
        lines = [f"{head} {state}", *self.told(document_data(version))]
        return format_html_join("", "<p>{}</p>", [(line,) for line in lines])

    @admin.display(description=gettext_lazy("live"))
    def live_number(self, obj: Any) -> str:
        """The number of the live version, for the list."""
        version = live_version(self.kind, obj.key)
        return _("version %s") % version.number if version else "–"

    def told(self, data: Data) -> list[str]:
        """A document in words, or why there are none."""
        try:
            return DOCUMENT_KINDS[self.kind].describe(data)
        except (KeyError, ValueError) as error:
            return [_("It can't be told in words: %s") % error]

    def problems(self, obj: Any) -> list[str]:
        """Everything that keeps the draft from being published."""
        found = DOCUMENT_KINDS[self.kind].validate(obj.key, self.data(obj))
        return [str(problem) for problem in found]

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Only what is live can be switched off."""
        obj = self.model._default_manager.filter(pk=object_id).first()
        is_live = obj is not None and live_version(self.kind, obj.key) is not None
        found = super().get_actions_detail(request, object_id)
        return [one for one in found if is_live or not one.action_name.endswith("_switch_off")]

    @button(gettext_lazy("Publish…"), "publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Says what will be live and what is wrong with it, and asks."""
        obj = self.model._default_manager.get(pk=object_id)

        def act(given: dict[str, Any]) -> str:
            version = self.put_live(obj, actor_of(request), given["note"])
            return _("Version %s is live.") % version.number

        wrong = [_("This has to be put right first: %s") % problem for problem in self.problems(obj)]
        return self.ask(
            request,
            obj,
            title=_("Publish %s") % obj,
            send=_("Publish %s") % obj,
            act=act,
            form=NoteForm,
            lines=[_("This has to be put right first: %s") % one for one in wrong]
            or self.told(self.data(obj)),
        )

    @button(gettext_lazy("Switch off…"), "switch-off")
    def switch_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Takes the live version out of use."""
        obj = self.model._default_manager.get(pk=object_id)

        def act(_given: dict[str, Any]) -> str:
            self.take_off(obj, actor_of(request))
            return str(_("%s is switched off.") % obj)

        return self.ask(
            request,
            obj,
            title=_("Switch off %s") % obj,
            send=_("Switch off %s") % obj,
            act=act,
            lines=[_("It no longer acts on new changes. Its versions and what they did stay readable.")],
            danger=True,
        )
