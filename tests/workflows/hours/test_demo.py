"""A claim about the demo company's business hours."""

from datetime import date

import pytest

from workflows.business_hours import hours_of
from workflows.demo import load_hours
from workflows.hours.definition import calendar_of
from workflows.hours.periods import periods


@pytest.mark.django_db
def test_the_demo_company_works_in_london_and_not_on_holidays() -> None:
    load_hours()
    calendar = calendar_of(hours_of(None), range(2026, 2028))
    assert calendar.zone.key == "Europe/London"
    assert calendar.periods_on(date(2026, 8, 28)) == periods(("9:00", "17:00"))
    assert calendar.periods_on(date(2026, 8, 29)) == ()
    assert calendar.periods_on(date(2026, 8, 31)) == ()  # a bank holiday in England
