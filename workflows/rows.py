"""Drafts as criteria read them: as they will be, and as they were; linked values loaded once per batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from crm.criteria import load_linked_values
from crm.door import Batch, Draft
from crm.modules.registry import ModuleInfo

LOADED = "linked"
BEFORE = "linked before"


class Now:
    """A draft as it will be."""

    __slots__ = ("before", "is_new", "value")

    def __init__(self, draft: Draft) -> None:
        self.value = draft.value
        self.before = draft.before_value
        self.is_new = draft.is_new


class Own:
    """A draft as it will be, for those who ask for its own fields only: no path has to be looked at."""

    __slots__ = ("before", "is_new", "value")

    def __init__(self, draft: Draft) -> None:
        self.value = draft.after.get
        self.before = draft.before_value
        self.is_new = draft.is_new


class Before:
    """An old record as it was, when nothing had changed yet."""

    __slots__ = ("_linked", "before")

    is_new = False

    def __init__(self, draft: Draft, linked: Mapping[str, Any]) -> None:
        self.before = draft.before_value
        self._linked = linked

    def value(self, path: str) -> Any:
        """The value before the change; "changed" is never true of it."""
        return self._linked.get(path) if "." in path else self.before(path)


def load_links(batch: Batch, drafts: Sequence[Draft], paths: Collection[str]) -> None:
    """Makes the drafts' linked values right: loads what was not, or what lies behind another link now."""
    if not paths or not drafts:
        return
    known: dict[tuple[int, str], Any] = batch.memory.setdefault(LOADED, {})
    for group in batch.by_module(drafts).values():
        stale = [draft for draft in group if _stale(draft, paths, known)]
        if stale:
            _load(batch, stale, paths)
            known.update({(draft.id, path): _first(draft.after, path) for draft in stale for path in paths})


def _first(values: Mapping[str, Any], path: str) -> Any:
    return values.get(path.partition(".")[0])


def _stale(draft: Draft, paths: Iterable[str], known: Mapping[tuple[int, str], Any]) -> bool:
    missing = object()
    return any(known.get((draft.id, path), missing) != _first(draft.after, path) for path in paths)


def _load(batch: Batch, drafts: Sequence[Draft], paths: Collection[str]) -> None:
    module = drafts[0].module
    found = load_linked_values(module, paths, {draft.id: draft.after for draft in drafts})
    for draft in drafts:
        draft.linked.update(found[draft.id])
    for path in paths:
        _from_batch(batch, module, drafts, path)


def _from_batch(batch: Batch, module: ModuleInfo, drafts: Sequence[Draft], path: str) -> None:
    """Where a link leads to a record of the same batch, its values are those it will have."""
    link, _dot, rest = path.partition(".")
    info = module.fields.get(link)
    if info is None or info.type.family != "link":
        return
    pairs = [
        (draft, batch.drafts[target]) for draft in drafts if (target := draft.after.get(link)) in batch.drafts
    ]
    if "." in rest:
        load_links(batch, [target for _draft, target in pairs], [rest])
    for draft, target in pairs:
        if target.module.key == info.target:
            draft.linked[path] = target.value(rest)


def before_row(batch: Batch, draft: Draft, paths: Collection[str]) -> Before:
    """The record as it was; if a link changed, what it linked to before is loaded."""
    before = draft.before or {}
    moved = [path for path in paths if _first(before, path) != _first(draft.after, path)]
    if not moved:
        return Before(draft, draft.linked)
    kept: dict[int, dict[str, Any]] = batch.memory.setdefault(BEFORE, {})
    if not set(moved) <= kept.get(draft.id, {}).keys():
        _load_before(batch, draft.module, moved, kept)
    return Before(draft, draft.linked | kept[draft.id])


def _load_before(
    batch: Batch, module: ModuleInfo, paths: Collection[str], kept: dict[int, dict[str, Any]]
) -> None:
    """For all records of the batch at once, since others are likely to be asked next."""
    rows = {
        draft.id: draft.before for draft in batch.drafts.values() if draft.module is module and draft.before
    }
    for record_id, values in load_linked_values(module, paths, rows).items():
        kept.setdefault(record_id, {}).update(values)
