"""Field types of time: dates, and moments to the second in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_date, format_datetime
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.fields.base import FieldType, ValueProblem, register_field_type
from crm.fields.numbers import babel_locale
from crm.modules.registry import FieldInfo

MOMENT_FORMAT = "%Y-%m-%d %H:%M:%S"


def store_moment(value: datetime) -> str:
    """A moment as fixed-width UTC text that sorts like the moment itself."""
    utc = value.astimezone(UTC)
    return f"{utc.year:04}-{utc:%m-%d %H:%M:%S}"


def load_moment(stored: str) -> datetime:
    """The moment that `store_moment` made this text of."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


@register_field_type
class Day(FieldType):
    """A date, as YYYY-MM-DD."""

    key = "date"
    label = _("Date")
    family = "date"

    def clean(self, raw: Any, field: FieldInfo) -> date | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        if isinstance(raw, datetime):
            return raw.date()
        if isinstance(raw, date):
            return raw
        try:
            text = str(raw).strip()
            if len(text) != 10:
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise ValueProblem(_("Enter a date that exists, as YYYY-MM-DD.")) from None

    def dump(self, value: Any, field: FieldInfo) -> str:
        return str(value.isoformat())

    def parse(self, dumped: Any, field: FieldInfo) -> date:
        return date.fromisoformat(dumped)

    def show(self, value: Any, field: FieldInfo) -> str:
        return "" if value is None else format_date(value, "medium", locale=babel_locale())


@register_field_type
class Moment(FieldType):
    """A date and time; text without an offset is in the active time zone."""

    key = "datetime"
    label = _("Date and time")
    family = "datetime"

    def clean(self, raw: Any, field: FieldInfo) -> datetime | None:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        try:
            moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw).strip())
            if moment.tzinfo is None:
                moment = timezone.make_aware(moment)
            return moment.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError):
            raise ValueProblem(_("Enter a date and time that exist, as YYYY-MM-DD HH:MM.")) from None

    def dump(self, value: Any, field: FieldInfo) -> str:
        return store_moment(value)

    def parse(self, dumped: Any, field: FieldInfo) -> datetime:
        return load_moment(dumped)

    def show(self, value: Any, field: FieldInfo) -> str:
        if value is None:
            return ""
        try:
            local = timezone.localtime(value)
        except OverflowError:  # the first or last day there is: no clock of the zone shows it
            local = value
        return format_datetime(local, "medium", locale=babel_locale())
