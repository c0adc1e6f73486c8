"""Verbs about business hours; what they change takes effect at once and is journalled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed
from crm.documents.kinds import Data
from crm.models import Generation, SharingGroup, User
from crm.modules.keys import free_key
from crm.modules.problems import InUse, ModuleProblem, validated
from crm.modules.usage import Usage
from crm.people.problems import require_feature
from workflows.business_hours import WEEKDAYS, hours_document
from workflows.hours import PeriodProblem, Periods
from workflows.hours.periods import as_pairs, stored_periods
from workflows.hours.public import country_name, regions
from workflows.models import BusinessHours, SpecialDay

FEATURE = "manage_automation"
Users = Callable[[BusinessHours], Iterable[Usage]]
USERS: list[Users] = []


def register_hours_users(finder: Users) -> Users:
    """Makes a finder known that says what uses some business hours, so that these cannot be deleted."""
    if finder not in USERS:
        USERS.append(finder)
    return finder


@dataclass(frozen=True)
class SpecialDraft:
    """A date that is closed or open; open without periods means as usual on that weekday."""

    day: date
    open: bool = False
    periods: Periods = ()
    name: str = ""


@transaction.atomic
def save_hours(
    *,
    hours: BusinessHours,
    actor: User | None,
    special: Sequence[SpecialDraft] | None = None,
    users: Iterable[User] | None = None,
    groups: Iterable[SharingGroup] | None = None,
) -> BusinessHours:
    """Saves new or changed hours with who has them; what is None stays as it is.

    Of several hours that are to be the organisation's, the last saved are. Raises ModuleProblem, naming
    the field, for a zone, country, region or period that there is not, and for a person or group that
    has other hours already.
    """
    require_feature(actor, FEATURE)
    _one_at_a_time()
    stored = BusinessHours.objects.filter(pk=hours.pk).first() if hours.pk else None
    before = hours_document(stored)
    hours.key = hours.key or free_key(
        hours.name, "hours", BusinessHours.objects.values_list("key", flat=True)
    )
    _check(hours)
    if hours.is_default:
        _replace_default(hours, actor)
    validated(hours)
    hours.save()
    if special is not None:
        _write_special(hours, special)
    if users is not None:
        _give(hours, "users", users)
    if groups is not None:
        _give(hours, "groups", groups)
    _journal(actor, hours.key, before, hours_document(hours))
    return hours


@transaction.atomic
def delete_hours(*, hours: BusinessHours, actor: User | None) -> None:
    """Deletes hours. Raises InUse, naming everybody and everything that has them, if there is any."""
    require_feature(actor, FEATURE)
    _one_at_a_time()
    usages = [usage for finder in USERS for usage in finder(hours)]
    if usages:
        raise InUse(usages)
    before, key = hours_document(hours), hours.key
    hours.delete()
    _journal(actor, key, before, None)


@register_hours_users
def people_and_groups(hours: BusinessHours) -> Iterable[Usage]:
    """The organisation, people and groups that have the hours."""
    if hours.is_default:
        yield Usage("organisation", _("the whole organisation"), "", blocking=True)
    for user in hours.users.all():
        yield Usage("person", str(user), _("person"), blocking=True)
    for group in hours.groups.all():
        yield Usage("group", str(group), _("group"), blocking=True)


def _one_at_a_time() -> None:
    """Two admins who give one person two hours at once could both succeed."""
    Generation.objects.get_or_create(pk=1)
    Generation.objects.select_for_update().get(pk=1)


def _check(hours: BusinessHours) -> None:
    if hours.time_zone not in available_timezones():
        raise ModuleProblem(_("There is no time zone “%s”.") % hours.time_zone, "time_zone")
    if hours.country and hours.country not in regions():
        raise ModuleProblem(_("There is no country “%s” with known holidays.") % hours.country, "country")
    if hours.region and hours.region not in regions().get(hours.country, ()):
        names = {"country": country_name(hours.country) or "–", "region": hours.region}
        raise ModuleProblem(_("%(country)s has no region “%(region)s”.") % names, "region")
    if unknown := set(hours.week) - set(WEEKDAYS):
        raise ModuleProblem(_("There is no weekday “%s”.") % min(unknown), "week")
    for weekday, pairs in hours.week.items():
        try:
            stored_periods(pairs)
        except PeriodProblem as problem:
            raise ModuleProblem(str(problem), weekday) from None


def _replace_default(hours: BusinessHours, actor: User | None) -> None:
    for other in BusinessHours.objects.filter(is_default=True).exclude(pk=hours.pk):
        before = hours_document(other)
        other.is_default = False
        other.save(update_fields=["is_default"])
        _journal(actor, other.key, before, hours_document(other))


def _write_special(hours: BusinessHours, special: Sequence[SpecialDraft]) -> None:
    days = [given.day for given in special]
    if double := {day for day in days if days.count(day) > 1}:
        raise ModuleProblem(_("%s is there twice.") % min(double))
    hours.special_days.exclude(day__in=days).delete()
    stored = {row.day: row for row in hours.special_days.all()}
    for given in special:
        _check_special(hours, given)
        row = stored.get(given.day) or SpecialDay(hours=hours, day=given.day)
        row.name, row.periods = given.name, as_pairs(given.periods)
        row.kind = SpecialDay.Kind.OPEN if given.open else SpecialDay.Kind.CLOSED
        validated(row)
        row.save()


def _check_special(hours: BusinessHours, given: SpecialDraft) -> None:
    if given.periods and not given.open:
        raise ModuleProblem(_("%s is closed, so it has no periods.") % given.day)
    if given.open and not (given.periods or hours.week.get(WEEKDAYS[given.day.weekday()])):
        raise ModuleProblem(_("%s is usually closed: say from when to when it is open.") % given.day)


def _give(hours: BusinessHours, name: str, members: Iterable[User] | Iterable[SharingGroup]) -> None:
    """Makes these people or groups those that have the hours; nobody has two."""
    given = list(members)
    for other in BusinessHours.objects.exclude(pk=hours.pk).prefetch_related(name):
        if taken := [str(one) for one in getattr(other, name).all() if one in given]:
            told = {"names": ", ".join(sorted(taken)), "hours": other}
            raise ModuleProblem(_("Already have the hours “%(hours)s”: %(names)s.") % told, name)
    getattr(hours, name).set(given)


def _journal(actor: User | None, key: str, before: Data | None, after: Data | None) -> None:
    what = "create" if before is None else "delete" if after is None else "edit"
    if before != after:
        configuration_changed(actor=actor, kind="hours", key=key, what=what, before=before, after=after)
