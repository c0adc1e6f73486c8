"""The pages of jobs: how far one is, what was refused, what can be done about it; and for nobody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.jobs.running import drain
from crm.models import Job, JobChunk, JobRefusal, JobState, User
from crm.views import jobs as pages
from crm.views.job_figures import ShownJob
from tests.crm.door.making import make, value
from tests.crm.jobs.rating import RatingKind, ask, rating
from tests.crm.pages.conftest import as_person
from tests.people import Company

__all__ = ["as_person", "rating"]
pytestmark = pytest.mark.usefixtures("rating")
AsPerson = Callable[[User | None], Client]


@pytest.fixture
def job(company: Company) -> Job:
    """Rates three leads of Ada's, and one that she does not see."""
    ids = [make("leads", company.ada, last_name=f"Lead {n}", rating="low") for n in range(3)]
    ids.append(make("leads", company.cleo, last_name="Hers"))
    return ask(company.ada, ids, total=4)


def page(client: Client, job: Job, **headers: str) -> str:
    response = client.get(reverse("job", args=[job.pk]), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_a_waiting_job_looks_again_by_itself_and_an_ended_one_does_not(
    job: Job, company: Company, as_person: AsPerson
) -> None:
    client = as_person(company.ada)
    assert "every 1500ms" in page(client, job)
    assert "<meta http-equiv" in page(client, job)
    drain()
    shown = page(client, job)
    assert "every 1500ms" not in shown
    assert "<meta http-equiv" not in shown
    assert "4 of 4 done" in shown


def test_the_fragment_tells_the_end_to_those_who_do_not_see_it(
    job: Job, company: Company, as_person: AsPerson
) -> None:
    client = as_person(company.ada)
    assert "job-said" not in page(client, job, **{"HX-Request": "true"})
    drain()
    fragment = page(client, job, **{"HX-Request": "true"})
    assert "Done. 3 updated, 1 refused" in fragment
    assert "<html" not in fragment


def test_counts_and_reasons_are_shown_and_can_be_downloaded(
    job: Job, company: Company, as_person: AsPerson
) -> None:
    drain()
    client = as_person(company.ada)
    shown = page(client, job)
    refusal = JobRefusal.objects.get(job=job)
    assert refusal.problems[0]["message"] in shown
    response = client.get(reverse("job_refusals", args=[job.pk]))
    text = b"".join(response).decode("utf-8-sig")  # type: ignore[arg-type]
    assert text.splitlines()[0] == "Record,Address,Reason"
    assert refusal.problems[0]["message"] in text
    assert "attachment" in response["Content-Disposition"]


def test_a_name_that_looks_like_a_formula_is_harmless_in_the_file(
    job: Job, company: Company, as_person: AsPerson
) -> None:
    problems = [{"field": None, "code": "x", "message": "No."}]
    JobRefusal.objects.create(job=job, place=1, name="=1+1", problems=problems)
    response = as_person(company.ada).get(reverse("job_refusals", args=[job.pk]))
    assert "'=1+1" in b"".join(response).decode()  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["ben", "cleo", "admin"])
def test_nobody_else_finds_it(job: Job, company: Company, as_person: AsPerson, who: str) -> None:
    drain()
    client = as_person(getattr(company, who))
    assert client.get(reverse("job", args=[job.pk])).status_code == 404
    assert client.get(reverse("job_refusals", args=[job.pk])).status_code == 404
    for verb in ("job_cancel", "job_continue", "job_undo"):
        assert client.post(reverse(verb, args=[job.pk])).status_code == 404, verb
    assert job.title not in client.get(reverse("jobs")).content.decode()
    assert not Job.objects.filter(undoes=job).exists()


def test_a_job_in_preparation_is_not_found(company: Company, as_person: AsPerson) -> None:
    job = ask(company.ada, [], prepare=True)
    assert as_person(company.ada).get(reverse("job", args=[job.pk])).status_code == 404


def test_it_is_cancelled_continued_and_undone_by_click(
    job: Job, company: Company, as_person: AsPerson
) -> None:
    client = as_person(company.ada)
    client.post(reverse("job_cancel", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "Continue" in page(client, job)
    client.post(reverse("job_continue", args=[job.pk]))
    drain()
    assert value("leads", job.input["ids"][0], "rating") == "high"
    response = client.post(reverse("job_undo", args=[job.pk]))
    undo = Job.objects.get(undoes=job)
    assert response["Location"] == reverse("job", args=[undo.pk])
    drain()
    assert value("leads", job.input["ids"][0], "rating") == "low"
    assert "Undone" in page(client, job)
    again = client.post(reverse("job_undo", args=[job.pk]), follow=True)
    assert "undone already" in again.content.decode()


def test_a_job_that_stopped_says_why(job: Job, company: Company, as_person: AsPerson) -> None:
    broken = ask(company.ada, [job.input["ids"][0], 0])
    for _try in range(3):
        drain()
    shown = page(as_person(company.ada), broken)
    assert "RuntimeError: broken" in shown
    assert "Continue" in shown


def test_steps_in_which_everything_is_refused_do_not_disturb_the_numbers_of_the_others(
    company: Company,
) -> None:
    mine = [make("leads", company.ada, last_name=f"Lead {n}") for n in range(2)]
    hers = [make("leads", company.cleo, last_name=f"Hers {n}") for n in range(2)]
    job = ask(company.ada, [*mine, *hers, mine[0], mine[1]])
    drain()
    job.refresh_from_db()
    assert (job.state, job.tally) == (JobState.DONE, {"updated": 4, "refused": 2})
    assert list(JobChunk.objects.filter(job=job).values_list("number", flat=True)) == [1, 2]


def test_the_list_shows_the_latest_and_leads_to_older_ones(
    company: Company, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIZE", 2)
    client = as_person(company.ada)
    assert "Nothing was asked for yet" in client.get(reverse("jobs")).content.decode()
    made = [ask(company.ada, []) for _n in range(3)]
    shown = client.get(reverse("jobs")).content.decode()
    assert f"/jobs/{made[2].pk}/" in shown
    assert f"/jobs/{made[0].pk}/" not in shown
    assert "every 3s" in shown
    older = client.get(f"{reverse('jobs')}?before={made[1].pk}").content.decode()
    assert f"/jobs/{made[0].pk}/" in older


def test_a_kind_that_is_gone_is_left_out(job: Job, company: Company, as_person: AsPerson) -> None:
    Job.objects.filter(pk=job.pk).update(kind="gone")
    client = as_person(company.ada)
    assert client.get(reverse("jobs")).status_code == 200
    assert client.get(reverse("job", args=[job.pk])).status_code == 404
    assert RatingKind.key == "rating"


def test_speed_and_time_left_are_told_while_it_is_at_work(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(ShownJob, "_until", lambda self: now)
    started = now - timedelta(seconds=100)
    Job.objects.filter(pk=job.pk).update(
        started_at=started, done=5_000, total=20_000, lease_until=timezone.now() + timedelta(seconds=60)
    )
    job.refresh_from_db()
    shown = ShownJob(job)
    assert (shown.percent, shown.done, shown.total, shown.speed) == (25, "5,000", "20,000", "50")
    assert shown.left == "5 minutes"
    assert shown.state["word"] == "At work"


def test_a_job_of_unknown_length_has_no_percentage_and_one_at_work_is_never_whole(job: Job) -> None:
    job.total = None
    assert (ShownJob(job).percent, ShownJob(job).left) == (None, "")
    job.total, job.done = 4, 9
    assert ShownJob(job).percent == 99
