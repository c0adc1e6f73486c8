"""Rules: drafts with their blocks and actions, and what is live."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from crm.admin.base import AnyModelForm, BlockInline, actor_of
from crm.documents.kinds import Data
from crm.models import DocumentVersion, User
from crm.modules.loading import registry
from workflows import rule_documents
from workflows.admin.criteria import CriteriaForm
from workflows.admin.drafts import JSON_INPUT, DraftFormSet, DraftPage
from workflows.admin.triggers import FIELDS as TRIGGER_FIELDS
from workflows.admin.triggers import RuleForm
from workflows.drafts import BlockDraft, delete_rule, save_rule
from workflows.kinds.base import ACTION_KINDS
from workflows.models import Rule, RuleAction, RuleBlock
from workflows.publishing import publish_rule, rule_data, switch_off_rule
from workflows.triggers.base import TRIGGER_KINDS


class ActionForm(AnyModelForm):
    """One action: its kind, and its settings as JSON, checked by the kind."""

    kind = forms.ChoiceField(
        label=gettext_lazy("action"),
        choices=lambda: [(key, kind.label) for key, kind in ACTION_KINDS.items()],
        widget=UnfoldAdminSelectWidget(),
    )

    class Meta:
        model = RuleAction
        fields = ("kind", "config", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["config"].widget = UnfoldAdminTextareaWidget(dict(JSON_INPUT))
        self.fields["config"].help_text = self.words()

    def words(self) -> str:
        """The stored action as a sentence; for a new one the settings that the kinds take."""
        kind = ACTION_KINDS.get(self.instance.kind) if self.instance.pk else None
        if kind is None:
            return " · ".join(f"{known.label}: {known.__doc__}" for known in ACTION_KINDS.values())
        module = registry().modules.get(self.instance.block.rule.module_id)
        if module is None or kind.validate(self.instance.config, module):
            return _("This has to be put right.")
        return kind.describe(self.instance.config, module)

    def clean(self) -> dict[str, Any]:
        """The settings fit the kind and the module."""
        given = super().clean() or self.cleaned_data
        kind = ACTION_KINDS.get(given.get("kind", ""))
        module = registry().modules.get(str(self.instance.block.rule.module_id))
        config = given.get("config")
        if config is not None and not isinstance(config, dict):
            self.add_error("config", _("Settings are a JSON object in braces."))
        elif kind is not None and module is not None and "config" in given:
            for text in kind.validate(config or {}, module):
                self.add_error("config", text)
        return given


class Actions(BlockInline):
    """The actions of one block."""

    feature = "manage_automation"
    model = RuleAction
    form = ActionForm
    formset = DraftFormSet
    fields = ("kind", "config", "position")


class BlockForm(CriteriaForm):
    """A block; one without criteria acts always, and counts as filled in if it has actions."""

    events = True
    nested_formsets: list[Any]

    class Meta:
        model = RuleBlock
        fields = ("criteria", "position")

    def has_changed(self) -> bool:
        """Also if only an action of it was filled in."""
        nested = getattr(self, "nested_formsets", [])
        return super().has_changed() or any(inner.formset.has_changed() for inner in nested)


class Blocks(BlockInline):
    """The blocks of a rule: the first whose criteria match acts."""

    feature = "manage_automation"
    model = RuleBlock
    form = BlockForm
    formset = DraftFormSet
    fields = ("criteria", "position")
    inlines = (Actions,)


@admin.register(Rule)
class RulePage(DraftPage):
    """The list of rules, and a page for each."""

    icon = "bolt"
    place = 10
    kind = rule_documents.KIND
    form = RuleForm
    list_display = ("name", "module", "waits_for", "mode", "position", "live_number")
    fieldsets = (
        (None, {"fields": ("name", "key", "module", "position", "description")}),
        (gettext_lazy("Trigger"), {"fields": (*TRIGGER_FIELDS, "mode")}),
        (gettext_lazy("What is live"), {"fields": ("live",)}),
    )
    add_fieldsets = ((None, {"fields": ("name", "module", "trigger", "mode", "position", "description")}),)
    inlines = (Blocks,)

    @admin.display(description=gettext_lazy("when a record is"), ordering="trigger")
    def waits_for(self, obj: Rule) -> str:
        """The trigger's name."""
        kind = TRIGGER_KINDS.get(obj.trigger)
        return str(kind.label) if kind else obj.trigger

    def data(self, obj: Rule) -> Data:
        return rule_data(obj)

    def put_live(self, obj: Rule, actor: User, note: str) -> DocumentVersion:
        return publish_rule(obj, actor=actor, note=note)

    def take_off(self, obj: Rule, actor: User) -> None:
        switch_off_rule(obj.key, actor=actor)

    def store(self, request: HttpRequest, obj: Rule, form: Any, formsets: Any, *, change: bool) -> None:
        blocks = [
            BlockDraft(row.cleaned_data.get("criteria") or {}, _actions(row)) for row in in_order(formsets[0])
        ]
        save_rule(rule=obj, blocks=blocks, actor=actor_of(request))

    def remove(self, request: HttpRequest, obj: Rule) -> None:
        delete_rule(rule=obj, actor=actor_of(request))


def _actions(block: Any) -> list[tuple[str, dict[str, Any]]]:
    nested = [inner.formset for inner in getattr(block, "nested_formsets", [])]
    rows = [row for formset in nested for row in in_order(formset)]
    return [(row.cleaned_data["kind"], row.cleaned_data.get("config") or {}) for row in rows]


def in_order(formset: Any) -> list[Any]:
    """The forms that are filled in and not to be deleted, by position."""
    kept = [
        row
        for row in formset.forms
        if row not in formset.deleted_forms and (row.instance.pk or row.has_changed())
    ]
    return sorted(kept, key=lambda row: row.cleaned_data.get("position") or 0)
