"""Assignment rules: drafts with their entries, and what is live."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from crm.admin.base import BlockInline, actor_of
from crm.documents.kinds import Data
from crm.models import DocumentVersion, User
from workflows import assignment_documents
from workflows.admin.criteria import CriteriaForm
from workflows.admin.drafts import DraftFormSet, DraftPage
from workflows.admin.rules import in_order
from workflows.admin.triggers import NewKeyForm
from workflows.drafts import EntryDraft, delete_assignment, save_assignment
from workflows.models import AssignmentEntry, AssignmentRule
from workflows.publishing import assignment_data, publish_assignment, switch_off_assignment


class EntryForm(CriteriaForm):
    """An entry: if the criteria match, to whom."""

    class Meta:
        model = AssignmentEntry
        fields = ("criteria", "kind", "users", "roles", "groups", "position")


class Entries(BlockInline):
    """The entries: the first that matches gives the record an owner."""

    feature = "manage_automation"
    model = AssignmentEntry
    form = EntryForm
    formset = DraftFormSet
    fields = ("criteria", "kind", "users", "roles", "groups", "position")


@admin.register(AssignmentRule)
class AssignmentPage(DraftPage):
    """The list of assignment rules, and a page for each."""

    icon = "assignment_ind"
    place = 20
    kind = assignment_documents.KIND
    form = NewKeyForm
    list_display = ("name", "module", "on_create", "live_number")
    fieldsets = (
        (None, {"fields": ("name", "key", "module", "on_create")}),
        (gettext_lazy("What is live"), {"fields": ("live",)}),
    )
    add_fieldsets = ((None, {"fields": ("name", "module", "on_create")}),)
    inlines = (Entries,)

    def data(self, obj: AssignmentRule) -> Data:
        return assignment_data(obj)

    def put_live(self, obj: AssignmentRule, actor: User, note: str) -> DocumentVersion:
        return publish_assignment(obj, actor=actor, note=note)

    def take_off(self, obj: AssignmentRule, actor: User) -> None:
        switch_off_assignment(obj.key, actor=actor)

    def store(
        self, request: HttpRequest, obj: AssignmentRule, form: Any, formsets: Any, *, change: bool
    ) -> None:
        entries = [_entry(row) for row in in_order(formsets[0])]
        save_assignment(rule=obj, entries=entries, actor=actor_of(request))

    def remove(self, request: HttpRequest, obj: AssignmentRule) -> None:
        delete_assignment(rule=obj, actor=actor_of(request))


def _entry(row: Any) -> EntryDraft:
    given = row.cleaned_data
    return EntryDraft(
        criteria=given.get("criteria") or {},
        kind=given["kind"],
        key=row.instance.key,
        users=list(given["users"]),
        roles=list(given["roles"]),
        groups=list(given["groups"]),
    )
