"""Sharing one record with a person or a group, to read or to edit, in guardian's tables.

Who may edit a record may share it. To edit implies to read. A share opens the record; what the
person may do in the module at all stays with the profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from crm.door.batch import CauseNode
from crm.door.changes import Change, DoorRefused, Outcome, Problem, Result, Source, Verb
from crm.door.once import in_one_transaction
from crm.door.reading import read_records
from crm.door.storage import delete_rows
from crm.door.verbs import SHARE, hold, new_batch, not_found, refused, tell
from crm.models import GROUP_SHARES, USER_SHARES, History, SharingGroup, User
from crm.models.records import Record
from crm.modules.loading import registry
from crm.visibility import can, editable_ids

Grantee: TypeAlias = "User | SharingGroup"
Level = Literal["read", "edit"]
ACTIONS: dict[Level, tuple[str, ...]] = {"read": ("view",), "edit": ("view", "change")}


@dataclass(frozen=True)
class Share:
    """With whom a record is shared, and how far."""

    grantee: Grantee
    level: Level


def share_record(
    module: str, record_id: int, grantee: Grantee, level: Level, *, actor: User | None,
    source: Source = Source.PAGE, cause: CauseNode | None = None,
) -> None:  # fmt: skip
    """Shares a record that the actor may edit, or changes how far it is shared; raises DoorRefused."""
    if level not in ACTIONS:
        raise refused(module, record_id, Problem("access", "unknown_value", _("Share to read or to edit.")))
    if isinstance(grantee, User) and not grantee.is_active:
        message = _("%s has left; share with somebody who is active.") % grantee
        raise refused(module, record_id, Problem("with", "not_found", message))
    in_one_transaction(lambda: _set(module, record_id, grantee, level, actor, source, cause), cause)


def share_records(
    module: str, ids: Sequence[int], grantee: Grantee, level: Level, *, actor: User | None,
    source: Source = Source.LIST, cause: CauseNode | None = None,
) -> Outcome:  # fmt: skip
    """Shares many records; those that the actor may not edit come back refused, the others go in."""
    changes = {pk: Change(Verb.EDIT, module, pk) for pk in ids}
    root = cause or CauseNode(source.value, str(actor) if actor else source.value)
    return in_one_transaction(lambda: _set_many(module, changes, grantee, level, actor, source, root), root)


def unshare(
    module: str, record_id: int, grantee: Grantee, *, actor: User | None,
    source: Source = Source.PAGE, cause: CauseNode | None = None,
) -> None:  # fmt: skip
    """Takes a share back; raises DoorRefused. A record that is not shared so stays as it is."""
    in_one_transaction(lambda: _set(module, record_id, grantee, None, actor, source, cause), cause)


def shares_of(module: str, record_id: int, *, user: User) -> list[Share]:
    """With whom a record is shared, people first, for somebody who may see it; raises DoorRefused."""
    info = registry().modules.get(module)
    if info is None or not can(user, "view", info, record_id):
        raise not_found(module, record_id)
    change = _permission(info.model, "change").pk
    people = USER_SHARES[info.model].objects.filter(content_object_id=record_id).select_related("user")
    groups = GROUP_SHARES[info.model].objects.filter(content_object_id=record_id)
    found: dict[Grantee, set[int]] = {}
    for row in people.order_by("user__name", "user_id"):
        found.setdefault(row.user, set()).add(row.permission_id)
    groups = groups.select_related("group__sharing_group").order_by("group__sharing_group__name", "group_id")
    for row in groups:
        found.setdefault(row.group.sharing_group, set()).add(row.permission_id)
    return [Share(grantee, "edit" if change in held else "read") for grantee, held in found.items()]


def _permission(model: type[Record], action: str) -> Permission:
    codename = f"{action}_{model._meta.model_name}"
    return Permission.objects.get(content_type__app_label="crm", codename=codename)


def _set(
    module: str, record_id: int, grantee: Grantee, level: Level | None,
    actor: User | None, source: Source, cause: CauseNode | None,
) -> None:  # fmt: skip
    batch = new_batch(actor, source, "", cause)
    row = hold(batch, module, [record_id], "edit")[record_id]
    model = batch.registry.module(module).model
    record = model(id=record_id)
    holder = grantee if isinstance(grantee, User) else grantee.group
    before = _level(model, record_id, holder)
    if before == level:
        return
    wanted = ACTIONS[level] if level else ()
    for action in ("view", "change"):
        codename = f"{action}_{model._meta.model_name}"
        (assign_perm if action in wanted else remove_perm)(codename, holder, record)
    told = [None if value is None else _told(grantee, value) for value in (before, level)]
    tell(batch, History.Kind.SHARE, module, {record_id: (row.version, {SHARE: [*told, None]})})


def _set_many(
    module: str, changes: Mapping[int, Change], grantee: Grantee, level: Level,
    actor: User | None, source: Source, cause: CauseNode,
) -> Outcome:  # fmt: skip
    batch = new_batch(actor, source, "", cause)
    info = batch.registry.module(module)
    allowed = set(changes) if actor is None else editable_ids(actor, info, list(changes))
    rows = {pk: row for pk, row in read_records(info, allowed, lock=True).items() if row.binned_at is None}
    holder = grantee if isinstance(grantee, User) else grantee.group
    table, column = (USER_SHARES, "user") if isinstance(grantee, User) else (GROUP_SHARES, "group")
    held = table[info.model].objects.filter(**{column: holder}, content_object_id__in=list(rows))
    had: dict[int, set[str]] = {}
    for pk, codename in held.values_list("content_object_id", "permission__codename"):
        had.setdefault(pk, set()).add(codename.split("_", 1)[0])
    moved = {pk: row for pk, row in rows.items() if _access(had.get(pk, set())) != level}
    held.filter(content_object_id__in=list(moved)).delete()
    permissions = [_permission(info.model, action) for action in ACTIONS[level]]
    table[info.model].objects.bulk_create(
        table[info.model](**{column: holder}, permission=permission, content_object_id=pk)
        for pk in moved
        for permission in permissions
    )
    told = {pk: _access(had.get(pk, set())) for pk in moved}
    entries = {
        pk: (row.version, {SHARE: [_told_or_none(grantee, told[pk]), _told(grantee, level), None]})
        for pk, row in moved.items()
    }
    if entries:
        tell(batch, History.Kind.SHARE, module, entries)
    missing = Problem(None, "not_found", _("There is no such record, or you may not change it."))
    return Outcome([Result(c, pk, [] if pk in rows else [missing]) for pk, c in changes.items()])


def _access(actions: set[str]) -> Level | None:
    return ("edit" if "change" in actions else "read") if actions else None


def _told_or_none(grantee: Grantee, level: Level | None) -> dict[str, Any] | None:
    return None if level is None else _told(grantee, level)


def _level(model: type[Record], record_id: int, holder: User | Group) -> Level | None:
    table, column = (USER_SHARES, "user") if isinstance(holder, User) else (GROUP_SHARES, "group")
    rows = table[model].objects.filter(**{column: holder}, content_object_id=record_id)
    held = set(rows.values_list("permission__codename", flat=True))
    if not held:
        return None
    return "edit" if any(codename.startswith("change_") for codename in held) else "read"


def take_back_share(row: History, *, actor: User | None, cause: CauseNode) -> None:
    """Undoes what a history row tells of a share, if the share still is as it was left then."""
    before, after = row.changes[SHARE][:2]
    told = after or before
    kind = User if "user" in told else SharingGroup
    grantee = kind.objects.filter(pk=told.get("user") or told.get("group")).first()
    info = registry().modules.get(row.module)
    if grantee is None or info is None:
        return
    holder = grantee if isinstance(grantee, User) else grantee.group
    if _level(info.model, row.record_id, holder) != (after["access"] if after else None):
        return
    level = before["access"] if before else None
    with suppress(DoorRefused):  # gone, or no longer the person's to share
        _set(row.module, row.record_id, grantee, level, actor, Source.UNDO, cause)


def _told(grantee: Grantee, level: Level) -> dict[str, Any]:
    kind = "user" if isinstance(grantee, User) else "group"
    return {kind: grantee.pk, "name": str(grantee), "access": level}


def copy_shares(model: type[Record], ids: Sequence[int], targets: Mapping[int, type[Record]]) -> None:
    """Gives the people and groups of these records' shares the same access to other records.

    `targets` are the ids that get the shares, with their models. Used inside a verb's transaction.
    """
    for table, column in ((USER_SHARES, "user_id"), (GROUP_SHARES, "group_id")):
        rows = table[model].objects.filter(content_object_id__in=ids)
        held = set(rows.values_list(column, "permission__codename"))
        if not held:
            continue
        for target, target_model in targets.items():
            permissions = {action: _permission(target_model, action).pk for action in ("view", "change")}
            table[target_model].objects.bulk_create(
                (
                    table[target_model](
                        **{column: holder}, permission_id=permissions[codename.split("_", 1)[0]],
                        content_object_id=target,
                    )
                    for holder, codename in sorted(held)
                ),
                ignore_conflicts=True,
            )  # fmt: skip


def drop_shares(model: type[Record], ids: Iterable[int]) -> None:
    """Takes all shares of these records back; used inside a verb's transaction."""
    for table in (USER_SHARES, GROUP_SHARES):
        delete_rows(table[model], "content_object_id", list(ids))
