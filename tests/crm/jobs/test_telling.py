"""The message about a job's end: one per job, stored with its last step, read when somebody looks."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.imports import look
from crm.jobs import running
from crm.jobs.running import drain, run_job
from crm.jobs.verbs import cancel_job, continue_job, undo_job
from crm.models import Job, JobState, Notification, User
from tests.crm.door.making import make, value
from tests.crm.imports.making import uploaded
from tests.crm.imports.test_job import killed_at_half, started
from tests.crm.imports.test_job import rows as rows_of_file
from tests.crm.jobs.rating import RatingKind, ask, rating
from tests.crm.pages.conftest import as_person
from tests.people import Company

__all__ = ["as_person", "rating"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rating")]
AsPerson = Callable[[User | None], Client]


@pytest.fixture
def ids(company: Company) -> list[int]:
    """Two leads of Ada's, and one that she does not see."""
    mine = [make("leads", company.ada, last_name=f"Lead {n}", rating="low") for n in range(2)]
    return [*mine, make("leads", company.cleo, last_name="Hers")]


def texts(person: User) -> list[str]:
    return list(Notification.objects.filter(user=person).values_list("text", flat=True))


def test_who_asked_is_told_of_the_end_and_nobody_else(ids: list[int], company: Company) -> None:
    job = ask(company.ada, ids[:2])
    assert texts(company.ada) == []
    drain()
    told = Notification.objects.get()
    assert (told.user, told.job_id, told.read_at) == (company.ada, job.pk, None)
    assert told.text == "Rating “Rate” is done."


def test_the_message_says_how_many_were_refused_in_the_person_s_language(
    ids: list[int], company: Company
) -> None:
    ask(company.ada, ids)
    drain()
    assert texts(company.ada) == ["Rating “Rate” is done; 1 row or record has a problem."]


def test_a_job_that_failed_and_went_on_has_one_message_about_its_last_end(
    ids: list[int], company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(company.ada, [ids[0], 0])
    run_job(job.pk)
    assert texts(company.ada) == [], "it is tried again"
    drain()
    drain()
    assert texts(company.ada) == ["Rating “Rate” was stopped by an error."]
    Notification.objects.update(read_at=timezone.now())
    monkeypatch.setattr(RatingKind, "healed", True)
    continue_job(job)
    drain()
    assert texts(company.ada) == ["Rating “Rate” is done."]
    assert Notification.objects.get().read_at is None


def test_a_job_that_is_cancelled_tells_it_whether_it_waited_or_was_at_work(
    ids: list[int], company: Company
) -> None:
    cancel_job(ask(company.ada, ids[:2]))
    assert texts(company.ada) == ["Rating “Rate” was cancelled."]
    busy = ask(company.ada, ids)
    claimed = running._claim(busy.pk, "worker")
    assert claimed is not None
    cancel_job(busy)
    assert len(texts(company.ada)) == 1, "it ends after its step"
    running._work(claimed, running.time.monotonic() + 60)
    assert texts(company.ada) == ["Rating “Rate” was cancelled."] * 2


def test_an_undo_tells_of_its_own_end(ids: list[int], company: Company) -> None:
    job = ask(company.ada, ids[:2])
    drain()
    job.refresh_from_db()
    undo_job(job, actor=company.ada)
    drain()
    assert texts(company.ada)[0] == "Undo “Undo: Rate” is done."


def test_message_and_last_step_go_in_together(
    ids: list[int], company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_job: Job) -> None:
        raise RuntimeError("killed")

    job = ask(company.ada, ids[:2])
    with monkeypatch.context() as patch:
        patch.setattr(running, "tell_end", dies)
        assert run_job(job.pk) is False
    job.refresh_from_db()
    assert (job.state, value("leads", ids[0], "rating"), texts(company.ada)) == (JobState.WAITING, "low", [])
    assert run_job(job.pk) is True
    assert run_job(job.pk) is None
    assert len(texts(company.ada)) == 1


@pytest.mark.django_db(transaction=True)
def test_after_a_worker_was_killed_there_is_one_message() -> None:
    job = started(rows_of_file(150))
    killed_at_half(job, 1)
    assert not Notification.objects.exists()
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    drain()
    drain()
    assert Notification.objects.get().job_id == job.pk


def test_a_look_at_a_file_is_not_told_of(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "AT_ONCE", 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.crm.imports.making.propose_all", lambda *_given: None)
        patch.setattr(Job, "look", None)
        uploaded(company.ada)
    drain()
    assert Job.objects.get(kind="import_look").state == JobState.DONE
    assert not Notification.objects.exists()


def test_the_message_leads_to_the_job_whose_page_marks_it_as_read(
    ids: list[int], company: Company, as_person: AsPerson
) -> None:
    job = ask(company.ada, ids[:2])
    drain()
    client = as_person(company.ada)
    assert "Notifications, 1 unread" in client.get("/").content.decode()
    message = Notification.objects.get()
    response = client.post(reverse("open_notification", args=[message.pk]))
    assert response["Location"] == reverse("job", args=[job.pk])
    Notification.objects.update(read_at=None)
    assert "unread" not in client.get(reverse("job", args=[job.pk])).content.decode()
    message.refresh_from_db()
    assert message.read_at is not None


def test_a_page_that_looks_on_sees_the_end_and_a_stranger_s_look_counts_for_nothing(
    ids: list[int], company: Company, as_person: AsPerson
) -> None:
    job = ask(company.ada, ids[:2])
    address = reverse("job", args=[job.pk])
    as_person(company.ada).get(address)
    drain()
    assert as_person(company.cleo).get(address).status_code == 404
    assert Notification.objects.get().read_at is None
    as_person(company.ada).get(address, headers={"HX-Request": "true"})
    assert Notification.objects.get().read_at is not None


def test_what_is_done_while_the_person_waits_is_not_unread(
    ids: list[int], company: Company, as_person: AsPerson
) -> None:
    client = as_person(company.ada)
    client.post("/leads/bulk/tag/", {"record": ids[0], "add_tags": "seen", "go": "1"})
    assert Notification.objects.get().read_at is not None
