"""The clock's look for what rules wait for: dates that come, and what comes again and again.

Each rule has a mark of how far was looked. A look takes the time from there until now, finds the records that
are due in it, some at a time, and stores the mark together with what became of them: after an outage all that
was missed is made up for, no record is left out, and none comes twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.criteria import Context
from crm.criteria.base import Row
from crm.documents.generation import held_generation
from crm.documents.live import live
from crm.door.once import is_of_the_machine
from crm.door.reading import read_rows
from crm.models import User
from crm.modules.loading import registry
from crm.visibility.rows import live_rows
from workflows.acting import Due, act_on
from workflows.models import Mode, RuleCycle, RuleOnce, RuleSweep
from workflows.rule_documents import KIND, Action, CompiledRule
from workflows.triggers.clock import ClockTrigger, EverySoOften, Window

logger = logging.getLogger(__name__)

AT_ONCE = 500
SECONDS = 100  # that one look takes at most; the next goes on where it stopped


@dataclass(frozen=True)
class Found:
    """Records that are due, how far was looked, and whether that was the last of them."""

    dues: list[ClockDue]
    last_id: int
    is_last: bool


def sweep(seconds: float = SECONDS) -> dict[str, int]:
    """Carries out what is due of all live rules that the clock looks for; how many records were acted on."""
    stop_at, acted, failed = time.monotonic() + seconds, 0, 0
    with held_generation():
        for rule in live(KIND):
            if not isinstance(rule.trigger_kind, ClockTrigger):
                continue
            try:
                acted += _sweep_rule(rule, stop_at)
            except DatabaseError:
                raise
            except Exception:
                failed += 1
                logger.exception("The clock could not look for rule %s.", rule.key)
    return {"acted": acted} | ({"failed": failed} if failed else {})


def _sweep_rule(rule: CompiledRule, stop_at: float) -> int:
    acted = 0
    while time.monotonic() < stop_at:
        try:
            count = _step(rule, AT_ONCE)
        except Exception as error:
            if isinstance(error, DatabaseError) and is_of_the_machine(error):
                raise
            logger.warning("Records of rule %s are taken one by one.", rule.key, exc_info=True)
            count = _one_by_one(rule)
        if count is None:
            break
        acted += count
    return acted


def _one_by_one(rule: CompiledRule) -> int | None:
    """Goes on after a record at which the rule fails; that one is left out, and told in the log."""
    count = 0
    for _place in range(AT_ONCE):
        try:
            done = _step(rule, 1)
        except Exception as error:
            if isinstance(error, DatabaseError) and is_of_the_machine(error):
                raise
            logger.exception("Rule %s failed for a record that was due; it is left out.", rule.key)
            _step(rule, 1, leave_out=True)
            continue
        if done is None:
            return count or None
        count += done
    return count


def _step(rule: CompiledRule, limit: int, *, leave_out: bool = False) -> int | None:
    """Acts on the next records that are due, and moves the mark; None if there is nothing more to look at."""
    with transaction.atomic():
        mark = RuleSweep.objects.select_for_update().filter(rule=rule.key).first()
        if mark is None:
            return None
        trigger = rule.trigger_kind
        assert isinstance(trigger, ClockTrigger)
        if mark.target is None:
            now = timezone.now().replace(microsecond=0)
            if now <= mark.upto or now - mark.upto < trigger.every:
                return None
            mark.target, mark.last_id = now, 0
        found = _due(rule, trigger, mark, limit)
        count = 0 if leave_out else _act(rule, found.dues, mark.target)
        mark.last_id = found.last_id
        if found.is_last:
            mark.upto, mark.target, mark.last_id = mark.target, None, 0
        mark.save()
    return None if found.is_last and not found.dues else count


def _due(rule: CompiledRule, trigger: ClockTrigger, mark: RuleSweep, limit: int) -> Found:
    """The next records that are due and meet the criteria, in order of id."""
    assert mark.target is not None
    module, window = registry().module(rule.module), Window(mark.upto, mark.target)
    context = Context(window.end, settings.TIME_ZONE)
    rows = live_rows(module).filter(pk__gt=mark.last_id).filter(_fitting(rule, context))
    if rule.mode == Mode.ONCE:
        done = RuleOnce.objects.filter(rule=rule.key, record_id=OuterRef("pk"))
        rows = rows.filter(~Exists(done))
    candidates = trigger.candidates(rule, rows, window).order_by("pk")[:limit]
    seen = list(read_rows(module, candidates))
    zones = _zones(row.values["owner"] for row in seen) if trigger.by_owner(rule) else {}
    dues = [
        _due_of(rule, row.id, trigger, window, zones.get(row.values["owner"]) or _organisation())
        for row in seen
    ]
    return Found(
        [due for due, row in zip(dues, seen, strict=True) if due.fits(row.values.get)],
        seen[-1].id if seen else mark.last_id,
        len(seen) < limit,
    )


def _fitting(rule: CompiledRule, context: Context) -> Q:
    """Rows that one of the rule's blocks is for."""
    found = Q(pk__in=())
    for block in rule.blocks:
        if not block.criteria.conditions:
            return Q()
        found |= block.criteria.q(context)
    return found


def _organisation() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def _zones(owners: Iterable[int | None]) -> dict[int | None, ZoneInfo]:
    """The time zones of these people."""
    known = User.objects.filter(pk__in={pk for pk in owners if pk is not None})
    return {pk: ZoneInfo(name) for pk, name in known.values_list("pk", "time_zone")}


def _act(rule: CompiledRule, dues: Sequence[ClockDue], now: datetime) -> int:
    """Carries out the rule's actions on these records."""
    if not dues:
        return 0
    act_on(dues, label=_("The clock"))
    acted = [due.record_id for due in dues if due.acted]
    if rule.mode == Mode.ONCE:
        RuleOnce.objects.bulk_create(
            [RuleOnce(rule=rule.key, record_id=pk) for pk in acted], ignore_conflicts=True
        )
    if isinstance(rule.trigger_kind, EverySoOften):
        RuleCycle.objects.bulk_create(
            [RuleCycle(rule=rule.key, record_id=pk, acted_at=now) for pk in acted],
            update_conflicts=True,
            update_fields=["acted_at"],
            unique_fields=["record_id", "rule"],
        )
    return len(acted)


@dataclass(eq=False, kw_only=True)
class ClockDue(Due):
    """A record for which the clock may have come; asked once when it is found, and again under its lock."""

    fits: Callable[[Callable[[str], Any]], bool]


def _due_of(
    rule: CompiledRule, record_id: int, trigger: ClockTrigger, window: Window, zone: ZoneInfo
) -> ClockDue:
    info = trigger.value_field(rule)

    def fits(value: Callable[[str], Any]) -> bool:
        known = None if info is None else value(info.key)
        return info is None or (known is not None and trigger.is_due(rule, window, known, zone))

    def choose(row: Row, context: Context) -> Sequence[Action] | None:
        """The first block that the record meets."""
        if not fits(row.value):
            return None
        fitting = (block for block in rule.blocks if block.criteria.matches(row, context))
        block = next(fitting, None)
        return None if block is None else block.actions

    return ClockDue(
        module=rule.module,
        record_id=record_id,
        choose=choose,
        label=rule.name,
        reads=rule.linked_paths,
        document_id=rule.document_id,
        detail={"rule": rule.key},
        rule=rule.key,
        schedules=rule,
        fits=fits,
    )
