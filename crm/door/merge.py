"""Merging duplicates: one record stays and takes over what the others have and are linked with.

The winner gets the chosen values, and in its empty fields what the others know, in the order given;
tags are united. Notes, files, shares and everything that pointed at the others follow. The others go to
the bin with a history row that names the winner; a restored one is as it was, without what has moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.door.apply import apply
from crm.door.batch import Batch, CauseNode
from crm.door.changes import Change, Outcome, Problem, Source, Verb
from crm.door.guards import refusal
from crm.door.intake import draft_of
from crm.door.once import in_one_transaction
from crm.door.reading import Stored, read_records
from crm.door.share import copy_shares, drop_shares
from crm.door.verbs import MERGE, hold, module_of, new_batch, refused, relinking, tell, under
from crm.fields import ValueProblem
from crm.fields.links import Ref
from crm.models import Attachment, History, LineItem, Note, RecordLink, User
from crm.modules.registry import FieldInfo, ModuleInfo

MAX_LOSERS = 20
NEVER_FILLED = frozenset({"name", "owner", "currency", "tags"})


@dataclass(frozen=True)
class Merging:
    """A merge whose records are held."""

    batch: Batch
    module: ModuleInfo
    winner: Stored
    losers: tuple[Stored, ...]

    @property
    def loser_ids(self) -> list[int]:
        """The ids of the records that go."""
        return [row.id for row in self.losers]


def merge_records(
    module: str,
    winner_id: int,
    loser_ids: Sequence[int],
    choices: Mapping[str, int],
    *,
    actor: User | None,
    versions: Mapping[int, int] | None = None,
    source: Source = Source.PAGE,
    cause: CauseNode | None = None,
) -> Outcome:
    """Merges records of one module into the winner; raises DoorRefused, and then nothing has happened.

    `choices` names, by field key, the record whose value the winner gets. `versions` are the versions
    that the person saw, by id: a record that has moved on since is not merged. The actor needs the
    rights to edit the winner and to delete the others; records that merely point at them follow
    whoever owns them.
    """
    root = cause or CauseNode(source.value, str(actor) if actor else source.value)

    def work() -> Outcome:
        merging = _begin(module, winner_id, loser_ids, versions or {}, actor, root)
        return _merge(merging, choices, source)

    return in_one_transaction(work, root)


def _begin(
    module: str, winner_id: int, loser_ids: Sequence[int], versions: Mapping[int, int],
    actor: User | None, root: CauseNode,
) -> Merging:  # fmt: skip
    """Holds all records in one order, and refuses what cannot be merged."""
    losers = list(dict.fromkeys(loser_ids))
    batch = new_batch(actor, Source.SYSTEM, "", root)
    info = module_of(batch, module)
    if not losers or winner_id in losers or len(losers) > MAX_LOSERS:
        message = _("Choose one record that stays and 1 to %s others.") % MAX_LOSERS
        raise refused(module, winner_id, Problem(None, "invalid", message))
    rows = hold(batch, module, [winner_id, *losers], "edit")
    hold(batch, module, losers, "delete")
    problems = [problem for row in rows.values() for problem in _obstacles(batch, info, row, versions)]
    if problems:
        raise refused(module, winner_id, *problems)
    name = rows[winner_id].values.get("name") or winner_id
    under(batch, "merge", _("Merged into “%s”") % name)
    return Merging(batch, info, rows[winner_id], tuple(rows[pk] for pk in losers))


def _obstacles(
    batch: Batch, module: ModuleInfo, row: Stored, versions: Mapping[int, int]
) -> Iterator[Problem]:
    """Why this record cannot be merged now."""
    name, detail = row.values.get("name") or row.id, {"record": row.id}
    if (reason := refusal(batch, draft_of(module, row, Verb.BIN), None)) is not None:
        yield Problem(None, "locked", f"{name}: {reason}", detail)
    if versions.get(row.id, row.version) != row.version:
        message = _("“%s” was changed in the meantime; look at it again.") % name
        yield Problem(None, "stale", message, detail | {"version": row.version})
    if row.values.get("converted_at") is not None:
        message = _("“%s” is converted; a converted lead is not merged.") % name
        yield Problem(None, "converted", message, detail)


def _merge(merging: Merging, choices: Mapping[str, int], source: Source) -> Outcome:
    batch, module = merging.batch, merging.module
    counts = _move_attached(merging)
    _history(merging, counts)
    values, filled = _values(merging, choices)
    edit = Change(Verb.EDIT, module.key, merging.winner.id, values, copied=filled)
    bins = [Change(Verb.BIN, module.key, pk) for pk in merging.loser_ids]
    # The others go first, so that the winner can take a unique value of theirs.
    outcome = apply(bins, actor=batch.actor, source=source, cause=batch.cause, now=batch.now).or_raise()
    edited = apply([edit], actor=batch.actor, source=source, cause=batch.cause, now=batch.now).or_raise()
    moves = [*_pointing(merging), *_lines_with(merging)]
    moved = apply(
        moves, actor=batch.actor, source=source, cause=batch.cause, now=batch.now, trusted=True
    ).or_raise()
    return Outcome(
        edited.results + outcome.results + moved.results,
        edited.notices + outcome.notices + moved.notices,
        batch.cause.id,
    )


def _move_attached(merging: Merging) -> dict[int, dict[str, int]]:
    """Notes, files and shares go to the winner; how many notes and files by loser."""
    counts: dict[int, dict[str, int]] = {pk: {} for pk in merging.loser_ids}
    for key, attached in (("notes", Note), ("files", Attachment)):
        rows = attached._default_manager.filter(record_id__in=merging.loser_ids)
        for record_id in rows.values_list("record_id", flat=True):
            counts[record_id][key] = counts[record_id].get(key, 0) + 1
        rows.update(record_id=merging.winner.id)
    model = merging.module.model
    copy_shares(model, merging.loser_ids, {merging.winner.id: model})
    drop_shares(model, merging.loser_ids)
    return counts


def _history(merging: Merging, counts: Mapping[int, Mapping[str, int]]) -> None:
    winner = merging.winner
    into = {"into": _told(winner)}
    entries: dict[int, tuple[int, dict[str, Any]]] = {
        row.id: (row.version, {MERGE: [None, into, None]}) for row in merging.losers
    }
    told = [{**_told(row), **counts[row.id]} for row in merging.losers]
    entries[winner.id] = (winner.version, {MERGE: [None, {"from": told}, None]})
    tell(merging.batch, History.Kind.MERGE, merging.module.key, entries)


def _told(row: Stored) -> dict[str, Any]:
    return {"id": row.id, "name": row.values.get("name")}


def _values(merging: Merging, choices: Mapping[str, int]) -> tuple[dict[str, Any], frozenset[str]]:
    """What the winner gets: values by field key, and which of them nobody chose."""
    rows = {row.id: row for row in (merging.winner, *merging.losers)}
    chosen = {key: _choice(merging, key, rows.get(pk)) for key, pk in choices.items()}
    tags = {tag for row in rows.values() for tag in row.values.get("tags") or ()}
    filled: dict[str, Any] = {"tags": sorted(tags)} if tags and "tags" not in chosen else {}
    for info in merging.module.fields.values():
        if info.key in chosen or info.key in NEVER_FILLED or info.system:
            continue
        now = merging.winner.values.get(info.key)
        if now == info.type.empty or _points_at(now, info, merging):
            value = _first_known(merging, info)
            if value != now:
                filled[info.key] = value
    filled |= _currency(merging, chosen, filled)
    _same_currency(merging, choices, filled | chosen)
    return filled | chosen, frozenset(filled)


def _choice(merging: Merging, key: str, row: Stored | None) -> Any:
    info = merging.module.fields.get(key)
    if info is None or info.system or row is None:
        message = _("Choose, for a field that can be edited, one of the merged records.")
        raise refused(merging.module.key, merging.winner.id, Problem(key, "invalid", message))
    value = row.values.get(key)
    return None if _points_at(value, info, merging) else value


def _first_known(merging: Merging, info: FieldInfo) -> Any:
    """The first of the others' values that the field takes today."""
    for row in merging.losers:
        value = row.values.get(info.key)
        if value == info.type.empty or _points_at(value, info, merging):
            continue
        try:
            info.type.clean(value, info)
        except ValueProblem:  # a picklist value that was switched off
            continue
        return value
    return info.type.empty


