"""Rules: drafts with their blocks and actions, and what is live."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.base import BlockInline, actor_of
from crm.documents.kinds import Data
from crm.models import DocumentVersion, User
from workflows import rule_documents
from workflows.admin.actions import ActionInline, ActionRow, PlaceWidget
from workflows.admin.criteria import CriteriaForm
from workflows.admin.drafts import DraftFormSet, DraftPage
from workflows.admin.triggers import FIELDS as TRIGGER_FIELDS
from workflows.admin.triggers import RuleForm
from workflows.drafts import ActionDraft, BlockDraft, delete_rule, save_rule
from workflows.models import Rule, RuleAction, RuleBlock
from workflows.publishing import publish_rule, rule_data, switch_off_rule
from workflows.triggers.base import TRIGGER_KINDS


class ActionForm(ActionRow):
    """One action of a block."""

    holder = "block.rule"

    class Meta:
        model = RuleAction
        fields = ("kind", "config", "later", "position")


class Actions(ActionInline):
    """The actions of one block."""

    model = RuleAction
    form = ActionForm
    fields = ("kind", "config", "later", "position")


class BlockForm(CriteriaForm):
    """A block; one without criteria acts always, and counts as filled in if it has actions."""

    events = True
    nested_formsets: list[Any]

    class Meta:
        model = RuleBlock
        fields = ("criteria", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].widget = PlaceWidget()
        self.instance.get_inline_title = _("Block %s") % self.instance.position

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

    @admin.display(description=gettext_lazy("When a record is"), ordering="trigger")
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


def _actions(block: Any) -> list[ActionDraft]:
    nested = [inner.formset for inner in getattr(block, "nested_formsets", [])]
    rows = [row for formset in nested for row in in_order(formset)]
    return [
        ActionDraft(given["kind"], given.get("config") or {}, given.get("later") or {})
        for given in (row.cleaned_data for row in rows)
    ]


def in_order(formset: Any) -> list[Any]:
    """The forms that are filled in and not to be deleted, by position."""
    kept = [
        row
        for row in formset.forms
        if row not in formset.deleted_forms and (row.instance.pk or row.has_changed())
    ]
    return sorted(kept, key=lambda row: row.cleaned_data.get("position") or 0)
