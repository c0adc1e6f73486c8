"""Files to import, and the import itself in one line."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.imports.mapping import propose, read_wishes
from crm.imports.plan import Options, plan_import
from crm.imports.preparation import LEFT_OUT, PERSON, RULE, Preparation
from crm.imports.problems import RowProblem
from crm.imports.reader import Table, open_table
from crm.imports.report import Tally
from crm.imports.run import ImportRun
from crm.imports.starting import start_import
from crm.imports.uploading import begin_import, read_again
from crm.jobs.running import drain
from crm.models import Job, JobRefusal, JobState, User
from crm.modules.loading import module as module_by_key

Write = Callable[..., Path]
Import = Callable[..., ImportRun]


@pytest.fixture
def own_folder(settings: Any, tmp_path: Path) -> None:
    """Uploads of this test alone."""
    settings.MEDIA_ROOT = str(tmp_path / "files")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of text or bytes and gives its path."""

    def written(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture
def import_file(db: None, write: Write) -> Import:
    """Imports text or bytes into a module; keyword arguments are options, or parts of the mapping."""

    def imported(module: str, content: str | bytes, **asked: Any) -> ImportRun:
        parts = ("columns", "values", "empty", "set", "dates", "decimals")
        wishes = read_wishes({key: asked.pop(key) for key in parts if key in asked})
        table = open_table(write(content), encoding=asked.pop("encoding", None))
        run = ImportRun(plan_import(module, [table], wishes, Options(**asked)))
        run.run()
        assert run.tally.complete
        return run

    return imported


@dataclass
class PlanOfJob:
    """What tests ask of a plan."""

    tables: list[Table]


@dataclass
class RunOfJob:
    """A job's import in the words of a run."""

    job: Job
    plan: PlanOfJob
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def of(cls, job: Job) -> "RunOfJob":
        """The job as it ended."""
        job.refresh_from_db()
        assert job.state == JobState.DONE, job.error
        assert job.done == job.total, "every row is accounted for"
        run = cls(job, PlanOfJob([Preparation(job).table]))
        run.tally = Tally(rows=job.done, **job.tally)
        for refusal in JobRefusal.objects.filter(job=job):
            for told in refusal.problems:
                run.tally.count_reason(RowProblem(told["field"], told["code"], told["message"]))
        return run


def importer() -> User:
    """Somebody who may do everything, as an import without a person may."""
    found = User.objects.filter(email="importer@example.com").first()
    return found or User.objects.create_superuser("importer@example.com", name="Importer")


def prepared(module: str, content: str | bytes, **asked: Any) -> Job:
    """An import as the browser's steps prepare it; takes what `import_file` takes."""
    actor = asked.pop("actor", None) or importer()
    info = module_by_key(module)
    upload = SimpleUploadedFile("file.csv", content.encode() if isinstance(content, str) else content)
    job = begin_import(module=info, actor=actor, upload=upload, name="file.csv")
    preparation = Preparation(job)
    if encoding := asked.pop("encoding", None):
        read_again(preparation, encoding=encoding, delimiter="", sheet=None)
    drain()  # a big file is looked through by a worker
    job = Job.objects.get(pk=job.pk)
    preparation = Preparation(job)
    names = preparation.table.columns
    columns = dict.fromkeys(names, LEFT_OUT) | propose(names, info) | asked.pop("columns", {})
    seen = job.look.columns
    parts = {"columns": columns, "values": asked.pop("values", {}), "empty": asked.pop("empty", [])}
    for part in ("dates", "decimals"):
        given = asked.pop(part, {})
        found = {name: told[part] for name, told in seen.items() if told[part]}
        parts[part] = found | (dict.fromkeys(names, given) if isinstance(given, str) else given)
    options: dict[str, Any] = {"keys": list(asked.pop("keys", ())), **asked}
    if owner := asked.pop("owner", None):
        options |= {"owner": PERSON, "person": owner.pk}
    if rule := asked.pop("assignment", None):
        options |= {"owner": RULE, "rule": rule}
    preparation.save(**parts, options=options)
    return job


@pytest.fixture
def import_by_job(db: None) -> Callable[..., RunOfJob]:
    """Imports as the browser does: upload, what is chosen, start, and the worker."""

    def imported(module: str, content: str | bytes, **asked: Any) -> RunOfJob:
        job = start_import(prepared(module, content, **asked))
        drain()
        return RunOfJob.of(job)

    return imported
