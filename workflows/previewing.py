"""What an e-mail template makes of a record, as the person who asks may read it."""

from __future__ import annotations

from dataclasses import dataclass

from crm.models import User
from crm.modules.loading import module as find_module
from crm.modules.registry import ModuleInfo
from crm.visibility.rows import visible_to
from workflows.email_templates import texts_of
from workflows.html import clean_html
from workflows.letters import SUBJECT_LIMIT, Writer, WrittenFor
from workflows.merge import one_line
from workflows.models import EmailTemplate


@dataclass(frozen=True)
class Preview:
    """A filled template: of which record, and what it says."""

    record: str
    subject: str
    body: str
    html: bool


def preview(template: EmailTemplate, typed: str, user: User) -> Preview | None:
    """The template filled from the record whose id or name was typed, the newest if nothing was; None if
    the person sees no such record."""
    module = find_module(template.module_id)
    found = find_record(module, typed.strip(), user)
    if found is None:
        return None
    record_id, name = found
    texts = texts_of(template)
    writer = Writer("preview", module, record_id, {}, texts)
    with WrittenFor(user, texts.language):
        subject, body = writer.filled([user])
    return Preview(
        name, one_line(subject, SUBJECT_LIMIT), clean_html(body) if texts.html else body, texts.html
    )


def find_record(module: ModuleInfo, typed: str, user: User) -> tuple[int, str] | None:
    """Id and name of the record that the person means, among those that they see."""
    rows = visible_to(user, module).order_by("-id")
    if typed.isascii() and typed.isdecimal() and int(typed) < 2**63:
        rows = rows.filter(pk=int(typed))
    elif typed:
        rows = rows.filter(name__icontains=typed)
    row = rows.values_list("pk", "name").first()
    return None if row is None else (row[0], str(row[1]))
