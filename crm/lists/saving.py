"""Verbs about saved views. A view remembers what to show; its rows are those that each reader may see."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.lists.builtin import View
from crm.lists.columns import named
from crm.lists.filters import read_filter
from crm.lists.handing import give_views
from crm.lists.problems import ViewProblem
from crm.lists.saved import may_change, saved_view, views_of
from crm.lists.state import ListState
from crm.models import DefaultView, ListView, SharingGroup, User, ViewSharing
from crm.modules.registry import ModuleInfo
from crm.visibility import FieldRefused, Sort
from crm.visibility.order import order_of

MOST = 100  # views of one person in one module
LONGEST_NAME = 80


@dataclass(frozen=True)
class Shape:
    """What a view remembers of a list. No columns stand for the usual ones, no sort for newest first."""

    columns: Sequence[str] = ()
    sort: str = ""
    criteria: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, state: ListState) -> Shape:
        """The list as it is now."""
        columns = () if state.keys == state.usual and not state.view.columns else state.keys
        data = state.criteria.data if state.criteria.conditions else {}
        return cls(columns, state.sort, data)


@transaction.atomic
def create_view(
    *,
    actor: User,
    module: ModuleInfo,
    name: str,
    shape: Shape,
    sharing: str = ViewSharing.NOBODY,
    groups: Iterable[SharingGroup] = (),
) -> ListView:
    """A new view of the actor's; raises ViewProblem, or ListProblem for a shape that the actor can't use."""
    _one_at_a_time(actor.pk)
    own = ListView.objects.filter(owner=actor, module_id=module.key)
    if own.count() >= MOST:
        raise ViewProblem(_("You have %s views here already; delete one first.") % MOST)
    row = ListView(owner=actor, module_id=module.key)
    row.position = 1 + (own.aggregate(last=Max("position"))["last"] or 0)
    _set_shape(row, actor, module, shape)
    _set_name(row, name)
    _set_sharing(row, sharing, groups)
    return row


@transaction.atomic
def change_view(
    *, actor: User, view: ListView, name: str, sharing: str, groups: Iterable[SharingGroup] = ()
) -> ListView:
    """Renames and shares a view."""
    _one_at_a_time(view.owner_id)
    row = _locked(actor, view)
    _set_name(row, name)
    _set_sharing(row, sharing, groups)
    return row


@transaction.atomic
def store_shape(*, actor: User, view: ListView, module: ModuleInfo, shape: Shape) -> ListView:
    """The view remembers other columns, another order, another filter."""
    row = _locked(actor, view)
    _set_shape(row, actor, module, shape)
    row.save()
    return row


@transaction.atomic
def order_views(*, actor: User, module: ModuleInfo, ids: Sequence[int]) -> None:
    """The actor's own views come in this order; those that are not named follow as they stood."""
    _one_at_a_time(actor.pk)
    place = {pk: number for number, pk in enumerate(ids)}
    rows = list(ListView.objects.filter(owner=actor, module_id=module.key))
    rows.sort(key=lambda row: place.get(row.pk, len(place)))
    for position, row in enumerate(rows, 1):
        row.position = position
    ListView.objects.bulk_update(rows, ["position"])


@transaction.atomic
def take_over(*, actor: User, view: ListView) -> None:
    """A shared view of somebody who has left becomes the actor's; raises ViewProblem for any other."""
    row = _locked(actor, view)
    if row.owner.is_active:
        raise ViewProblem(_("Its owner is still there."))
    give_views([row], actor)


@transaction.atomic
def delete_view(*, actor: User, view: ListView) -> None:
    """Deletes a view; whoever began with it begins with all records again."""
    _locked(actor, view).delete()


@transaction.atomic
def choose_default(*, actor: User, module: ModuleInfo, view: View) -> None:
    """The module opens with this view for the actor."""
    if view.key not in views_of(actor, module).by_key:
        raise ViewProblem(_("There is no such view, or it is not shared with you any more."))
    DefaultView.objects.update_or_create(
        user=actor,
        module_id=module.key,
        defaults={"view": view.row, "builtin": "" if view.row else view.key},
    )


def _one_at_a_time(owner_id: int) -> None:
    """Two views that are named at once would otherwise both find the name free."""
    User.objects.select_for_update(no_key=True).get(pk=owner_id)


def _locked(actor: User, view: ListView) -> ListView:
    row = ListView.objects.select_for_update(of=("self",)).filter(pk=view.pk).first()
    if row is None:
        raise ViewProblem(_("This view has been deleted in the meantime."))
    if not may_change(actor, saved_view(row, actor)):
        raise PermissionDenied(_("Only its owner may change this view."))
    return row


def _set_name(row: ListView, name: str) -> None:
    """Raises ViewProblem for an empty or long name, or one that the owner has given already."""
    row.name = " ".join(unicodedata.normalize("NFC", name.replace("\x00", "")).split())
    if not row.name:
        raise ViewProblem(_("Give the view a name."), "name")
    if len(row.name) > LONGEST_NAME:
        raise ViewProblem(_("A name has at most %s characters.") % LONGEST_NAME, "name")
    others = ListView.objects.filter(owner=row.owner_id, module_id=row.module_id).exclude(pk=row.pk)
    if any(other.casefold() == row.name.casefold() for other in others.values_list("name", flat=True)):
        raise ViewProblem(_("There is a view called “%s” already.") % row.name, "name")
    row.save()


def _set_sharing(row: ListView, sharing: str, groups: Iterable[SharingGroup]) -> None:
    if sharing not in ViewSharing.values:
        raise ViewProblem(_("Choose who sees this view."), "sharing")
    chosen = list(groups) if sharing == ViewSharing.GROUPS else []
    if sharing == ViewSharing.GROUPS and not chosen:
        raise ViewProblem(_("Choose at least one group."), "groups")
    row.sharing = sharing
    row.save()
    row.groups.set(chosen)


def _set_shape(row: ListView, actor: User, module: ModuleInfo, shape: Shape) -> None:
    if shape.columns:
        named(actor, module, shape.columns)
    try:
        order_of(actor, module, Sort.parse(shape.sort))
    except FieldRefused as refused:
        raise ViewProblem(refused.message) from None
    row.columns = list(shape.columns)
    row.sort = shape.sort
    row.criteria = dict(read_filter(actor, module, dict(shape.criteria)).data) if shape.criteria else {}
