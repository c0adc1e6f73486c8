"""Doubles are looked for among what the importer may see: a file tells nothing about other records."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from crm.imports.duplicates import OnDuplicate
from crm.imports.foreseeing import foresee_rows
from crm.imports.plan import plan_import
from crm.imports.preparation import Preparation
from crm.imports.uploading import first_rows
from crm.models import Job, JobChunk, JobRefusal, Lead
from crm.modules.loading import module
from tests.crm.door.making import make
from tests.crm.imports.conftest import RunOfJob, prepared
from tests.modules import device_requests
from tests.people import Company
from tests.workflows.rules import live_assignment

__all__ = ["device_requests"]
pytestmark = pytest.mark.django_db
Import = Callable[..., RunOfJob]
FOUND = [OnDuplicate.SKIP, OnDuplicate.UPDATE]
ROWS = "last_name,email\nMeier,meier@x.example\n"
DEVICES = "name,serial\nLaptop,S-1\nTablet,S-2\n"


def foreseen(job: Job) -> list[Any]:
    """What the preview says of the rows: what becomes of each, and the reasons."""
    preparation = Preparation(job)
    plan = plan_import(job.module, [preparation.table], preparation.wishes(), preparation.options())
    rows = foresee_rows(plan, first_rows(preparation, 10))
    return [(row.becomes, [problem.message for problem in row.problems]) for row in rows]


@pytest.mark.parametrize("duplicates", FOUND)
def test_a_record_that_the_importer_may_not_see_is_neither_matched_nor_told_of(
    import_by_job: Import, company: Company, duplicates: OnDuplicate
) -> None:
    hers = make("leads", company.cleo, last_name="Secret", email="meier@x.example")
    asked: dict[str, Any] = {"actor": company.ada, "keys": ("email",), "duplicates": duplicates}
    assert foreseen(prepared("leads", ROWS, **asked)) == [("create", [])]
    run = import_by_job("leads", ROWS, **asked)
    assert run.job.tally == {"created": 1}
    assert not JobRefusal.objects.exists()
    assert Lead.objects.get(pk=hers).last_name == "Secret"
    assert Lead.objects.exclude(pk=hers).get().owner == company.ada


@pytest.mark.parametrize(("duplicates", "what"), [(FOUND[0], "skipped"), (FOUND[1], "updated")])
def test_one_that_the_importer_sees_is_matched_and_others_with_the_same_key_don_t_matter(
    import_by_job: Import, company: Company, duplicates: OnDuplicate, what: str
) -> None:
    make("leads", company.cleo, last_name="Secret", email="meier@x.example")
    mine = make("leads", company.ada, last_name="Mine", email="meier@x.example")
    asked: dict[str, Any] = {"keys": ("email",), "duplicates": duplicates}
    run = import_by_job("leads", ROWS, actor=company.ada, **asked)
    assert run.job.tally == {what: 1}
    assert JobChunk.objects.get(job=run.job).outcomes == [[1, mine, what]]
    run = import_by_job("leads", ROWS, actor=company.admin, **asked)
    assert run.job.tally == ({"skipped": 1} if what == "skipped" else {"refused": 1}), "she sees both"


@pytest.mark.parametrize("duplicates", FOUND)
def test_of_a_unique_field_only_that_the_value_is_taken_is_told(
    import_by_job: Import, company: Company, device_requests: object, duplicates: OnDuplicate
) -> None:
    hers = make("device_requests", company.cleo, name="Secret", serial="S-1")
    taken = "Serial must be unique; another record has “S-1” already."
    asked: dict[str, Any] = {"actor": company.ada, "keys": ("serial",), "duplicates": duplicates}
    assert foreseen(prepared("device_requests", DEVICES, **asked)) == [("refuse", [taken]), ("create", [])]
    run = import_by_job("device_requests", DEVICES, **asked)
    assert run.job.tally == {"created": 1, "refused": 1}
    refusal = JobRefusal.objects.get()
    assert (refusal.place, refusal.record_id, refusal.name) == (1, None, "")
    assert refusal.problems == [{"field": "serial", "code": "unique", "message": taken}]
    (told,) = JobChunk.objects.get(job=run.job).outcomes
    assert (told[0], told[2]) == (2, "created")
    assert told[1] != hers
    assert module("device_requests").rows().get(pk=hers).name == "Secret"


def test_rows_that_this_import_gave_to_others_are_still_doubles_of_each_other(
    import_by_job: Import, company: Company, settings: Any
) -> None:
    settings.CRM_CHUNK_SIZE = {connection.vendor: 2}
    live_assignment("to_cleo", {"users": [company.cleo], "kind": "user"}, on_create=False)
    rows = "last_name,email\n" + "".join(f"L{n},l{n % 3}@x.example\n" for n in range(7))
    run = import_by_job(
        "leads", rows, actor=company.ada, assignment="to_cleo", keys=("email",), duplicates=OnDuplicate.SKIP
    )
    assert run.job.tally == {"created": 3, "skipped": 4}
    assert set(Lead.objects.values_list("owner__name", flat=True)) == {"Cleo Cole"}
    again = import_by_job("leads", rows, actor=company.ada, keys=("email",), duplicates=OnDuplicate.SKIP)
    assert again.job.tally == {"created": 3, "skipped": 4}, "Cleo's leads are hers alone"


def test_the_system_s_own_import_sees_everything(import_file: Callable[..., Any], company: Company) -> None:
    make("leads", company.cleo, last_name="Secret", email="meier@x.example")
    assert import_file("leads", ROWS, keys=("email",), duplicates=OnDuplicate.SKIP).tally.skipped == 1
    asked: dict[str, Any] = {"keys": ("email",), "duplicates": OnDuplicate.SKIP}
    assert import_file("leads", ROWS, actor=company.ada, **asked).tally.created == 1
