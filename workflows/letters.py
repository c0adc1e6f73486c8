"""Which letters a run sends, to whom, and what each says.

Everybody under To gets a letter of their own, in their language, with what they may read. Who is on copy
gets a copy of the first of these letters, and that one holds only what all its readers inside the company
may read. Marketing letters have no copies: their link to unsubscribe is one person's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from crm.criteria import load_linked_values
from crm.criteria.paths import Operand, Paths
from crm.door.reading import read_records
from crm.middleware import zone_of
from crm.models import User
from crm.modules.loading import module as find_module
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility.access import can, readable
from workflows.attaching import Enclosed, enclosed
from workflows.directory import directory
from workflows.email_templates import Texts
from workflows.mail import Letter, letter_id
from workflows.marketing import Subscriber, can_opt_out, footer, opted_out, unsubscribe_address
from workflows.marketing import unsubscribe_headers as headers_of
from workflows.merge import Slot, Template, dumped, one_line, parse, shown_later
from workflows.merge_lists import PRODUCTS, items_later, product_names
from workflows.recipients import About, addresses_of, people_of
from workflows.senders import sender_of

SUBJECT_LIMIT = 200
Holder = tuple[str, int]
Values = dict[str, Any]


@dataclass(frozen=True)
class Reader:
    """Who reads a letter: an address, and either the person inside the company whose it is, or the record
    outside from which it was taken, if any."""

    address: str
    user: User | None = None
    holder: Holder | None = None


@dataclass(frozen=True)
class Addressed:
    """A letter's readers; of `copies` the first `shown` are named in it, the others are blind copies."""

    to: Reader
    copies: tuple[Reader, ...] = ()
    shown: int = 0

    @property
    def readers(self) -> tuple[Reader, ...]:
        """All of them."""
        return (self.to, *self.copies)


def readers_of(entries: Sequence[Mapping[str, Any]], about: About) -> list[Reader]:
    """Everybody whom the recipients name, each once: people first, then addresses outside.

    An address that is a person's inside the company stands for that person, whoever wrote it down.
    """
    ids, outside = list(people_of(entries, about)), []
    for address in addresses_of(entries, about):
        known = directory().by_email.get(address.lower())
        if known is None:
            outside.append(address)
        else:
            ids.append(known)
    found = User.objects.in_bulk(ids)
    holders = _holders(about)
    people = [Reader(found[pk].email, found[pk]) for pk in dict.fromkeys(ids) if pk in found]
    others = [Reader(address, None, holders.get(address)) for address in outside]
    return list({reader.address.lower(): reader for reader in reversed([*people, *others])}.values())[::-1]


def _holders(about: About) -> dict[str, Holder]:
    return {
        about.values[path]: (str(holder[0]), int(holder[1]))
        for path, holder in about.holders.items()
        if isinstance(about.values.get(path), str)
    }


def reachable(readers: Iterable[Reader], *, marketing: bool) -> tuple[list[Reader], list[dict[str, str]]]:
    """Those who may get the letter, and whom it is not sent to, with the reason."""
    listed = list(readers)
    silent = opted_out(reader.holder for reader in listed if reader.holder) if marketing else set()
    kept, gone = [], []
    for reader in listed:
        if reader.user is not None and not reader.user.is_active:
            gone.append({"to": reader.address, "why": "inactive"})
        elif reader.holder in silent:
            gone.append({"to": reader.address, "why": "opted out"})
        else:
            kept.append(reader)
    return kept, gone


def addressed(
    to: Sequence[Reader], cc: Sequence[Reader], bcc: Sequence[Reader], *, marketing: bool
) -> Iterator[Addressed]:
    """The letters: copies go with the first, to nobody who gets one anyway."""
    known = {reader.address.lower() for reader in to}
    shown = [reader for reader in cc if reader.address.lower() not in known]
    known |= {reader.address.lower() for reader in shown}
    blind = [reader for reader in bcc if reader.address.lower() not in known]
    for number, reader in enumerate(to):
        if number or marketing:
            yield Addressed(reader)
        else:
            yield Addressed(reader, (*shown, *blind), len(shown))