def _points_at(value: Any, info: FieldInfo, merging: Merging) -> bool:
    """Whether the value is a link to one of the merged records, which would be a link to itself."""
    if info.type.family not in ("link", "any_link") or value is None:
        return False
    target = value.id if isinstance(value, Ref) else value
    return target == merging.winner.id or target in merging.loser_ids


def _currency(merging: Merging, chosen: Mapping[str, Any], filled: dict[str, Any]) -> dict[str, Any]:
    """The currency that goes with the amounts; amounts in another one are left out of what is filled."""
    winner = merging.winner.values
    amounts = _amounts(merging.module)
    if "currency" in chosen or not amounts.intersection(filled):
        return {}
    has_amounts = any(winner.get(key) is not None for key in amounts) or bool(amounts.intersection(chosen))
    known = [row.values.get("currency") for row in merging.losers if _has_money(row, amounts)]
    currency = winner.get("currency") if has_amounts else known[0]
    for key in amounts.intersection(filled):
        same = (row for row in merging.losers if row.values.get("currency") == currency)
        filled[key] = next((row.values[key] for row in same if row.values.get(key) is not None), None)
    return {"currency": currency}


def _amounts(module: ModuleInfo) -> set[str]:
    """The fields whose values are in the record's currency."""
    return {info.key for info in module.fields.values() if info.type.key in ("money", "lines")}


