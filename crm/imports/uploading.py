"""From an uploaded file to an import in preparation: stored, looked at, with a first proposal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from crm.door.files import delete_now
from crm.imports import look, workbook
from crm.imports.mapping import is_fillable
from crm.imports.preparation import LEFT_OUT, Preparation, table_data
from crm.imports.problems import ImportProblem
from crm.imports.proposing import formats, propose_fields
from crm.imports.reader import Row, Table, open_table
from crm.jobs.files import LONGEST_NAME, files_of, new_name
from crm.jobs.verbs import start_job
from crm.models import ImportLook, Job, User
from crm.modules.loading import module as module_by_key
from crm.modules.registry import ModuleInfo
from crm.people.rights import Access
from crm.visibility import fields_of

MEGABYTE = 1024 * 1024


def begin_import(*, module: ModuleInfo, actor: User, upload: File[bytes], name: str) -> Job:
    """An import in preparation; raises ImportProblem, and then nothing is kept of the file."""
    most = settings.IMPORT_MAX_MB
    if upload.size > most * MEGABYTE:
        raise ImportProblem(_("The file is larger than %s MB, which is the limit.") % most, "too_big")
    if not upload.size:
        raise ImportProblem(_("The file is empty."), "empty")
    name = Path(name).name[:200] or "import.csv"
    stored = _store(upload, name)
    path = Path(default_storage.path(stored))
    try:
        data: dict[str, Any] = {"name": name}
        if workbook.is_workbook(path):
            workbook.check(path)
            data["workbook"] = stored
        else:
            data["table"] = table_data(open_table(path))
        with transaction.atomic():
            job = start_job("import", actor=actor, module=module.key, title=name, input=data, prepare=True)
            job.file.name = stored
            job.save(update_fields=["file"])
            if "workbook" in data:
                open_sheet(Preparation(job), None)
            else:
                look_at(job)
    except BaseException:
        default_storage.delete(stored)
        raise
    return job


def _store(upload: File[bytes], name: str) -> str:
    """Stores the file, whole or not at all; raises ImportProblem, such as for a full disk."""
    path = new_name(name)
    try:
        return default_storage.save(path, upload, max_length=LONGEST_NAME)
    except OSError as error:
        default_storage.delete(path)
        told = error.strerror or str(error)
        raise ImportProblem(
            _("The file could not be stored: %s. Nothing was imported.") % told, "not_stored"
        ) from None


def open_sheet(preparation: Preparation, sheet: str | None) -> None:
    """Has a worker read this sheet of the workbook, or the first; what was read before stays till then."""
    job = preparation.job
    wanted = {"import": job.pk, "reading": next_reading(preparation), "sheet": sheet}
    preparation.save(reading=wanted["reading"], opening=True)
    start_job("import_workbook", actor=job.person, module=job.module, title=job.title, input=wanted)


def next_reading(preparation: Preparation) -> int:
    """The number of a new reading, which makes earlier ones that still go on worthless."""
    return int(preparation.data.get("reading", 0)) + 1


def read_again(preparation: Preparation, *, encoding: str, delimiter: str, sheet: str | None) -> bool:
    """Reads the file as somebody says, and looks at it anew; raises ImportProblem, then nothing changed.

    Tells whether it is read; another sheet is read by a worker.
    """
    if sheet is not None and sheet != preparation.data.get("sheet"):
        if sheet not in preparation.data.get("sheets", ()):
            raise ImportProblem(_("The workbook has no sheet “%s”.") % sheet, "sheet")
        open_sheet(preparation, sheet)
        return False
    path = Path(preparation.job.file.path)
    take_table(preparation, open_table(path, encoding=encoding or None, delimiter=delimiter or None))
    return True


def take_table(preparation: Preparation, table: Table, **more: Any) -> None:
    """Goes on with the file as it was read now; choices for other columns are forgotten."""
    data = preparation.data
    data.pop("opening", None)
    if "table" in data and list(table.columns) != data["table"]["columns"]:
        for part in ("columns", "dates", "decimals", "values"):
            data.pop(part, None)
    preparation.save(table=table_data(table), **more)
    look_at(preparation.job)


def look_at(job: Job) -> None:
    """Looks through the file: a small one at once, a big one in the background."""
    ImportLook.objects.filter(job=job).delete()
    if Path(job.file.path).stat().st_size <= look.AT_ONCE:
        look.look(job)
        return
    preparation = Preparation(job)
    reading = next_reading(preparation)
    preparation.save(reading=reading)
    wanted = {"import": job.pk, "reading": reading}
    start_job("import_look", actor=job.person, module=job.module, title=job.title, input=wanted)


def first_rows(preparation: Preparation, count: int) -> list[Row]:
    """The first rows of the file."""
    rows = []
    for row in preparation.table.rows():
        rows.append(row)
        if len(rows) == count:
            break
    return rows


def fillable(user: User, module: ModuleInfo) -> frozenset[str]:
    """The fields that the person may fill from a file."""
    access = fields_of(user, module)
    return frozenset(
        key for key, info in module.fields.items() if is_fillable(info) and access[key] is Access.EDIT
    )


def propose_all(preparation: Preparation, seen: ImportLook) -> None:
    """Chooses for columns, formats and the rest what the person chose the last time, or what seems right."""
    job = preparation.job
    module = module_by_key(job.module)
    allowed = fillable(job.person, module)
    kept = preparation.remembered()
    samples = {column: told["samples"] for column, told in seen.columns.items()}
    guessed = propose_fields(preparation.table.columns, module, samples, allowed)
    before = kept.get("columns", {})
    columns = {
        column: key if (key := before.get(column, guess)).partition(".")[0] in allowed | {LEFT_OUT} else guess
        for column, guess in guessed.items()
    }
    preparation.save(
        columns=columns,
        dates=kept.get("dates", {}) | formats(seen.columns, "dates"),
        decimals=kept.get("decimals", {}) | formats(seen.columns, "decimals"),
        empty=kept.get("empty", []),
        values=kept.get("values", {}),
        options=kept.get("options", {}),
        remembered=bool(kept),
    )


def discard(job: Job) -> None:
    """Throws an import in preparation away, with its files."""
    names = files_of(job)
    job.delete()
    delete_now(names)