@dataclass
class Writer:
    """Writes the letters of one run: its texts, and the values that were kept for it."""

    key: str
    module: ModuleInfo
    record_id: int | None
    given: Mapping[str, Any]
    texts: Texts

    @cached_property
    def templates(self) -> tuple[Template, Template]:
        """Subject and text."""
        return parse(self.texts.subject, self.module), parse(self.texts.body, self.module)

    @cached_property
    def values(self) -> Values:
        """The values of the moment of the change; those of fields that the template has got since are read
        now."""
        kept: Values = dict(self.given.get("values", {}))
        slots = [slot for template in self.templates for slot in template.slots.values()]
        new = [slot for slot in slots if slot.path not in kept]
        return kept | stored_values(self.module, self.record_id, new)

    @cached_property
    def products(self) -> dict[int, str]:
        """The names of the products in lists of lines."""
        slots = {slot.path: slot for slot in self.templates[1].slots.values()}
        lines = [slot.path for slot in slots.values() if slot.field.type.family == "lines"]
        return product_names(self.values.get(path) for path in lines)

    @cached_property
    def files(self) -> tuple[Enclosed, ...]:
        """What goes along; raises ActionProblem."""
        which, names = self.given.get("attachments"), self.given.get("attachment_names")
        return tuple(enclosed(self.record_id, which, names))

    def write(self, letter: Addressed) -> Letter:
        """The letter in its first reader's language and time zone."""
        people = [reader.user for reader in letter.readers if reader.user is not None]
        link = self._link(letter.to)
        with WrittenFor(letter.to.user, self.texts.language):
            subject, body = self.filled(people)
            if link:
                body += footer(link, html=self.texts.html)
        return Letter(
            to=letter.to.address,
            subject=one_line(subject, SUBJECT_LIMIT),
            body=body,
            html=self.texts.html,
            message_id=letter_id(self.key, letter.to.address),
            cc=tuple(reader.address for reader in letter.copies[: letter.shown]),
            sender=sender_of(
                self.given.get("sender") or "organisation",
                self.given.get("sender_person"),
                self.given.get("owner"),
            ),
            files=self.files if self.shows_files(people) else (),
            headers=headers_of(link) if link else {},
        )

    def filled(self, people: Sequence[User]) -> tuple[str, str]:
        """Subject and text with what all these people may read, in the active language."""
        subject, body = self.templates
        values = self.values
        for person in people:
            values = readable_values(values, self.module, person)
        show = shown_later(values)
        items = items_later(values, self.products if _read_products(people) else {})
        return subject.fill(show), body.fill(show, html=self.texts.html, items=items)

    def shows_files(self, people: Sequence[User]) -> bool:
        """Whether all these people may see the record, and so its files."""
        if not self.files:
            return False
        return all(can(person, "view", self.module, self.record_id) for person in people)

    def _link(self, reader: Reader) -> str:
        if not self.texts.marketing or reader.holder is None or not can_opt_out(reader.holder[0]):
            return ""
        return unsubscribe_address(Subscriber(*reader.holder, reader.address))


class WrittenFor(override):
    """What is inside is in a person's language (or a given one) and time zone."""

    def __init__(self, user: User | None, language: str) -> None:
        super().__init__(language or (user.language if user else settings.LANGUAGE_CODE))
        self.zone = timezone.override(zone_of(user) if user else None)

    def __enter__(self) -> None:
        super().__enter__()
        self.zone.__enter__()

    def __exit__(self, *error: Any) -> None:
        self.zone.__exit__(*error)
        super().__exit__(*error)


def _read_products(people: Iterable[User]) -> bool:
    products = registry().modules.get(PRODUCTS)
    return products is not None and all("name" in readable(person, products) for person in people)


def readable_values(values: Values, module: ModuleInfo, recipient: User | None) -> Values:
    """The values without those of fields that are hidden from the recipient, at the end or on the way.

    An address outside the company gets what the admin wrote for it.
    """
    if recipient is None:
        return values
    paths = Paths(module)
    return {path: value for path, value in values.items() if _may_read(recipient, paths.operand(path))}


def _may_read(recipient: User, operand: Operand) -> bool:
    return all(key in readable(recipient, find_module(module)) for module, key in operand.reads)


def stored_values(module: ModuleInfo, record_id: int | None, slots: Sequence[Slot]) -> Values:
    """The slots' values of a record as it is stored, as plain JSON; nothing if it is gone."""
    if not slots or record_id is None:
        return {}
    row = read_records(module, [record_id]).get(record_id)
    if row is None:
        return {}
    paths = [slot.path for slot in slots]
    linked = load_linked_values(module, paths, {record_id: row.values})[record_id]
    return dumped({path: linked.get(path, row.values.get(path)) for path in paths}, slots)
