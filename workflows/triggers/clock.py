"""Triggers of the clock: a date of the record, and every so often while the criteria hold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.criteria import Context, compile_criteria
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.calendar_days import MONTHLY, ONCE, YEARLY, Offset, sources_of
from workflows.later import (
    AFTER,
    BEFORE,
    EXACT,
    MORNING,
    UNITS,
    field_problems,
    offset_problems,
    offset_words,
    read_time,
)
from workflows.models import RuleCycle
from workflows.triggers.base import Config, TriggerKind, register_trigger_kind

if TYPE_CHECKING:
    from workflows.rule_documents import CompiledRule

OWNER, ORGANISATION = "owner", "organisation"
ZONES = {ORGANISATION: gettext_lazy("the organisation's"), OWNER: gettext_lazy("the owner's")}
REPEATS = {ONCE: gettext_lazy("once"), MONTHLY: gettext_lazy("monthly"), YEARLY: gettext_lazy("yearly")}


@dataclass(frozen=True)
class Window:
    """From when (not counted) until when the clock looks."""

    start: datetime
    end: datetime


class ClockTrigger(TriggerKind):
    """A trigger that the clock looks for: which records are due in a window."""

    every: ClassVar[timedelta] = timedelta(0)  # the least time between two looks

    @abstractmethod
    def candidates(self, rule: CompiledRule, rows: QuerySet[Any], window: Window) -> QuerySet[Any]:
        """Rows that may be due, by an index where there is one; none are left out."""

    def is_due(self, rule: CompiledRule, window: Window, value: Any, zone: ZoneInfo) -> bool:
        """Whether a candidate with this value of the trigger's field really is due."""
        return True

    def value_field(self, rule: CompiledRule) -> FieldInfo | None:
        """The field whose value `is_due` looks at."""
        return None

    def by_owner(self, rule: CompiledRule) -> bool:
        """Whether the owner's time zone counts."""
        return False


@dataclass(frozen=True)
class DateWish:
    """The prepared settings of a date trigger."""

    info: FieldInfo
    offset: Offset
    at: time | None  # None: the field's own time of day
    repeat: str
    by_owner: bool


@register_trigger_kind
class OnDate(ClockTrigger):
    """`{"field", "amount", "unit", "direction", "time", "repeat", "zone"}`.

    So long before or after a date of the record, or on it (amount 0); once, or again every month or year.
    29 February comes on the 28th in other years, and the 31st on the last day of a shorter month.
    """

    key, label = "date", gettext_lazy("at a date")
    settings = ("field", "amount", "unit", "direction", "time", "repeat", "zone")

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        problems = [*offset_problems(config, least=0), *field_problems(config, module)]
        for key, allowed in (("repeat", REPEATS), ("zone", ZONES)):
            if config.get(key) and config[key] not in allowed:
                problems.append(_("“%(key)s” is one of: %(allowed)s.") % {
                    "key": key, "allowed": ", ".join(allowed),
                })  # fmt: skip
        if config.get("unit") in EXACT and config.get("repeat", ONCE) != ONCE:
            problems.append(_("What comes again every month or year is counted in days, weeks or months."))
        return problems

    def describe(self, config: Config, module: ModuleInfo) -> str:
        told = _("due: %s") % offset_words(config, module)
        repeat = config.get("repeat", ONCE)
        if repeat != ONCE:
            told += f", {REPEATS[repeat]}"
        at = read_time(config.get("time"))
        return f"{told}, {at:%H:%M}" if at else told

    def prepare(self, config: Config, module: ModuleInfo) -> DateWish:
        info = module.field(config["field"])
        sign = -1 if config.get("direction", AFTER) == BEFORE else 1
        at = read_time(config.get("time")) or (MORNING if info.type.family == "date" else None)
        offset = Offset(sign * int(config["amount"]), config["unit"])
        return DateWish(info, offset, at, config.get("repeat") or ONCE, config.get("zone") == OWNER)

    def fields(self, config: Config) -> frozenset[str]:
        return frozenset([str(config.get("field"))])

    def value_field(self, rule: CompiledRule) -> FieldInfo | None:
        info: FieldInfo = rule.wanted.info
        return info

    def by_owner(self, rule: CompiledRule) -> bool:
        return bool(rule.wanted.by_owner)

    def candidates(self, rule: CompiledRule, rows: QuerySet[Any], window: Window) -> QuerySet[Any]:
        wish: DateWish = rule.wanted
        module, found = registry().module(rule.module), Q(pk__in=())
        context = Context(window.end, settings.TIME_ZONE)
        for first, last in _ranges(wish, window):
            value = [first.isoformat(), last.isoformat()]
            condition = {"field": wish.info.key, "operator": "between", "value": value}
            found |= compile_criteria({"conditions": [condition]}, module).q(context)
        return rows.filter(found)

    def is_due(self, rule: CompiledRule, window: Window, value: Any, zone: ZoneInfo) -> bool:
        wish: DateWish = rule.wanted
        if wish.offset.unit in EXACT:
            return bool(window.start < value + wish.offset.delta <= window.end)
        own = value.astimezone(zone) if isinstance(value, datetime) else None
        day = own.date() if own is not None else value
        at = wish.at or (own.time() if own is not None else MORNING)
        for due in _days(window, zone):
            moment = datetime.combine(due, at, zone)
            if window.start < moment <= window.end and day in sources_of(due, wish.offset, wish.repeat):
                return True
        return False


