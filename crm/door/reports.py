"""What rules could not do stays in the history of the record, for whoever comes by later.

A form tells it to the person who saved; an import, the API and the clock have nobody to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from crm.door.batch import Batch, CauseNode, Draft
from crm.door.changes import Notice
from crm.door.storage import insert_rows
from crm.models import History, Notification, User
from crm.people.rights import profile_rights

REPORT = "+report"  # the key in `History.changes`
MOST = 20  # notices of one record that are kept
LONGEST = 500  # characters of a message
NAMED = 5  # rules of an endless chain


def report_rows(batch: Batch) -> Iterator[tuple[Any, ...]]:
    """History rows, at most one per record: `[{"rule", "field", "message"}]` under the rule's cause.

    If several rules had trouble with the record, the row is under what they all reacted to.
    """
    told: dict[int, list[Notice]] = {}
    for notice in batch.notices:
        if notice.record_id in batch.drafts:
            told.setdefault(notice.record_id, []).append(notice)
    actor_id = batch.actor.pk if batch.actor else None
    for record_id, notices in told.items():
        draft = batch.drafts[record_id]
        entries = [
            {"rule": notice.label, "field": notice.field, "message": notice.message[:LONGEST]}
            for notice in notices[:MOST]
        ]
        yield (
            record_id, draft.module.key, History.Kind.REPORT.value, batch.now, actor_id,
            _cause(batch, draft, notices).id, batch.registry.generation, draft.version,
            {REPORT: [None, entries, None]},
        )  # fmt: skip


def _cause(batch: Batch, draft: Draft, notices: list[Notice]) -> CauseNode:
    causes = {id(notice.cause): notice.cause for notice in notices}
    [*nodes] = causes.values()
    return (nodes[0] if len(nodes) == 1 else None) or draft.cause or batch.cause


def report_depth(batch: Batch, drafts: list[Draft], rounds: int) -> None:
    """Notices on the records that rules kept changing; the people who manage automation are told too."""
    for draft in drafts:
        rules = _last_rules(draft)
        message = _("Rules kept changing this record; they were stopped after %(rounds)s rounds: %(rules)s.")
        text = message % {"rounds": rounds, "rules": ", ".join(rules)}
        batch.notices.append(Notice(draft.id, _("Depth limit"), None, text))
    batch.memory["stopped"] = (drafts[0], rounds)


def _last_rules(draft: Draft) -> list[str]:
    """The names of the rules that led to the values that the record has, those that acted last first."""
    lines = [node for cause in draft.causes.values() for node in cause.line() if node.parent is not None]
    return list(dict.fromkeys(node.label for node in lines))[:NAMED]


def tell_admins(batch: Batch) -> None:
    """A notification for each person who manages automation, unless the same waits unread already."""
    if "stopped" not in batch.memory:
        return
    draft, rounds = batch.memory["stopped"]
    profiles = [pk for pk, rights in profile_rights().items() if rights.has_feature("manage_automation")]
    people = User.objects.filter(Q(is_superuser=True) | Q(profile_id__in=profiles), is_active=True)
    texts = {person.pk: _stopped(person, draft, rounds) for person in people}
    unread = Notification.objects.filter(user__in=texts, read_at=None, text__in=set(texts.values()))
    known = set(unread.values_list("user_id", "text"))
    columns = ("user_id", "text", "record_id", "module", "at", "cause_id")
    rows = [
        (pk, text, draft.id, draft.module.key, batch.now, batch.cause.id)
        for pk, text in texts.items()
        if (pk, text) not in known
    ]
    insert_rows(Notification, columns, rows)


def _stopped(person: User, draft: Draft, rounds: int) -> str:
    """What a person who manages automation is told, in their language."""
    with translation.override(person.language or None):
        message = _("In %(module)s, rules had to be stopped after %(rounds)s rounds: %(rules)s.")
        told = {"module": draft.module.label_plural, "rounds": rounds, "rules": ", ".join(_last_rules(draft))}
        return (message % told)[:LONGEST]
