"""Verbs about e-mail templates; what they change takes effect at once and is journalled."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed
from crm.models import Generation, User
from crm.modules.keys import free_key
from crm.modules.loading import registry
from crm.modules.problems import InUse, ModuleProblem, validated
from crm.people.problems import require_feature
from workflows.email_templates import (
    KIND,
    Texts,
    cleaned_body,
    template_document,
    text_problems,
    texts_of,
    users_of,
)
from workflows.models import EmailTemplate

FEATURE = "manage_automation"


@transaction.atomic
def save_template(*, template: EmailTemplate, actor: User | None) -> EmailTemplate:
    """Saves a new or changed template; HTML is cleaned.

    Raises ModuleProblem, naming the field, for a merge field that there is not; InUse, naming everything
    that uses the template, if it could no longer be used there.
    """
    require_feature(actor, FEATURE)
    _one_at_a_time()
    stored = EmailTemplate.objects.filter(pk=template.pk).first() if template.pk else None
    before = template_document(stored)
    taken = EmailTemplate.objects.values_list("key", flat=True)
    template.key = template.key or free_key(template.name, "template", taken)
    template.body = cleaned_body(template)
    validated(template)
    _check_fields(template)
    if stored is not None:
        _check_use(stored.key, texts_of(template))
    template.save()
    after = template_document(template)
    if before != after:
        what = "create" if before is None else "edit"
        configuration_changed(actor=actor, kind=KIND, key=template.key, what=what, before=before, after=after)
    return template


@transaction.atomic
def delete_template(*, template: EmailTemplate, actor: User | None) -> None:
    """Deletes a template. Raises InUse, naming everything that uses it, if there is any."""
    require_feature(actor, FEATURE)
    _one_at_a_time()
    _check_use(template.key, None)
    before, key = template_document(template), template.key
    template.delete()
    configuration_changed(actor=actor, kind=KIND, key=key, what="delete", before=before)


def _one_at_a_time() -> None:
    """Waits for whoever is publishing a rule that begins to use the template."""
    Generation.objects.get_or_create(pk=1)
    Generation.objects.select_for_update().get(pk=1)


def _check_fields(template: EmailTemplate) -> None:
    module = registry().modules.get(template.module_id)
    if module is None:
        raise ModuleProblem(_("There is no module “%s”.") % template.module_id, "module")
    for field, problems in text_problems(texts_of(template), module).items():
        if problems:
            raise ModuleProblem(" ".join(problems), field)


def _check_use(key: str, after: Texts | None) -> None:
    usages = list(users_of(key, after))
    if usages:
        raise InUse(usages)
