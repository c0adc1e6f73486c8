"""Delivers the letters of a run: each address once, however often the run is tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.door import CauseNode, Source
from crm.door.reading import read_records
from crm.door.reports import LONGEST, REPORT
from crm.door.verbs import new_batch, tell
from crm.models import History
from crm.modules.loading import module as find_module
from workflows.email_templates import Texts, templates
from workflows.kinds.base import ActionProblem
from workflows.letters import Addressed, Reader, Writer, addressed, reachable, readers_of
from workflows.mail import Refused, send
from workflows.recipients import About

if TYPE_CHECKING:
    from workflows.models import ActionRun

FIRST_TRY = 1


@dataclass
class Book:
    """What became of each address, kept in the run's answer letter by letter."""

    run: ActionRun
    sent: list[str] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    not_sent: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, run: ActionRun) -> Book:
        """With what earlier tries did."""
        return cls(run, list(run.answer.get("sent", [])), list(run.answer.get("refused", [])))

    def answer(self) -> dict[str, Any]:
        """As the run keeps it."""
        told: dict[str, Any] = {"sent": self.sent, "not_sent": self.not_sent}
        return told | ({"refused": self.refused} if self.refused else {})

    def is_done(self, reader: Reader) -> bool:
        """Whether the reader has got it, or never will."""
        return reader.address in [*self.sent, *(one["to"] for one in self.refused)]

    def note_sent(self, reader: Reader, *, last: bool) -> None:
        """Notes a letter at once, so that a later try does not repeat it; the last goes with the state."""
        self.sent.append(reader.address)
        self.run.answer = self.answer()
        if not last:
            self._store()

    def note_refused(self, reader: Reader, refusal: Refused) -> None:
        """Notes the refusal, and tells it on the record."""
        self.refused.append({"to": reader.address, "code": refusal.code, "why": refusal.text[:LONGEST]})
        self.run.answer = self.answer()
        with transaction.atomic():
            self._store()
            report(self.run, _refused(reader, refusal))

    def _store(self) -> None:
        type(self.run)._default_manager.filter(pk=self.run.pk).update(answer=self.run.answer)


def deliver(run: ActionRun, connection: Any) -> dict[str, Any]:
    """Sends what no earlier try has sent; returns who got it, who did not and why.

    An address that the server refuses for good is noted and told on the record; the others get theirs.
    One refused for now makes the run be tried again, when all others have got theirs. ActionProblem says
    why nothing can be sent at all.
    """
    texts = texts_of_run(run)
    book = Book.of(run)
    letters = _letters(run, book, texts)
    writer = Writer(run.key, find_module(str(run.module)), run.record_id, run.input, texts)
    waiting = [
        (letter, reader) for letter in letters for reader in letter.readers if not book.is_done(reader)
    ]
    if waiting:
        _check_files(run, writer)
    later: Refused | None = None
    for number, (letter, reader) in enumerate(waiting, 1):
        try:
            send(writer.write(letter), connection, reader.address)
        except Refused as refusal:
            if refusal.for_good:
                book.note_refused(reader, refusal)
            else:
                later = later or refusal
        else:
            book.note_sent(reader, last=number == len(waiting))
    if later is not None:
        raise later
    return book.answer()


def _letters(run: ActionRun, book: Book, texts: Texts) -> list[Addressed]:
    """Who gets which letter; who gets none is noted."""
    given = run.input
    about = About(given["owner"], given["fields"], given.get("actor"), given.get("holders", {}))
    found: list[list[Reader]] = []
    for part in ("recipients", "cc", "bcc"):
        readers, gone = reachable(readers_of(given.get(part, []), about), marketing=texts.marketing)
        book.not_sent += gone
        found.append(readers)
    return list(addressed(*found, marketing=texts.marketing))


def texts_of_run(run: ActionRun) -> Texts:
    """A template's texts as they are now, or those that the action brought; raises ActionProblem."""
    key = run.input.get("template")
    if not key:
        return Texts(run.input["subject"], run.input["body"], run.input["html"])
    texts = templates().get(key)
    if texts is None or not texts.active:
        raise ActionProblem(_("The e-mail template “%s” is gone or switched off.") % key)
    return texts


def _check_files(run: ActionRun, writer: Writer) -> None:
    """Files that cannot go along are told on the record at the first try."""
    try:
        _ = writer.files
    except ActionProblem as problem:
        if run.attempts <= FIRST_TRY:
            report(run, str(problem))
        raise


def _refused(reader: Reader, refusal: Refused) -> str:
    """Names people; of an address outside, which not everybody may read, only where it came from."""
    who = reader.user.name if reader.user else _("an address")
    told = {"who": who, "code": refusal.code or "–"}
    return _("The mail server refused the e-mail to %(who)s for good (%(code)s).") % told


def report(run: ActionRun, text: str) -> None:
    """Tells on the record, under the run's cause, what could not be done."""
    if run.record_id is None or run.module is None:
        return
    row = read_records(find_module(run.module), [run.record_id]).get(run.record_id)
    if row is None:
        return
    label = run.cause.label
    entry = {"rule": label, "field": None, "message": text[:LONGEST]}
    batch = new_batch(None, Source.ACTION, "", CauseNode(run.cause.kind, label, id=run.cause_id))
    changes = {REPORT: [None, [entry], None]}
    tell(batch, History.Kind.REPORT, run.module, {run.record_id: (row.version, changes)})
