"""When an action of a rule comes, if not at once: after a while, or by a date of the record.

`{"amount", "unit", "field", "direction", "time", "always"}`: without a field the time runs from what
made the rule act. A day's part of a date is `time` in the organisation's zone (9:00 if not said). Unless
`always` is set, the rule's criteria are asked again before the action is carried out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.criteria.operators.time import moved as calendar_day
from crm.criteria.sides import Period
from crm.modules.registry import ModuleInfo

Config = dict[str, Any]
MORNING = time(9)
MOST = 10_000
UNITS = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
    "weeks": gettext_lazy("weeks"),
    "months": gettext_lazy("months"),
}
EXACT = frozenset({"minutes", "hours"})
AFTER, BEFORE = "after", "before"
DIRECTIONS = {AFTER: pgettext_lazy("a date", "after"), BEFORE: pgettext_lazy("a date", "before")}
DATED = frozenset({"date", "datetime"})


@dataclass(frozen=True)
class Later:
    """When an action comes."""

    amount: int  # negative: before
    unit: str
    field: str  # empty: what made the rule act
    at: time
    always: bool

    def due(self, value: Any, now: datetime) -> datetime | None:
        """The moment, given the field's value; None if that is empty."""
        start = now if not self.field else value
        if start is None:
            return None
        zone = ZoneInfo(settings.TIME_ZONE)
        if isinstance(start, datetime):
            return moved(start, self.amount, self.unit, zone)
        return moved(datetime.combine(start, self.at, zone), self.amount, self.unit, zone)


def moved(start: datetime, amount: int, unit: str, zone: ZoneInfo) -> datetime:
    """So many units on: minutes and hours as time passes, others by the calendar of the zone."""
    if unit in EXACT:
        return start + timedelta(**{unit: amount})
    there = start.astimezone(zone)
    day = day_after(there.date(), amount, unit)
    return datetime.combine(day, there.time(), zone).astimezone(start.tzinfo)


def day_after(day: date, amount: int, unit: str) -> date:
    """The day so many units on, or back; at the end of a shorter month its last day."""
    return calendar_day(day, Period(abs(amount), unit), 1 if amount >= 0 else -1)


def read_later(data: Config) -> Later:
    """The settings, without problems."""
    sign = -1 if data.get("field") and data.get("direction") == BEFORE else 1
    at = read_time(data.get("time")) or MORNING
    return Later(
        sign * int(data["amount"]), data["unit"], data.get("field") or "", at, bool(data.get("always"))
    )


def read_time(text: Any) -> time | None:
    """A time of day as `9:00`; None if it is none."""
    try:
        hour, minute = str(text or "").split(":")
        return time(int(hour), int(minute))
    except ValueError:
        return None


def later_problems(data: Any, module: ModuleInfo) -> Iterator[str]:
    """What is wrong with the settings, in words."""
    if not data:
        return
    yield from offset_problems(data, least=0 if data.get("field") else 1)
    if data.get("field"):
        yield from field_problems(data, module)


def offset_problems(data: Config, least: int) -> Iterator[str]:
    """What is wrong with amount, unit, direction and time."""
    amount = data.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool) or not least <= amount <= MOST:
        yield _("The amount is a whole number from %(least)s to %(most)s.") % {"least": least, "most": MOST}
    if data.get("unit") not in UNITS:
        yield _("The unit is one of: %s.") % ", ".join(UNITS)
    if data.get("direction", AFTER) not in DIRECTIONS:
        yield _("The direction is one of: %s.") % ", ".join(DIRECTIONS)
    if data.get("time") and read_time(data["time"]) is None:
        yield _("The time of day is written as 9:00.")


def field_problems(data: Config, module: ModuleInfo) -> Iterator[str]:
    """What is wrong with the date field."""
    info = module.fields.get(str(data.get("field") or ""))
    if info is None or info.type.family not in DATED:
        yield _("%(module)s have no date field “%(field)s”.") % {
            "module": module.label_plural, "field": data.get("field") or "",
        }  # fmt: skip
    elif info.type.family == "date" and data.get("unit") in EXACT:
        yield _("%s has no time of day: count in days, weeks or months.") % info.label


def later_words(data: Config, module: ModuleInfo) -> str:
    """When the action comes, in plain words."""
    if data.get("field"):
        return offset_words(data, module)
    return _("After %(amount)s %(unit)s") % {"amount": data["amount"], "unit": UNITS[data["unit"]]}


def offset_words(data: Config, module: ModuleInfo) -> str:
    """So long before or after a date field, or on it."""
    field = module.field(data["field"]).label
    if not data["amount"]:
        return _("On %s") % field
    return _("%(amount)s %(unit)s %(direction)s %(field)s") % {
        "amount": data["amount"],
        "unit": UNITS[data["unit"]],
        "direction": DIRECTIONS[data.get("direction", AFTER)],
        "field": field,
    }
