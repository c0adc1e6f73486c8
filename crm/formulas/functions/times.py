"""Dates and moments. Parts of a day, month or second are cut off; what no calendar has is empty."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from crm.criteria.base import Context
from crm.formulas.base import DATE, DATETIME, NUMBER
from crm.formulas.functions.base import (
    Checked,
    Function,
    Parts,
    Sql,
    count,
    function,
    need,
    takes,
    template,
    within,
)
from crm.formulas.functions.numbers import EXACT, quotient
from crm.formulas.zones import DAY, EPOCH, local_seconds, offsets_of, seconds_of

EPOCH_DAY = 719_162  # 1970-01-01, counted from 0001-01-01
LAST_DAY = 3_652_058  # 9999-12-31
FIRST_SECOND, LAST_SECOND = -EPOCH_DAY * DAY, (LAST_DAY - EPOCH_DAY + 1) * DAY - 1
ONE_DAY = timedelta(days=1)
# Day numbers and seconds, made dates and moments where the calendar has them.
TO_DATE = "(DATE '0001-01-01' + {}::int)"
DAYS_IN = within("{sql}", "-1", str(LAST_DAY + 1))
SECONDS_IN = within("{sql}", str(FIRST_SECOND - 1), str(LAST_SECOND + 1))


def date_sql(days: str) -> str:
    """PostgreSQL's date of a number of days since 0001-01-01."""
    return TO_DATE.format(DAYS_IN.format(sql=days))


def moment_sql(seconds: str) -> str:
    """PostgreSQL's moment of a number of seconds since 1970."""
    return f"to_timestamp({SECONDS_IN.format(sql=seconds)}::float8)"


def to_date(days: int) -> date | None:
    """The date so many days after 0001-01-01, if there is one."""
    return date.min + timedelta(days=days) if 0 <= days <= LAST_DAY else None


def to_moment(seconds: int) -> datetime | None:
    """The moment so many seconds after 1970, if there is one."""
    return EPOCH + timedelta(seconds=seconds) if FIRST_SECOND <= seconds <= LAST_SECOND else None


