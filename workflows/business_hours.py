"""Whose business hours are which; read once per configuration generation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from crm.documents.kinds import Data
from crm.models import User
from crm.people.remembered import PerGeneration
from workflows.directory import directory
from workflows.hours.definition import Hours, SpecialPeriods
from workflows.hours.periods import Periods, as_pairs, stored_periods
from workflows.models import BusinessHours, SpecialDay

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Assigned:
    """Hours by who has them: people by id, members of groups by id, and everybody else."""

    own: Mapping[int, Hours]
    by_group: Mapping[int, Hours]
    organisation: Hours | None


def hours_of(user: User | None) -> Hours | None:
    """The hours that hold for a person: own ones, else those of the first of the person's groups by name
    that has some, else the organisation's, as they do for nobody in particular; None if it has none.
    """
    found = assigned()
    if user is None:
        return found.organisation
    return found.own.get(user.pk) or found.by_group.get(user.pk) or found.organisation


def read_assigned() -> Assigned:
    """All hours as they are in the database now; four statements beside those of the directory."""
    own: dict[int, Hours] = {}
    groups: dict[tuple[str, str], Hours] = {}
    organisation = None
    for row in BusinessHours.objects.prefetch_related("special_days", "users", "groups"):
        hours = hours_value(row)
        own |= {user.pk: hours for user in row.users.all()}
        groups |= {(group.name, group.key): hours for group in row.groups.all()}
        if row.is_default:
            organisation = hours
    members, by_group = directory().groups, dict[int, Hours]()
    for (_name, key), hours in sorted(groups.items(), key=lambda item: item[0], reverse=True):
        by_group |= dict.fromkeys(members.get(key, ()), hours)
    return Assigned(own, by_group, organisation)


assigned = PerGeneration(read_assigned)


def hours_value(row: BusinessHours) -> Hours:
    """What stored hours say; raises PeriodProblem for periods that no day can have."""
    return Hours(
        key=row.key,
        name=row.name,
        time_zone=row.time_zone,
        week=week_of(row),
        country=row.country,
        region=row.region,
        special=tuple(
            SpecialPeriods(special.day, special.kind == SpecialDay.Kind.OPEN, stored_periods(special.periods))
            for special in row.special_days.all()
        ),
    )


def week_of(row: BusinessHours) -> tuple[Periods, ...]:
    """The periods of a week, Monday first."""
    return tuple(stored_periods(row.week.get(weekday, [])) for weekday in WEEKDAYS)


def hours_document(row: BusinessHours | None) -> Data | None:
    """The hours as plain data with stable keys, for the journal and for documents."""
    if row is None:
        return None
    hours = hours_value(row)
    names = dict(row.special_days.values_list("day", "name"))
    return {
        "key": row.key,
        "name": row.name,
        "time_zone": row.time_zone,
        "week": {day: as_pairs(given) for day, given in zip(WEEKDAYS, hours.week, strict=True) if given},
        "country": row.country,
        "region": row.region,
        "special_days": [
            {
                "day": special.day.isoformat(),
                "name": names[special.day],
                "open": special.open,
                "periods": as_pairs(special.periods),
            }
            for special in hours.special
        ],
        "organisation": row.is_default,
        "users": sorted(row.users.values_list("email", flat=True)),
        "groups": sorted(row.groups.values_list("key", flat=True)),
    }


def organisation_zone() -> str:
    """The time zone of the organisation's hours, else that of the installation."""
    default = BusinessHours.objects.filter(is_default=True).values_list("time_zone", flat=True).first()
    return default or settings.TIME_ZONE
