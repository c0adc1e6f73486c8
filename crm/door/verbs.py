"""What the door's verbs beside changes of fields share: holding records, refusing, and telling the history.

A verb that is refused raises DoorRefused, whose problems have the codes that `apply` uses: not_found
(404), forbidden (403), others for what was entered (422). Nothing of it is stored then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.door.batch import Batch, CauseNode
from crm.door.changes import Change, DoorRefused, Outcome, Problem, Result, Source, Verb
from crm.door.ids import id_taker
from crm.door.reading import Stored, read_records
from crm.door.storage import insert_rows
from crm.door.writing import HISTORY_COLUMNS, write_causes
from crm.models import Cause, History, User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility import can, editable_ids, visible_ids

Right = Literal["view", "edit", "delete"]
# Keys in `History.changes` of what is no field; the sign in front keeps them apart from field keys.
NOTE, FILE, SHARE, MERGE, CONVERT = "+note", "+file", "+share", "+merge", "+convert"


def new_batch(actor: User | None, source: Source, label: str, cause: CauseNode | None = None) -> Batch:
    """A batch for a verb of its own, with its first cause (or the one it happens under)."""
    root = cause or CauseNode(source.value, label or (str(actor) if actor else source.value))
    now = timezone.now().replace(microsecond=0)
    return Batch(registry(), actor, root, now, new_id=id_taker())


def refused(module: str, record_id: int | None, *problems: Problem) -> DoorRefused:
    """The exception for a verb that cannot be done to a record."""
    return DoorRefused(Outcome([Result(Change(Verb.EDIT, module, record_id), record_id, list(problems))]))


def not_found(module: str, record_id: int | None) -> DoorRefused:
    """The exception for a record that is not there, or that the person may not see."""
    return refused(module, record_id, Problem(None, "not_found", _("There is no such record.")))


def forbidden(module: str, record_id: int | None, message: str = "") -> DoorRefused:
    """The exception for what the person may not do to a record that they see."""
    text = message or _("You may read this record, but not change it.")
    return refused(module, record_id, Problem(None, "forbidden", text))


def module_of(batch: Batch, key: str) -> ModuleInfo:
    """The module; DoorRefused if there is none."""
    module = batch.registry.modules.get(key)
    if module is None:
        message = _("There is no module “%s”.") % key
        raise refused(key, None, Problem(None, "unknown_module", message))
    return module


def hold(
    batch: Batch, key: str, ids: Iterable[int], right: Right, *, binned: bool = False
) -> dict[int, Stored]:
    """The records, locked in order of id and allowed to the batch's actor; DoorRefused if one is not.

    `binned` asks for records that are in the bin instead. Call it inside the verb's transaction.
    """
    module = module_of(batch, key)
    wanted = sorted(set(ids))
    rows = read_records(module, wanted, lock=True)
    for record_id in wanted:
        if record_id not in rows or (rows[record_id].binned_at is not None) != binned:
            raise not_found(key, record_id)
    if batch.actor is not None:
        _allowed(batch.actor, module, wanted, right, binned)
    return rows


def _allowed(actor: User, module: ModuleInfo, ids: Sequence[int], right: Right, binned: bool) -> None:
    editable = editable_ids(actor, module, ids, verb=right) if right != "view" else set()
    if editable.issuperset(ids) and editable:
        return
    visible = editable if binned else editable | visible_ids(actor, module, ids)
    for record_id in ids:
        if record_id not in visible:
            raise not_found(module.key, record_id)
    if right == "view":
        return
    if not can(actor, right, module):
        raise forbidden(
            module.key, ids[0], _("Your profile does not allow this in %s.") % module.label_plural
        )
    closed = next(record_id for record_id in ids if record_id not in editable)
    raise forbidden(module.key, closed)


def tell(
    batch: Batch, kind: History.Kind, module: str, entries: Mapping[int, tuple[int, dict[str, Any]]]
) -> None:
    """One history row for each record, given as version and changes by id, under the batch's first cause."""
    write_causes(batch)
    actor_id = batch.actor.pk if batch.actor else None
    rows = [
        (
            record_id, module, kind.value, batch.now, actor_id, batch.cause.id, batch.registry.generation,
            version, changes,
        )
        for record_id, (version, changes) in entries.items()
    ]  # fmt: skip
    insert_rows(History, HISTORY_COLUMNS, rows)


def cause_row(batch: Batch) -> Cause:
    """The row of the batch's first cause, for rows that point at it."""
    write_causes(batch)
    return Cause(pk=batch.cause.id)


def under(batch: Batch, kind: str, label: str) -> CauseNode:
    """Makes what follows in the batch the effect of a new cause below its first one."""
    batch.cause = CauseNode(kind, label, batch.cause)
    return batch.cause


def relinking(module: str, record_id: int, key: str, target: Any) -> Change:
    """The system's own change that turns a link, also of a record in the bin, to another record."""
    values = {key: target}
    return Change(Verb.EDIT, module, record_id, values, system=True, copied=frozenset(values), in_bin=True)
