"""Which views somebody can choose in a module, and with which one the module opens."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.lists.builtin import ALL, View, builtin_views
from crm.lists.problems import ListProblem
from crm.models import DefaultView, ListView, User, ViewSharing
from crm.modules.registry import ModuleInfo
from crm.visibility import has_feature

FEATURE = "manage_modules"
"""Whoever has it may also change and delete what others share."""


@dataclass(frozen=True)
class Views:
    """All views of a module that somebody may use, by key, and the key of the default one."""

    by_key: dict[str, View]
    default: str

    def view(self, key: str) -> View:
        """The view with that key, or the default one for an empty key; raises ListProblem."""
        found = self.by_key.get(key or self.default)
        if found is None:
            raise ListProblem(_("There is no such view, or it is not shared with you any more."))
        return found


def seen_by(user: User) -> Q:
    """The saved views that are the person's own or shared with the person."""
    groups = ListView.groups.through.objects.filter(sharinggroup__group__user=user.pk)
    return (
        Q(owner=user)
        | Q(sharing=ViewSharing.EVERYONE)
        | Q(sharing=ViewSharing.GROUPS, pk__in=groups.values("listview_id"))
    )


def views_of(user: User, module: ModuleInfo) -> Views:
    """Built-in views, then the person's own, then shared ones; two statements."""
    found = {view.key: view for view in builtin_views(user, module)}
    rows = ListView.objects.filter(seen_by(user), module_id=module.key).select_related("owner")
    for row in sorted(rows, key=lambda row: row.owner_id != user.pk):
        view = saved_view(row, user)
        found[view.key] = view
    return Views(found, _default(user, module, found))


def saved_view(row: ListView, user: User) -> View:
    """A row as a view."""
    return View(
        key=str(row.pk),
        name=row.name,
        columns=tuple(row.columns),
        sort=row.sort,
        criteria=row.criteria,
        row=row,
        mine=row.owner_id == user.pk,
    )


def _default(user: User, module: ModuleInfo, found: dict[str, View]) -> str:
    chosen = DefaultView.objects.filter(user=user, module_id=module.key)
    for view_id, builtin in chosen.values_list("view_id", "builtin"):
        key = str(view_id) if view_id else builtin
        if key in found:
            return key
    return ALL


def may_change(user: User, view: View | None) -> bool:
    """Whether the person may change, rename, share and delete the view."""
    if view is None or view.row is None:
        return False
    return view.mine or (view.shared and has_feature(user, FEATURE))
