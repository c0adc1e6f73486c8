"""What the clock does beside queued actions."""

import pytest
from django_q.models import OrmQ, Schedule

from crm.models import Field, IndexState
from crm.visibility.indexes import existing_indexes
from workflows import tasks
from workflows.tasks import clock, process_due, set_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> Field:
    """A field that shall be sorted by."""
    field = Field.objects.get(module__key="leads", key="city")
    field.sorted = True
    field.ask_for_index()
    field.save()
    return field


def is_indexed() -> bool:
    return any("_leads_city_" in name for name in existing_indexes())


def test_the_command_builds_an_index_that_was_asked_for_and_then_rests(city: Field) -> None:
    assert process_due()["indexes"][IndexState.READY] > 0
    city.refresh_from_db()
    assert city.index_state == IndexState.READY
    assert is_indexed()
    assert process_due()["indexes"] == {}


def test_the_clock_gives_indexes_a_task_that_may_take_long(city: Field) -> None:
    assert clock()["indexes"] == {"queued": 1}
    assert not is_indexed()
    task = OrmQ.objects.get().task
    assert task["timeout"] >= 3600  # seconds; an ordinary task is killed after 300
    assert tasks.long(*task["args"])[IndexState.READY] > 0
    assert is_indexed()
    assert clock()["indexes"] == {}
    assert OrmQ.objects.count() == 1


def test_an_index_that_a_killed_job_left_is_asked_for_again(city: Field) -> None:
    process_due()
    Field.objects.filter(pk=city.pk).update(index_state=IndexState.BUILDING)
    assert clock()["indexes"] == {"queued": 1}
    tasks.long("indexes")
    city.refresh_from_db()
    assert city.index_state == IndexState.READY


def test_everything_else_that_is_due_is_done_by_the_clock_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tasks.DUE, "sweep", lambda: {"swept": 3})
    assert clock()["sweep"] == process_due()["sweep"] == {"swept": 3}


def test_a_schedule_of_an_older_version_calls_the_clock_from_now_on() -> None:
    Schedule.objects.update_or_create(name=tasks.CLOCK, defaults={"func": "workflows.tasks.process_due"})
    before = Schedule.objects.get(name=tasks.CLOCK)
    set_clock("default")
    after = Schedule.objects.get(name=tasks.CLOCK)
    assert (after.func, after.minutes, after.next_run) == ("workflows.tasks.clock", 1, before.next_run)
