"""The end of an import's preparation: new fields are made, what was chosen is remembered, workers begin."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from crm.imports.newfields import NewField, create_fields
from crm.imports.plan import plan_import
from crm.imports.preparation import NEW_FIELD, Preparation
from crm.imports.problems import ImportProblem
from crm.jobs.verbs import ask_for
from crm.models import ImportLook, Job, JobState, Module
from crm.modules.loading import module as module_by_key


def start_import(job: Job) -> Job:
    """Begins the import; raises ImportProblem, then nothing has changed. A second click changes nothing."""
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        if locked.state != JobState.PREPARING:
            return locked
        preparation = Preparation(locked)
        make_fields(preparation)
        plan_import(locked.module, [preparation.table], preparation.wishes(), preparation.options())
        preparation.remember()
        return ask_for(locked)


def make_fields(preparation: Preparation) -> None:
    """A field for each column that shall get one, of the kind that its values need."""
    wanted = [column for column, key in preparation.columns.items() if key == NEW_FIELD]
    if not wanted:
        return
    look = ImportLook.objects.get(job=preparation.job)
    missing = [column for column in wanted if column not in look.columns]
    if missing:
        raise ImportProblem(_("The file has to be read again."), "look")
    new = [new_field(column, look, preparation.empty) for column in wanted]
    module = module_by_key(preparation.job.module)
    made = create_fields(Module.objects.get(key=module.key), new, actor=preparation.job.person)
    preparation.save(columns={**preparation.columns, **made})


def new_field(column: str, look: ImportLook, empty: frozenset[str]) -> NewField:
    """What kind of field the column's values need."""
    seen = look.columns[column]
    choices = tuple(text for text in seen["choices"] if text not in empty)
    return NewField(column, seen["kind"], seen["options"], choices)
