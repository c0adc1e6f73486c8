"""Emptying the bin: all that the person finds there, by a job, and nothing else."""

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from crm.bulk.purging import start_purge
from crm.door import Change, Source, Verb, apply, purging
from crm.jobs import running
from crm.jobs.running import drain, run_job
from crm.models import Contact, Job, JobState, Lead, Notification, User
from crm.modules.loading import module
from tests.crm.pages.conftest import ada_client, as_person, make
from tests.people import Company, grant

__all__ = ["ada_client", "as_person"]
pytestmark = pytest.mark.django_db
AsPerson = Callable[[User | None], Client]


def binned(owner: User, count: int, name: str = "Gone") -> list[int]:
    ids = [make("leads", owner, last_name=f"{name} {n}") for n in range(count)]
    apply([Change(Verb.BIN, "leads", pk) for pk in ids], actor=owner, source=Source.LIST).or_raise()
    return ids


def left() -> set[int]:
    return set(module("leads").rows().values_list("id", flat=True))


def test_the_bin_is_emptied_by_a_job_of_what_the_person_finds_in_it(
    company: Company, ada_client: Client, settings: Any
) -> None:
    settings.CRM_CHUNK_SIZE = {connection.vendor: 3}
    mine, hers = binned(company.ada, 7), binned(company.cleo, 2)
    live = make("leads", company.ada, last_name="Live")
    assert 'href="/leads/bin/empty/"' in ada_client.get("/leads/bin/").content.decode()
    page = ada_client.get("/leads/bin/empty/").content.decode()
    assert "Delete 7 records for good?" in page
    assert left() >= set(mine), "asking deletes nothing"
    assert ada_client.post("/leads/bin/empty/").status_code == 200
    assert not Job.objects.exists(), "it is asked first"
    response = ada_client.post("/leads/bin/empty/", {"confirmed": "1"})
    job = Job.objects.get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert "0 of 7 done" in ada_client.get(f"/jobs/{job.pk}/").content.decode()
    drain()
    job.refresh_from_db()
    assert (job.state, job.done, job.tally) == (JobState.DONE, 7, {"purged": 7})
    assert left() == {*hers, live}
    page = ada_client.get(f"/jobs/{job.pk}/").content.decode()
    assert "deleted for good" in page
    assert "Show the records" not in page
    assert "Undo" not in page
    assert Notification.objects.get().job_id == job.pk


def test_only_what_matches_the_search_goes(company: Company, ada_client: Client) -> None:
    gone, kept = binned(company.ada, 2, "Old"), binned(company.ada, 2, "New")
    assert "Delete all that match for good" in ada_client.get("/leads/bin/?q=old").content.decode()
    assert "Delete 2 records for good?" in ada_client.get("/leads/bin/empty/?q=old").content.decode()
    ada_client.post("/leads/bin/empty/", {"q": "old", "confirmed": "1"})
    drain()
    assert left() == set(kept)
    assert gone


def test_what_comes_into_the_bin_later_or_is_restored_meanwhile_stays(company: Company) -> None:
    ids = binned(company.ada, 3)
    module_of_leads = module("leads")
    job = start_purge(module_of_leads, actor=company.ada, total=3)
    apply([Change(Verb.RESTORE, "leads", ids[0])], actor=company.ada, source=Source.PAGE).or_raise()
    late = make("leads", company.ada, last_name="Late")
    bin_it = [Change(Verb.BIN, "leads", late)]
    later = timezone.now() + timedelta(seconds=5)
    apply(bin_it, actor=company.ada, source=Source.PAGE, now=later).or_raise()
    drain()
    job.refresh_from_db()
    assert (job.state, job.tally) == (JobState.DONE, {"purged": 2})
    assert left() == {ids[0], late}


def test_who_may_not_delete_any_more_deletes_nothing(company: Company, ada_client: Client) -> None:
    ids = binned(company.ada, 2)
    ada_client.post("/leads/bin/empty/", {"confirmed": "1"})
    grant(company.staff, "leads", "view", "edit")
    drain()
    job = Job.objects.get()
    assert (job.state, left()) == (JobState.FAILED, set(ids))
    assert "does not allow this" in job.error
    assert ada_client.post("/leads/bin/empty/", {"confirmed": "1"}).status_code == 403


def test_a_stranger_finds_nothing_to_empty(company: Company, as_person: AsPerson) -> None:
    ids = binned(company.ada, 1)
    response = as_person(company.cleo).post("/leads/bin/empty/", {"confirmed": "1"}, follow=True)
    assert "There is nothing to delete." in response.content.decode()
    assert left() == set(ids)
    assert not Job.objects.exists()


def test_more_than_a_hundred_chosen_ones_go_by_a_job_and_fewer_at_once(
    company: Company, ada_client: Client
) -> None:
    ids, other = binned(company.ada, 103), binned(company.ada, 1)
    ada_client.post("/leads/bin/delete/", {"ids": ids[:2], "confirmed": "1"})
    assert len(left()) == 102
    response = ada_client.post("/leads/bin/delete/", {"ids": ids[2:], "confirmed": "1"})
    job = Job.objects.get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    drain()
    job.refresh_from_db()
    assert (job.done, job.tally, left()) == (101, {"purged": 101}, set(other))


def test_restoring_many_at_once_leaves_none_out(company: Company, ada_client: Client) -> None:
    ids = binned(company.ada, 102)
    page = ada_client.post("/leads/bin/restore/", {"ids": ids}, follow=True).content.decode()
    assert "102 records are back." in page
    assert Lead.objects.live().count() == 102


def test_links_are_emptied_a_portion_per_step_before_a_record_goes(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "PORTION", 2)
    monkeypatch.setattr(sys.modules[apply.__module__], "PORTION", 2)
    account = make("accounts", company.ada, name="Isdom")
    contacts = [make("contacts", company.ada, last_name=f"C{n}", account=account) for n in range(7)]
    apply([Change(Verb.BIN, "accounts", account)], actor=company.ada, source=Source.PAGE).or_raise()
    job = start_purge(module("accounts"), actor=company.ada, total=1)
    claimed = running._claim(job.pk, "gone")
    assert claimed is not None
    with running.JOB_KINDS["purge"].session(claimed) as session:
        assert running._step(claimed, session) is False
    assert module("accounts").rows().filter(pk=account).exists()
    assert 0 < Contact.objects.filter(account=None).count() < len(contacts)
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    assert run_job(job.pk) is True
    job.refresh_from_db()
    assert (job.done, job.tally) == (1, {"purged": 1})
    assert Contact.objects.filter(account=None, pk__in=contacts).count() == 7
    assert not module("accounts").rows().filter(pk=account).exists()
