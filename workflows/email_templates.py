"""E-mail templates as actions use them, and what uses them; they take effect at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.documents.kinds import DOCUMENT_KINDS, Data
from crm.documents.live import document_data
from crm.models import DocumentVersion, VersionState
from crm.modules.loading import registry, tried
from crm.modules.registry import ModuleInfo
from crm.modules.usage import Subject, Usage, register_usage
from crm.modules.usage.documents import without
from crm.people.remembered import PerGeneration
from workflows.html import clean_html
from workflows.merge import template_problems
from workflows.models import ActionRun, EmailTemplate, RunState

KIND = "email_template"
SUBJECT = "subject"
BODY = "body"


@dataclass(frozen=True)
class Texts:
    """What an e-mail says and how: a template's texts, or those that an action brings itself."""

    subject: str
    body: str
    html: bool = False
    language: str = ""
    marketing: bool = False
    name: str = ""
    module: str = ""
    active: bool = True


Known = Mapping[str, Texts]
_trial: ContextVar[Known | None] = ContextVar("trial_templates", default=None)


@PerGeneration
def _stored() -> Known:
    return {row.key: texts_of(row) for row in EmailTemplate.objects.all()}


def templates() -> Known:
    """All templates by key; read once per generation."""
    trial = _trial.get()
    return _stored() if trial is None else trial


def texts_of(row: EmailTemplate) -> Texts:
    """A template as actions use it."""
    return Texts(
        row.subject, row.body, row.form == EmailTemplate.Form.HTML, row.language, row.marketing, row.name,
        row.module_id, row.active,
    )  # fmt: skip


def texts_for(config: Mapping[str, Any]) -> Texts | None:
    """The texts of an action's settings; None if they name a template that there is not."""
    if config.get("template"):
        return templates().get(config["template"])
    html = bool(config.get("html"))
    return Texts(str(config.get("subject") or ""), str(config.get("body") or ""), html)


def text_problems(texts: Texts, module: ModuleInfo) -> dict[str, list[str]]:
    """What is wrong with subject and text, by which of them it is."""
    found: dict[str, list[str]] = {}
    for key, text, what in ((SUBJECT, texts.subject, _("a subject")), (BODY, texts.body, _("a text"))):
        problems = [] if text.strip() else [_("The e-mail needs %s.") % what]
        found[key] = problems + template_problems(text, module, lists=key == BODY)
    return found


def template_problem(key: str, module: ModuleInfo) -> str | None:
    """Why an action about the module cannot use the template, or None."""
    texts = templates().get(key)
    if texts is None:
        return _("There is no e-mail template “%s”.") % key
    told = {"template": texts.name, "module": module.label_plural}
    if texts.module != module.key:
        return _("The e-mail template “%(template)s” is not for %(module)s.") % told
    if not texts.active:
        return _("The e-mail template “%(template)s” is switched off.") % told
    return None


def template_document(row: EmailTemplate | None) -> Data | None:
    """A template as plain data with stable keys, for the journal and for documents."""
    if row is None:
        return None
    return {
        "key": row.key, "name": row.name, "module": row.module_id, "subject": row.subject, "form": row.form,
        "body": row.body, "language": row.language, "marketing": row.marketing, "active": row.active,
    }  # fmt: skip


def cleaned_body(row: EmailTemplate) -> str:
    """The text as it is kept: of HTML only what is allowed."""
    body = row.body.replace("\r\n", "\n").strip()
    return clean_html(body) if row.form == EmailTemplate.Form.HTML else body


def users_of(key: str, after: Texts | None = None) -> Iterator[Usage]:
    """What could no longer do its work if the template said this instead, or were gone: live rules and
    other documents, each checked by its own kind, and e-mails that wait."""
    before = templates()
    rest = {name: texts for name, texts in before.items() if name != key}
    trial = rest if after is None else {**rest, key: after}
    for version in DocumentVersion.objects.filter(state=VersionState.PUBLISHED):
        if version.kind not in DOCUMENT_KINDS:
            continue
        data = document_data(version)
        now = _document_problems(version, data, before)
        if new := [one for one in _document_problems(version, data, trial) if one not in now]:
            where = str(DOCUMENT_KINDS[version.kind].label)
            yield Usage("document", f"“{version.name}” ({new[0]})", where, blocking=True)
    if after is None or not after.active:
        waiting = ActionRun.objects.filter(state=RunState.WAITING, input__template=key).count()
        if waiting:
            told = ngettext("%(count)s e-mail that waits", "%(count)s e-mails that wait", waiting)
            yield Usage("run", told % {"count": waiting}, _("Action runs"), blocking=True)


def _document_problems(version: DocumentVersion, data: Data, known: Known) -> list[str]:
    with tried_templates(known):
        return [str(one) for one in DOCUMENT_KINDS[version.kind].validate(version.key, data)]


@contextmanager
def tried_templates(known: Known) -> Iterator[None]:
    """Lets what is inside see these templates: to find out what a change would do, before it is made."""
    token = _trial.set(known)
    try:
        yield
    finally:
        _trial.reset(token)


@register_usage
def merge_fields(subject: Subject) -> Iterable[Usage]:
    """Templates of the module, or with the field among their merge fields."""
    known = registry()
    if subject.value is not None or subject.module not in known.modules:
        return
    rest = without(known, subject) if subject.field in (None, *known.module(subject.module).fields) else known
    for texts in templates().values():
        if texts.module in known.modules and _breaks(texts, known.module(texts.module), rest):
            yield Usage("template", f"“{texts.name}”", _("E-mail template"), blocking=texts.active)


def _breaks(texts: Texts, module: ModuleInfo, rest: Any) -> bool:
    if module.key not in rest.modules:
        return True
    now = text_problems(texts, module)
    with tried(rest):
        return text_problems(texts, rest.module(module.key)) != now