def _same_currency(merging: Merging, choices: Mapping[str, int], values: Mapping[str, Any]) -> None:
    """Refuses amounts that were chosen from a record in another currency than the winner will have."""
    currency = values.get("currency") or merging.winner.values.get("currency")
    other = {row.id for row in merging.losers if row.values.get("currency") != currency}
    for key in sorted(_amounts(merging.module).intersection(choices)):
        if choices[key] in other and values[key] is not None:
            message = _("This amount is in another currency; choose the currency of the same record too.")
            raise refused(merging.module.key, merging.winner.id, Problem(key, "currency", message))


def _has_money(row: Stored, amounts: set[str]) -> bool:
    return any(row.values.get(key) is not None for key in amounts)


def _pointing(merging: Merging) -> Iterator[Change]:
    """Changes that turn every link to one of the others, also from the bin, to the winner."""
    winner, losers = merging.winner.id, merging.loser_ids
    links = RecordLink.objects.filter(to_id__in=losers).exclude(from_id__in=[winner, *losers])
    for module, from_id, key in links.order_by("from_module", "from_id").values_list(
        "from_module", "from_id", "field"
    ):
        info = merging.batch.registry.modules.get(module)
        field = info.fields.get(key) if info is not None else None
        if field is not None:
            target: Any = winner if field.type.family == "link" else Ref(merging.module.key, winner)
            yield relinking(module, from_id, key, target)


def _lines_with(merging: Merging) -> Iterator[Change]:
    """Changes that put the winner into the lines of quotes and invoices that have one of the others."""
    losers = set(merging.loser_ids)
    found = LineItem.objects.filter(product_id__in=losers).values_list("module", "record_id").distinct()
    by_module: dict[str, list[int]] = {}
    for module, record_id in found.order_by("module", "record_id"):
        by_module.setdefault(module, []).append(record_id)
    for module, ids in by_module.items():
        info = merging.batch.registry.modules.get(module)
        rows = read_records(info, ids, lock=True) if info is not None else {}
        for row in rows.values():
            lines = [
                {**line, "product": merging.winner.id} if line["product"] in losers else line
                for line in row.values["lines"] or []
            ]
            yield relinking(module, row.id, "lines", lines)
