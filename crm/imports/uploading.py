"""From an uploaded file to an import in preparation: stored, looked at, with a first proposal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.imports import look, workbook
from crm.imports.mapping import is_fillable
from crm.imports.preparation import LEFT_OUT, Preparation, table_data
from crm.imports.problems import ImportProblem
from crm.imports.proposing import formats, propose_fields
from crm.imports.reader import Row, open_table
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
    kept = [stored]
    try:
        data: dict[str, Any] = {"name": name}
        if workbook.is_workbook(Path(default_storage.path(stored))):
            data |= {"workbook": stored, "sheets": workbook.sheets(Path(default_storage.path(stored)))}
            stored, data["sheet"] = _sheet(stored, data["sheets"][0]), data["sheets"][0]
            kept.append(stored)
        data["table"] = table_data(open_table(Path(default_storage.path(stored))))
        with transaction.atomic():
            job = start_job("import", actor=actor, module=module.key, title=name, input=data, prepare=True)
            job.file.name = stored
            job.save(update_fields=["file"])
            look_at(job)
    except BaseException:
        for path in kept:
            default_storage.delete(path)
        raise
    return job


def _store(upload: File[bytes], name: str) -> str:
    """Stores the file, whole or not at all; raises ImportProblem, such as for a full disk."""
    wanted = timezone.now().strftime("jobs/%Y/%m/") + default_storage.get_valid_name(name)
    path = default_storage.get_available_name(wanted, max_length=100)
    try:
        return default_storage.save(path, upload, max_length=100)
    except OSError as error:
        default_storage.delete(path)
        told = error.strerror or str(error)
        raise ImportProblem(
            _("The file could not be stored: %s. Nothing was imported.") % told, "not_stored"
        ) from None


def _sheet(stored: str, sheet: str) -> str:
    """One sheet of a stored workbook as a stored CSV file."""
    target = default_storage.get_available_name(f"{stored}.csv", max_length=100)
    workbook.to_csv(Path(default_storage.path(stored)), sheet, Path(default_storage.path(target)))
    return target


def read_again(preparation: Preparation, *, encoding: str, delimiter: str, sheet: str | None) -> None:
    """Reads the file as somebody says, and looks at it anew; raises ImportProblem, then nothing changed."""
    job, data = preparation.job, preparation.data
    old = stored = str(job.file.name)
    if sheet is not None and sheet != data.get("sheet"):
        if sheet not in data.get("sheets", ()):
            raise ImportProblem(_("The workbook has no sheet “%s”.") % sheet, "sheet")
        stored = _sheet(data["workbook"], sheet)
        encoding, delimiter = "utf-8", ","
    table = open_table(
        Path(default_storage.path(stored)), encoding=encoding or None, delimiter=delimiter or None
    )
    if list(table.columns) != data["table"]["columns"]:
        for part in ("columns", "dates", "decimals", "values"):
            data.pop(part, None)
    job.file.name = stored
    preparation.save(table=table_data(table), sheet=sheet or data.get("sheet"))
    look_at(job)
    if old != stored:
        default_storage.delete(old)


def look_at(job: Job) -> None:
    """Looks through the file: a small one at once, a big one in the background."""
    ImportLook.objects.filter(job=job).delete()
    if Path(job.file.path).stat().st_size <= look.AT_ONCE:
        look.look(job)
        return
    preparation = Preparation(job)
    reading = preparation.data.get("reading", 0) + 1
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
    for name in {job.file.name, job.input.get("workbook")} - {None, ""}:
        default_storage.delete(name)
    job.delete()
