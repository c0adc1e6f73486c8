"""Jobs that build indexes: one at a time, seen by admins, and safe to kill."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction

from crm.models import Field, IndexState, Lead, Module
from crm.modules.loading import clear_registry
from crm.visibility import indexes
from crm.visibility.indexes import build_indexes, existing_indexes, indexes_are_asked
from tests.crm.door.making import make
from tests.crm.door.racing import together
from tests.crm.door.test_crash import url
from tests.people import Company
from tests.rows import change_row, make_row

Pause = Callable[[], None]


def ask_for_city() -> Field:
    """Leads shall be sorted by city from now on."""
    field = Field.objects.get(module__key="leads", key="city")
    field.sorted = True
    field.ask_for_index()
    field.save()
    clear_registry()
    return field


def of_city() -> dict[str, bool]:
    return {name: whole for name, whole in existing_indexes().items() if "_leads_city_" in name}


def test_meanwhile_an_admin_sees_that_it_is_being_built(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_indexes()
    field = ask_for_city()
    seen: list[str] = []
    make_them = indexes._make

    def watched(missing: Any) -> None:
        seen.append(Field.objects.get(pk=field.pk).get_index_state_display())
        make_them(missing)

    monkeypatch.setattr(indexes, "_make", watched)
    assert build_indexes() == {"leads.city": IndexState.READY}
    assert seen == ["being built"]
    assert not indexes_are_asked()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does not lock the whole database")
def test_a_locked_database_is_no_failure_of_the_field(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_indexes()
    field = ask_for_city()

    def locked(_missing: Any) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(indexes, "_make", locked)
        assert build_indexes() == {"leads.city": IndexState.WAITING}
    field.refresh_from_db()
    assert (field.index_state, field.index_error) == (IndexState.WAITING, "")
    assert build_indexes() == {"leads.city": IndexState.READY}


@pytest.fixture
def stored_company(transactional_db: None, company: Company) -> Company:
    """The people, stored for other connections to see, and every index there."""
    build_indexes()
    return company


def waits_in_the_database(seconds: float = 20) -> bool:
    """Whether somebody builds an index and waits for others to end their transactions."""
    deadline = time.monotonic() + seconds
    query = (
        "SELECT 1 FROM pg_stat_progress_create_index "
        "WHERE datname = current_database() AND phase LIKE 'waiting for writers%'"
    )
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(query)
            if cursor.fetchone():
                return True
        time.sleep(0.02)
    return False


def holding(pk: int, begun: threading.Event, go_on: threading.Event) -> None:
    """A transaction that has changed the table, which a new index waits for."""
    with transaction.atomic():
        change_row(Lead.objects.get(pk=pk), company="changed")
        begun.set()
        assert go_on.wait(60)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_take_turns(stored_company: Company) -> None:
    pk = make("leads", stored_company.ada)
    field = ask_for_city()
    begun, go_on = threading.Event(), threading.Event()
    with together() as threads:
        threads.start("holding", lambda: holding(pk, begun, go_on))
        assert begun.wait(10)
        threads.start("first", build_indexes)
        assert waits_in_the_database()
        assert build_indexes() == {}  # the second finds the first at work
        assert Field.objects.get(pk=field.pk).index_state == IndexState.BUILDING
        go_on.set()
    assert threads.answers["first"] == {"leads.city": IndexState.READY}
    assert set(of_city().values()) == {True}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_killed_is_finished_by_a_later_one(stored_company: Company) -> None:
    pk = make("leads", stored_company.ada)
    field = ask_for_city()
    begun, go_on = threading.Event(), threading.Event()
    with together() as threads:
        threads.start("holding", lambda: holding(pk, begun, go_on))
        assert begun.wait(10)
        job = subprocess.Popen(
            [sys.executable, "manage.py", "build_indexes"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url()},
        )
        assert waits_in_the_database()
        job.kill()
        job.wait(10)
        assert build_indexes() == {}  # the database is still at what the dead job asked for
        assert Field.objects.get(pk=field.pk).index_state == IndexState.BUILDING
        assert indexes_are_asked()
        go_on.set()
    deadline = time.monotonic() + 20
    while not (states := build_indexes()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert states == {"leads.city": IndexState.READY}
    assert set(of_city().values()) == {True}
    assert not indexes_are_asked()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_left_invalid_is_made_anew(stored_company: Company) -> None:
    devices = Module.objects.create(key="devices", label="Device", label_plural="Devices")
    field = Field.objects.create(module=devices, key="serial", label="Serial", type="text", unique=True)
    clear_registry()
    first, second = (make_row("devices", custom={"serial": "A1"}) for _ in range(2))
    assert build_indexes()["devices.serial"] == IndexState.FAILED
    left = {name: whole for name, whole in existing_indexes().items() if "_devices_serial_" in name}
    assert list(left.values()) == [False]
    type(second)._base_manager.filter(pk=second.pk)._raw_delete("default")
    Field.objects.filter(pk=field.pk).update(index_state=IndexState.BUILDING)
    assert build_indexes()["devices.serial"] == IndexState.READY
    assert all(existing_indexes().values())
    assert first.pk