def add_days(day: date, number: Decimal) -> date | None:
    """A date so many days later."""
    return to_date((day - date.min) // ONE_DAY + int(number))


def later(seconds_each: int) -> Function:
    """Adds days or hours to a moment."""

    def python(moment: datetime, number: Decimal) -> datetime | None:
        return to_moment(seconds_of(moment) + int(EXACT.multiply(number, Decimal(seconds_each))))

    sql = moment_sql(f"extract(epoch from {{0}}) + trunc({{1}} * {seconds_each})")
    return Function("", takes("datetime", "number", gives=DATETIME), python, template(sql), _hours_later)


def add_months(day: date, number: Decimal) -> date | None:
    """The same day of another month, or its last."""
    months = day.year * 12 + day.month - 1 + int(number)
    if not 12 <= months < 120_000:
        return None
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


ADD_MONTHS = (
    "(SELECT CASE WHEN extract(year from t.d) * 12 + extract(month from t.d) - 1 + t.n BETWEEN 12 AND 119999"
    " THEN (t.d + make_interval(months => t.n::int))::date END"
    " FROM (SELECT {0} AS d, trunc({1}) AS n OFFSET 0) t)"
)


def day_of(context: Context, moment: datetime) -> date | None:
    """The date that a calendar in the context's time zone shows at the moment."""
    return to_date(local_seconds(moment, context.zone) // DAY + EPOCH_DAY)


def _day_sql(context: Context, parts: Sequence[Sql]) -> Sql:
    sql, parameters = parts[0]
    since, offsets = offsets_of(context.zone)
    local = (
        "extract(epoch from t.v) + (%s::int[])[width_bucket(extract(epoch from t.v)::bigint, %s::bigint[])]"
    )
    day = date_sql(f"floor(({local}) / {DAY}) + {EPOCH_DAY}")
    return f"(SELECT {day} FROM (SELECT {sql} AS v OFFSET 0) t)", [[*offsets], [*since], *parameters]


def _today_sql(context: Context, _parts: Sequence[Sql]) -> Sql:
    return "%s::date", [context.today.isoformat()]


def _now_sql(context: Context, _parts: Sequence[Sql]) -> Sql:
    return "to_timestamp(%s::float8)", [seconds_of(context.moment)]


def seconds_between(start: datetime, end: datetime) -> int:
    return seconds_of(end) - seconds_of(start)


def whole_days(start: datetime, end: datetime) -> Decimal:
    """Stretches of 24 hours; negative if the end comes first."""
    return Decimal(int(EXACT.divide_int(Decimal(seconds_between(start, end)), Decimal(DAY))))


def hours_between(start: datetime, end: datetime) -> Decimal | None:
    """Hours and parts of them."""
    return quotient(Decimal(seconds_between(start, end)), Decimal(3600))


def _two(parts: Parts) -> Checked:
    """Two dates, or two moments."""
    count(parts, 2, 2)
    family = "datetime" if any(part.kind.family == "datetime" for part in parts) else "date"
    return tuple(need(part, family, place) for place, part in enumerate(parts)), NUMBER


def _moving(parts: Parts) -> Checked:
    """A date or moment, and a number."""
    count(parts, 2, 2)
    first = need(parts[0], "date|datetime", 0)
    return (first, need(parts[1], "number", 1)), DATETIME if first.kind.family == "datetime" else DATE


def _days_later(words: Sequence[str]) -> str:
    return _("%(from)s plus %(number)s days") % {"from": words[0], "number": words[1]}


def _hours_later(words: Sequence[str]) -> str:
    return _("%(from)s plus %(number)s hours") % {"from": words[0], "number": words[1]}


def _months_later(words: Sequence[str]) -> str:
    return _("%(from)s plus %(number)s months") % {"from": words[0], "number": words[1]}


def _days_from(words: Sequence[str]) -> str:
    return _("the days from %(from)s to %(to)s") % {"from": words[0], "to": words[1]}


def _hours_from(words: Sequence[str]) -> str:
    return _("the hours from %(from)s to %(to)s") % {"from": words[0], "to": words[1]}


def of_moments(made: Function) -> Callable[[Parts], Function | None]:
    """A variant for moments."""
    return lambda parts: made if any(part.kind.family == "datetime" for part in parts) else None


BETWEEN = "div(extract(epoch from ({{1}} - {{0}}))::numeric{times}, {by}){after}"
day = takes("date", gives=NUMBER)
days_of_moments = Function(
    "days_between", _two, whole_days, template(BETWEEN.format(times="", by=DAY, after="")), _days_from
)
function(
    Function(
        "today", takes(gives=DATE), lambda context: context.today, _today_sql, lambda _words: _("today"),
        timed=True,
    ),
    Function(
        "now", takes(gives=DATETIME), lambda context: context.moment, _now_sql, lambda _words: _("now"),
        timed=True,
    ),
    Function(
        "date", takes("datetime", gives=DATE), day_of, _day_sql,
        lambda words: _("the day of %s") % words[0], timed=True,
    ),
    Function(
        "add_days", _moving, add_days, template(date_sql("({0} - DATE '0001-01-01') + trunc({1})")),
        _days_later, variant=of_moments(replace(later(DAY), key="add_days", words=_days_later)),
    ),
    Function(
        "add_months", takes("date", "number", gives=DATE), add_months, template(ADD_MONTHS), _months_later
    ),
    replace(later(3600), key="add_hours"),
    Function(
        "days_between", _two, lambda start, end: Decimal((end - start) // ONE_DAY),
        template("({1} - {0})::numeric"), _days_from, variant=of_moments(days_of_moments),
    ),
    Function(
        "hours_between", takes("datetime", "datetime", gives=NUMBER), hours_between,
        template(BETWEEN.format(times=" * 1e20", by=3600, after=" * 1e-20")), _hours_from,
    ),
    Function(
        "year", day, lambda day: Decimal(day.year), template("extract(year from {0})::numeric"),
        lambda words: _("the year of %s") % words[0],
    ),
    Function(
        "month", day, lambda day: Decimal(day.month), template("extract(month from {0})::numeric"),
        lambda words: _("the month of %s") % words[0],
    ),
    Function(
        "day", day, lambda day: Decimal(day.day), template("extract(day from {0})::numeric"),
        lambda words: _("the day in the month of %s") % words[0],
    ),
    Function(
        "weekday", day, lambda day: Decimal(day.isoweekday()), template("extract(isodow from {0})::numeric"),
        lambda words: _("the weekday of %s") % words[0],
    ),
)  # fmt: skip
