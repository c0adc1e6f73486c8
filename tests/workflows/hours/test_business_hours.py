"""Claims about stored business hours: who has which, what they come to, what is refused and journalled."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from crm.documents.generation import current_generation, held_generation
from crm.models import ConfigurationChange, SharingGroup, User
from crm.modules.problems import InUse, ModuleProblem
from crm.modules.usage import Usage
from crm.people.groups import delete_group, save_group
from tests.people import limited_admin
from workflows import hours_verbs
from workflows.business_hours import hours_document, hours_of, organisation_zone
from workflows.hours import Calendar, add, is_open
from workflows.hours.definition import calendar_of
from workflows.hours.periods import periods
from workflows.hours.public import country_choices, public_holidays, region_choices
from workflows.hours_verbs import SpecialDraft, delete_hours, register_hours_users, save_hours
from workflows.models import BusinessHours, SpecialDay

pytestmark = pytest.mark.django_db

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
WEEK = {day: [["09:00", "17:00"]] for day in DAYS}
WARSAW = ZoneInfo("Europe/Warsaw")


def make(name: str = "Office", *, actor: User | None = None, **given: Any) -> BusinessHours:
    parts = {part: given.pop(part) for part in ("special", "users", "groups") if part in given}
    values = {"name": name, "time_zone": "Europe/Warsaw", "week": WEEK, **given}
    return save_hours(hours=BusinessHours(**values), actor=actor, **parts)


def group_of(name: str, *users: User) -> SharingGroup:
    return save_group(actor=None, group=SharingGroup(key=name.lower(), name=name), users=users)


def key_of(user: User | None) -> str | None:
    found = hours_of(user)
    return found.key if found else None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


def test_without_hours_time_passes_as_on_the_wall(ada: User) -> None:
    assert hours_of(ada) is None
    assert hours_of(None) is None
    calendar = calendar_of(None)
    start = at("2026-05-02 12:00")
    assert add(calendar, start, timedelta(hours=5)) == at("2026-05-02 17:00")
    assert organisation_zone() == "UTC"


def test_own_hours_come_first_then_the_groups_then_the_organisations(
    ada: User, ben: User, cleo: User, admin: User
) -> None:
    north, south = group_of("North", ada, ben), group_of("South", ada, ben, cleo)
    make("Office", is_default=True)
    make("Late shift", groups=[south])
    make("Early shift", groups=[north])
    make("Part time", users=[ada])
    assert (key_of(ada), key_of(ben), key_of(cleo), key_of(admin), key_of(None)) == (
        "part_time", "early_shift", "late_shift", "office", "office",
    )  # fmt: skip
    assert organisation_zone() == "Europe/Warsaw"


def test_who_comes_into_a_group_has_its_hours_at_once_and_loses_them_with_it(ada: User, ben: User) -> None:
    group = group_of("Service", ben)
    hours = make("Late shift", groups=[group])
    assert key_of(ada) is None
    save_group(actor=None, group=group, users=[ada])
    assert key_of(ada) == "late_shift"
    assert key_of(ben) is None
    delete_group(actor=None, group=group)
    assert key_of(ada) is None
    assert list(hours.groups.all()) == []


def test_hours_are_read_once_per_generation(ada: User) -> None:
    make("Office", is_default=True, country="PL")
    calendar = calendar_of(hours_of(ada))
    with (
        held_generation(),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        assert calendar_of(hours_of(ada)) is calendar
        assert len(asked) == 0
    group_of("Another thing that changed")
    assert calendar_of(hours_of(ada)) is calendar  # it says the same
    hours = BusinessHours.objects.get()
    hours.time_zone = "Europe/London"
    save_hours(hours=hours, actor=None)
    assert calendar_of(hours_of(ada)).zone.key == "Europe/London"


def test_reading_all_hours_takes_as_many_statements_for_many(ada: User, ben: User, cleo: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as statements:
            hours_of(ada)
        return len(statements)

    trip = SpecialDraft(date(2026, 6, 1))
    make("Office", is_default=True, users=[ada], groups=[group_of("All", ada)], special=[trip])
    few = asked()
    for number, user in enumerate((ben, cleo)):
        special = [SpecialDraft(date(2026, 6, 1 + one)) for one in range(5)]
        make(f"Hours {number}", users=[user], groups=[group_of(f"Group {number}")], special=special)
    assert asked() == few <= 10
    assert asked() == 1  # the generation


def test_public_holidays_are_closed_and_special_days_count_before_them() -> None:
    special = [
        SpecialDraft(
            date(2026, 11, 11), open=True, name="Stocktaking"
        ),  # Independence Day, as on any Wednesday
        SpecialDraft(date(2026, 5, 1), open=True, periods=periods(("10:00", "12:00"))),
        SpecialDraft(date(2026, 5, 4), name="Company trip"),
        SpecialDraft(date(2026, 5, 9), open=True, periods=periods(("8:00", "12:00"))),  # a Saturday
    ]
    make("Office", is_default=True, country="PL", special=special)
    calendar = calendar_of(hours_of(None), range(2026, 2028))
    assert calendar.periods_on(date(2026, 1, 6)) == ()  # Epiphany, a Tuesday
    assert calendar.periods_on(date(2026, 11, 11)) == periods(("9:00", "17:00"))
    assert add(calendar, at("2026-04-30 16:00"), timedelta(hours=4)) == at("2026-05-05 10:00")
    assert is_open(calendar, at("2026-05-09 11:59"))
    assert not is_open(calendar, at("2026-05-09 12:00"))
    assert is_open(calendar, at("2028-01-06 12:00"))  # beyond the years that were asked for


@time_machine.travel("2026-07-01")
def test_holidays_are_known_from_last_year_to_ten_years_ahead() -> None:
    make("Office", is_default=True, country="PL")
    calendar = calendar_of(hours_of(None))
    christmas = [year for year in range(2020, 2045) if date(year, 12, 25) in calendar.days]
    assert christmas == list(range(2025, 2037))


def test_regions_have_holidays_of_their_own() -> None:
    assert date(2026, 1, 6) in public_holidays("DE", "BY", 2026)
    assert date(2026, 1, 6) not in public_holidays("DE", "BE", 2026)
    assert ("BY", "Bayern") in region_choices("DE")
    assert ("PL", "Poland") in country_choices()
    assert public_holidays("XX", "", 2026) == public_holidays("DE", "XX", 2026) == {}
    assert region_choices("XX") == []


def test_holidays_have_names_in_the_language_of_the_reader() -> None:
    christmas = date(2026, 12, 25)
    names = {}
    for language in ("en", "de", "pl", "fr", "zh-hans"):
        with override(language):
            names[language] = public_holidays("PL", "", 2026)[christmas]
    assert names["de"] == "Erster Weihnachtstag"
    assert names["en"] == names["fr"] == "Christmas Day"
    with override("zh-hans"):
        assert dict(country_choices())["DE"] == "德国"


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "no time zone “Mars/Olympus”"),
        ({"country": "XX"}, "country", "no country “XX”"),
        ({"country": "PL", "region": "BY"}, "region", "Poland has no region “BY”"),
        ({"region": "BY"}, "region", "has no region “BY”"),
        ({"week": {"friday": [["17:00", "9:00"]]}}, "friday", "ends before it begins"),
        ({"week": {"friday": [["9:00", "13:00"], ["12:00", "17:00"]]}}, "friday", "overlap"),
        ({"week": {"friday": "9-17"}}, "friday", "list of pairs"),
        ({"week": {"freitag": []}}, "week", "no weekday “freitag”"),
        ({"name": "Taken"}, "name", "already exists"),
        ({"key": "taken"}, "key", "already exists"),
        ({"special": [SpecialDraft(date(2026, 5, 9), open=True)]}, None, "usually closed"),
        ({"special": [SpecialDraft(date(2026, 5, 9)), SpecialDraft(date(2026, 5, 9))]}, None, "twice"),
        (
            {"special": [SpecialDraft(date(2026, 5, 8), periods=periods(("9:00", "12:00")))]},
            None,
            "is closed",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    given: dict[str, Any], field: str | None, message: str
) -> None:
    make("Taken")
    with pytest.raises(ModuleProblem, match=message) as refused:
        make(**{"name": "Office", **given})
    assert refused.value.field == field
    assert BusinessHours.objects.count() == 1


def test_nobody_has_two_hours(ada: User, ben: User) -> None:
    group = group_of("Service", ben)
    first = make("First", users=[ada, ben], groups=[group])
    with pytest.raises(ModuleProblem, match=r"Already have the hours “First”: Ada Adler.") as refused:
        make("Second", users=[ada])
    assert refused.value.field == "users"
    with pytest.raises(ModuleProblem, match=r"“First”: Service") as refused:
        make("Second", groups=[group])
    assert refused.value.field == "groups"
    save_hours(hours=first, actor=None, users=[ada], groups=[])
    assert list(make("Second", users=[ben], groups=[group]).users.all()) == [ben]


def test_only_one_is_the_organisations() -> None:
    first = make("First", is_default=True)
    make("Second", is_default=True)
    first.refresh_from_db()
    assert not first.is_default
    assert key_of(None) == "second"
    told = ConfigurationChange.objects.filter(kind="hours", key="first").values_list(
        "what", "after__organisation"
    )
    assert list(told) == [("edit", False), ("create", True)]
    with pytest.raises(IntegrityError), transaction.atomic():
        BusinessHours.objects.update(is_default=True)


def test_every_change_is_journalled_under_the_next_generation(admin: User, ada: User) -> None:
    before = current_generation()
    special = [SpecialDraft(date(2026, 5, 4), name="Company trip")]
    hours = make("Office", actor=admin, country="PL", users=[ada], special=special, is_default=True)
    change = ConfigurationChange.objects.first()
    assert change is not None
    assert current_generation() == change.generation > before
    assert (change.actor, change.kind, change.key, change.what) == (admin, "hours", "office", "create")
    assert change.after == hours_document(hours)
    assert change.after == {
        "key": "office",
        "name": "Office",
        "time_zone": "Europe/Warsaw",
        "week": WEEK,
        "country": "PL",
        "region": "",
        "special_days": [{"day": "2026-05-04", "name": "Company trip", "open": False, "periods": []}],
        "organisation": True,
        "users": ["ada@example.com"],
        "groups": [],
    }
    save_hours(hours=hours, actor=admin)
    assert ConfigurationChange.objects.filter(kind="hours").count() == 1  # nothing was different
    save_hours(hours=hours, actor=admin, special=[], users=[])
    assert SpecialDay.objects.count() == 0
    hours.is_default = False
    save_hours(hours=hours, actor=admin)
    delete_hours(hours=hours, actor=admin)
    whats = ConfigurationChange.objects.filter(kind="hours").values_list("what", flat=True)
    assert list(whats) == ["delete", "edit", "edit", "create"]


def test_people_who_do_not_manage_automation_change_no_hours(ada: User, admin: User) -> None:
    hours = make("Office", actor=limited_admin("manage_automation"))
    with pytest.raises(PermissionDenied):
        save_hours(hours=hours, actor=ada)
    with pytest.raises(PermissionDenied):
        delete_hours(hours=hours, actor=ada)
    delete_hours(hours=hours, actor=admin)
    assert not BusinessHours.objects.exists()


@pytest.fixture
def escalation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A higher room that uses hours."""
    monkeypatch.setattr(hours_verbs, "USERS", [*hours_verbs.USERS])

    @register_hours_users
    def rules(hours: BusinessHours) -> Iterator[Usage]:
        if hours.key == "late_shift":
            yield Usage("rule", "First answer", "Escalation rule", blocking=True)


def test_hours_in_use_are_not_deleted(ada: User, escalation: None) -> None:
    office = make("Office", is_default=True, users=[ada], groups=[group_of("Service")])
    with pytest.raises(InUse, match="the whole organisation; person: Ada Adler; group: Service"):
        delete_hours(hours=office, actor=None)
    with pytest.raises(InUse, match=r"taken out there first: Escalation rule: First answer"):
        delete_hours(hours=make("Late shift"), actor=None)
    delete_hours(hours=make("Unused"), actor=None)
    assert set(BusinessHours.objects.values_list("key", flat=True)) == {"office", "late_shift"}


def test_a_country_alone_gives_no_calendar() -> None:
    make("Office", is_default=True, country="PL", week={})
    assert calendar_of(hours_of(None)) != Calendar(WARSAW)
    assert calendar_of(hours_of(None)).empty