def _ranges(wish: DateWish, window: Window) -> Sequence[tuple[Any, Any]]:
    """Ranges of the field's value outside of which no record is due in the window, in any zone.

    Of a moment they are a day wider where the zone is the owner's.
    """
    if wish.offset.unit in EXACT:
        return [(window.start - wish.offset.delta, window.end - wish.offset.delta)]
    zone = ZoneInfo(settings.TIME_ZONE)
    apart = timedelta(hours=26 if wish.by_owner else 0)
    days: set[date] = set()
    for due in _days(Window(window.start - apart, window.end + apart), zone):
        moment = datetime.combine(due, wish.at, zone) if wish.at is not None else None
        if wish.by_owner or moment is None or window.start < moment <= window.end:
            days |= sources_of(due, wish.offset, wish.repeat)
    if wish.by_owner and wish.info.type.family == "datetime":
        days |= {day + timedelta(days=number) for day in days for number in (-1, 1)}
    return _joined(sorted(days))


def _joined(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days that follow each other as ranges."""
    joined: list[tuple[date, date]] = []
    for day in days:
        if joined and joined[-1][1] + timedelta(days=1) == day:
            joined[-1] = (joined[-1][0], day)
        else:
            joined.append((day, day))
    return joined


def _days(window: Window, zone: ZoneInfo) -> Sequence[date]:
    first, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@register_trigger_kind
class EverySoOften(ClockTrigger):
    """`{"amount", "unit"}`: again and again while the criteria hold, first as soon as they do."""

    key, label = "cycle", gettext_lazy("there, every so often while the criteria hold")
    settings = ("amount", "unit")
    every = timedelta(minutes=10)
    units: ClassVar[tuple[str, ...]] = ("hours", "days", "weeks")

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        problems = list(offset_problems(config, least=1))
        if config.get("unit") in UNITS and config["unit"] not in self.units:
            problems.append(_("The unit is one of: %s.") % ", ".join(self.units))
        return problems

    def describe(self, config: Config, module: ModuleInfo) -> str:
        return _("there, every %(amount)s %(unit)s while the criteria hold") % {
            "amount": config["amount"], "unit": UNITS[config["unit"]],
        }  # fmt: skip

    def prepare(self, config: Config, module: ModuleInfo) -> Offset:
        return Offset(int(config["amount"]), config["unit"])

    def candidates(self, rule: CompiledRule, rows: QuerySet[Any], window: Window) -> QuerySet[Any]:
        since = window.end - rule.wanted.delta
        acted = RuleCycle.objects.filter(rule=rule.key, record_id=OuterRef("pk"), acted_at__gt=since)
        return rows.filter(~Exists(acted))
