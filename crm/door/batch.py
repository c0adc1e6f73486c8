"""A batch on its way through the door: its records as drafts, its causes, and what stages add to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from operator import is_not
from typing import Any

from crm.door.changes import Change, Notice, Problem, Verb
from crm.door.guards import refusal
from crm.fields import ValueProblem
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo, Registry


@dataclass(slots=True, eq=False)
class CauseNode:
    """A cause before it has a row; each leads to its parent, up to the batch's first cause."""

    kind: str
    label: str
    parent: CauseNode | None = None
    document_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    id: int | None = None

    def line(self) -> Iterator[CauseNode]:
        """The cause, its parent and so on, up to the first."""
        node: CauseNode | None = self
        while node is not None:
            yield node
            node = node.parent


@dataclass(slots=True, eq=False)
class Draft:
    """One record as it was and as it will be. Values are by field key, as field types have them."""

    module: ModuleInfo
    id: int
    verb: Verb
    before: Mapping[str, Any] | None
    after: dict[str, Any]
    custom: dict[str, Any]  # the stored JSON column as it was, with fields that are switched off
    version: int = 0
    binned_at: datetime | None = None
    changes: list[Change] = field(default_factory=list)
    entered: dict[str, Any] = field(default_factory=dict)
    causes: dict[str, CauseNode] = field(default_factory=dict)
    cause: CauseNode | None = None  # why the record itself is here, if not for the batch's first cause
    parent: Draft | None = None
    problems: list[Problem] = field(default_factory=list)
    linked: dict[str, Any] = field(default_factory=dict)
    derived: dict[Any, list[Any]] = field(default_factory=dict)  # what derived values were made of
    moved: set[str] | None = None  # fields set since values were last derived; None: any may have been

    @property
    def is_new(self) -> bool:
        """Whether the batch creates the record."""
        return self.before is None

    @property
    def automated(self) -> bool:
        """Whether rules look at the record: not when it stays in the bin or leaves for good."""
        return self.verb is not Verb.PURGE and (self.binned_at is None or self.verb is Verb.RESTORE)

    @property
    def verbs(self) -> set[Verb]:
        """Everything that is asked for the record, such as an edit and then the bin."""
        return {self.verb, *(change.verb for change in self.changes)}

    @property
    def is_refused(self) -> bool:
        """Whether the record as a whole is refused; with a wrong field, the others are looked at still."""
        return any(problem.field is None for problem in self.problems)

    @property
    def stays(self) -> bool:
        """Whether the record is there for others to point at, once the batch is written."""
        if self.verb in (Verb.BIN, Verb.PURGE):
            return False
        return self.binned_at is None or self.verb is Verb.RESTORE

    def is_copied(self, key: str) -> bool:
        """Whether nobody entered the field's value: it came from another record."""
        giving = [change for change in self.changes if key in change.values]
        return bool(giving) and all(key in change.copied for change in giving)

    def value(self, path: str) -> Any:
        """What the record's field, or a linked record's, will be."""
        return self.linked.get(path) if "." in path else self.after.get(path)

    def before_value(self, path: str) -> Any:
        """What the record's own field was; None for a new record."""
        return None if self.before is None else self.before.get(path)

    def changed(self) -> list[str]:
        """Keys of the fields whose value differs from before."""
        before, after = self.before, self.after
        if before is None:
            return [key for key, value in after.items() if value is not None]
        if [*before] == [*after]:  # most values are the same object: that is asked first, for all at once
            moved = compress(after, map(is_not, before.values(), after.values()))
            return [key for key in moved if before[key] != after[key]]
        return [key for key, value in after.items() if before.get(key) != value]

    def differs_in(self, keys: Iterable[str]) -> bool:
        """Whether one of these fields differs from before; of a new record, whether one has a value."""
        after, before = self.after, self.before or {}
        return any(after.get(key) != before.get(key) for key in keys)

    def refuse(self, field_key: str | None, code: str, message: str, **detail: Any) -> None:
        """Adds a reason why the record's change cannot go in."""
        self.problems.append(Problem(field_key, code, str(message), detail))


@dataclass(slots=True, eq=False)
class Batch:
    """All that one chunk of changes does. Stages read it, and change it with `set` and `create` only."""

    registry: Registry
    actor: User | None
    cause: CauseNode
    now: datetime
    drafts: dict[int, Draft] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    causes: list[CauseNode] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    touched: dict[int, Draft] = field(default_factory=dict)
    new_id: Any = None
    trusted: bool = False  # whoever called has asked for the right that counts

    @property
    def judged(self) -> User | None:
        """The person whose rights on records and fields count; None: nobody's are asked."""
        return None if self.trusted else self.actor

    def by_module(self, drafts: Iterable[Draft] | None = None) -> dict[str, list[Draft]]:
        """The drafts by module key, in order."""
        groups: dict[str, list[Draft]] = {}
        for draft in self.drafts.values() if drafts is None else drafts:
            groups.setdefault(draft.module.key, []).append(draft)
        return groups

    def new_cause(self, kind: str, label: str, *, parent: CauseNode | None = None, **rest: Any) -> CauseNode:
        """A cause below another, or below the batch's first."""
        node = CauseNode(kind, label, parent or self.cause, **rest)
        self.causes.append(node)
        return node

    def set(self, draft: Draft, key: str, raw: Any, cause: CauseNode) -> bool:
        """Sets one field for a stage; a value or change that is not allowed becomes a notice.

        Tells whether the value is now what was asked for.
        """
        info = draft.module.field(key)
        try:
            value = info.type.clean(raw, info)
        except ValueProblem as problem:
            return self._notice(draft, info, cause, problem.message)
        if draft.after.get(key) == value:
            return True
        if info.system:
            return self._notice(draft, info, cause, "kept by the system")
        if value is None and info.required:
            return self._notice(draft, info, cause, "required")
        if (reason := refusal(self, draft, key)) is not None:
            return self._notice(draft, info, cause, reason)
        draft.after[key] = value
        draft.causes[key] = cause
        if draft.moved is not None:
            draft.moved.add(key)
        self.touched[draft.id] = draft
        return True

    def create(
        self, module: ModuleInfo, values: Mapping[str, Any], cause: CauseNode, *, parent: Draft
    ) -> Draft:
        """Adds a record for a stage; values are cleaned, and one that is not allowed becomes a notice."""
        after = first_values(self, module)
        draft = Draft(module, self.new_id(), Verb.CREATE, None, after, {}, cause=cause, parent=parent)
        self.drafts[draft.id] = draft
        for key, raw in values.items():
            self.set(draft, key, raw, cause)
        self.touched[draft.id] = draft
        return draft

    def _notice(self, draft: Draft, info: FieldInfo, cause: CauseNode, message: str) -> bool:
        self.notices.append(Notice(draft.id, cause.label, info.key, message, cause))
        return False


def first_values(batch: Batch, module: ModuleInfo) -> dict[str, Any]:
    """What a new record has before anybody entered anything: defaults, who made it and when."""
    known: dict[str, Any] | None = batch.memory.get(f"first values of {module.key}")
    if known is None:
        actor_id = batch.actor.pk if batch.actor else None
        known = {
            info.key: value for info in module.fields.values() if (value := default_of(info)) is not None
        }
        known |= {"created_at": batch.now, "created_by": actor_id}
        known |= {"modified_at": batch.now, "modified_by": actor_id}
        batch.memory[f"first values of {module.key}"] = known
    return dict(known)


def default_of(info: FieldInfo) -> Any:
    """The field's default as a value; None if it has none."""
    if info.default is None:
        return info.type.empty
    return info.type.parse(info.default, info)
