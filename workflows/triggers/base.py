"""What a trigger kind is: which moments a rule waits for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from django.utils.functional import Promise

from crm.door import Batch, Draft
from crm.modules.registry import ModuleInfo

Config = dict[str, Any]
EVENTS = "events"


class Moment(StrEnum):
    """When in a batch a rule is judged: which records it looks at."""

    CREATED = "created"
    EDITED = "edited"
    DELETED = "deleted"
    EVENT = "event"


class TriggerKind:
    """A kind of trigger.

    One with `moments` is judged with the change, in the door; one without is looked for by the clock
    (`workflows.sweeping`). An event is something that happened to a record beside a change of its fields:
    who tells of it calls `happened`. `by_mode` says whether the three modes of a rule count; where they
    don't, the rule acts as often as the trigger says, or once per record.
    """

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    moments: ClassVar[frozenset[Moment]] = frozenset()
    by_mode: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = ()  # those of its settings that an admin is asked for

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        """What is wrong with the settings, in words."""
        return []

    def describe(self, config: Config, module: ModuleInfo) -> str:
        """The trigger in plain words, as in “When a lead is created”."""
        return str(self.label)

    def prepare(self, config: Config, module: ModuleInfo) -> Any:
        """The settings as `fires` wants them; worked out once per configuration generation."""
        return config

    def fires(self, prepared: Any, draft: Draft, events: Mapping[str, Any]) -> bool:
        """Whether the record's change is what the rule waits for."""
        return True

    def fields(self, config: Config) -> frozenset[str]:
        """Fields of the module that the settings name."""
        return frozenset()


TRIGGER_KINDS: dict[str, TriggerKind] = {}


def register_trigger_kind(kind: type[TriggerKind]) -> type[TriggerKind]:
    """Makes a trigger kind known under its key; used as a decorator."""
    TRIGGER_KINDS[kind.key] = kind()
    return kind


class EventTrigger(TriggerKind):
    """Waits for an event of its own key."""

    moments = frozenset([Moment.EVENT])

    def fires(self, prepared: Any, draft: Draft, events: Mapping[str, Any]) -> bool:
        return self.key in events


def happened(batch: Batch, draft: Draft, event: str, detail: Any = True) -> None:
    """Tells rules of the batch's next look at the record that something happened to it."""
    batch.memory.setdefault(EVENTS, {}).setdefault(draft.id, {})[event] = detail


def events_of(batch: Batch, draft: Draft) -> Mapping[str, Any]:
    """What happened to the record, beside changes of its fields."""
    asked: dict[int, dict[str, Any]] = batch.options.get(EVENTS, {})
    told: dict[int, dict[str, Any]] = batch.memory.get(EVENTS, {})
    return asked.get(draft.id, {}) | told.get(draft.id, {})
