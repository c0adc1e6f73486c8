"""Two records side by side, as a merge shows them: what differs, what is chosen, and what moves over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from crm.door.changes import Problem
from crm.door.reading import Stored
from crm.fields.links import Ref
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.hanging import counts_by_record
from crm.views.showing import Cell, Names, cell, load_names, name_of, pointers, told_fields
from crm.visibility import Access, fields_of, readable

LINKS = ("link", "any_link")


@dataclass(frozen=True)
class Offer:
    """One record's value of a field."""

    record_id: int
    cell: Cell
    chosen: bool = False


@dataclass
class Line:
    """A field of both records. Only one that differs and may be edited can be chosen."""

    info: FieldInfo
    offers: list[Offer]
    is_open: bool = False
    note: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The HTML element's id."""
        return f"choose-{self.info.key}"


@dataclass(frozen=True)
class Moving:
    """A kind of thing on both records, with its number on each."""

    label: str
    numbers: tuple[int, int]


class Comparison:
    """Two records, which of them stays, and what was chosen of each field.

    `keep` in what is given lets another one stay: fields then follow it, but for those chosen by hand.
    """

    def __init__(self, user: User, module: ModuleInfo, pair: list[Stored], given: Mapping[str, str]) -> None:
        self.user, self.module, self.pair, self.given = user, module, pair, given
        ids = [row.id for row in pair]
        self.before = self._one_of(ids, given.get("stays", "")) or ids[0]  # which one stayed so far
        self.stays = self._one_of(ids, given.get("keep", "")) or self.before
        self.general: list[str] = []
        self.hanging = counts_by_record(ids)
        allowed = [info for info in told_fields(module) if info.key in readable(user, module)]
        self.lines = list(self._lines([info for info in allowed if "base_of" not in info.options]))

    @staticmethod
    def _one_of(ids: list[int], text: str) -> int | None:
        return next((pk for pk in ids if str(pk) == text), None)

    @property
    def names(self) -> list[tuple[int, str]]:
        """The ids and names of the records, as on the page from left to right."""
        return [(row.id, name_of(self.user, self.module, row)) for row in self.pair]

    @property
    def winner(self) -> tuple[int, str]:
        """The record that stays."""
        return next(one for one in self.names if one[0] == self.stays)

    @property
    def loser(self) -> tuple[int, str]:
        """The record that goes to the bin."""
        return next(one for one in self.names if one[0] != self.stays)

    @property
    def versions(self) -> dict[int, int]:
        """The versions that are shown."""
        return {row.id: row.version for row in self.pair}

    @property
    def choices(self) -> dict[str, int]:
        """By field, the record whose value was chosen."""
        return {
            line.info.key: offer.record_id
            for line in self.lines if line.is_open
            for offer in line.offers if offer.chosen
        }  # fmt: skip

    @property
    def taken(self) -> list[str]:
        """The labels of the fields in which the record that stays gets the other one's value."""
        keys = [key for key, record_id in self.choices.items() if record_id != self.stays]
        return [self.module.fields[key].label for key in keys]

    @property
    def differing(self) -> list[Line]:
        """What can be chosen, and what differs anyway."""
        return [line for line in self.lines if line.is_open or line.note]

    @property
    def same(self) -> list[Line]:
        """The rest."""
        return [line for line in self.lines if not (line.is_open or line.note)]

    @property
    def moving(self) -> list[Moving]:
        """What is on the records, kind by kind."""
        left, right = (self.hanging[row.id].kinds for row in self.pair)
        return [Moving(label, (left.get(label, 0), right.get(label, 0))) for label in left | right]

    @property
    def follows(self) -> dict[str, int]:
        """What goes over to the record that stays."""
        return self.hanging[self.loser[0]].kinds

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary: the id of the element to go to (or "") and a message."""
        found = [("", message) for message in self.general]
        for line in self.lines:
            found += [(line.id, f"{line.info.label}: {message}") for message in line.errors]
        return found

    def report(self, problems: list[Problem]) -> None:
        """Puts refusals beside the fields, or on top."""
        by_key = {line.info.key: line for line in self.differing}
        for problem in problems:
            line = by_key.get(problem.field or "")
            (line.errors if line else self.general).append(problem.message)

    def _lines(self, fields: list[FieldInfo]) -> Iterator[Line]:
        keys = [info.key for info in fields]
        names = load_names(
            self.user, [p for row in self.pair for p in pointers(self.module, row.values, keys)]
        )
        access = fields_of(self.user, self.module)
        for info in fields:
            values = [row.values.get(info.key) for row in self.pair]
            if (info.key == "name" and info.system) or values == [None, None]:
                continue  # the name that is made of others is in the heading
            line = Line(info, [Offer(row.id, cell(info, row.values, names)) for row in self.pair])
            if values[0] != values[1]:
                self._open(line, access[info.key], names)
            yield line

    def _open(self, line: Line, access: Access, names: Names) -> None:
        """Lets the person choose, or says why there is nothing to choose."""
        info = line.info
        if info.section == "system":
            return
        if info.key == "tags":
            tags = sorted({tag for row in self.pair for tag in row.values.get("tags") or ()})
            line.note = _("Both together: %s") % ", ".join(tags)
        elif info.system:
            line.note = _("Follows from other fields")
        elif access is not Access.EDIT:
            line.note = _("You may not change this: the record that stays keeps its own value, if it has one")
        else:
            line.is_open = True
            chosen = self._chosen(info)
            line.offers = [
                Offer(row.id, cell(info, row.values, names), row.id == chosen) for row in self.pair
            ]

    def _chosen(self, info: FieldInfo) -> int:
        """As the person chose by hand, else as the record that stays has it."""
        given = self._one_of([row.id for row in self.pair], self.given.get(f"field-{info.key}", ""))
        untouched = self.stays != self.before and given == self._usual(info, self.before)
        return self._usual(info, self.stays) if given is None or untouched else given

    def _usual(self, info: FieldInfo, stays: int) -> int:
        """The record that stays, or the other one if that has no value."""
        values = {row.id: row.values.get(info.key) for row in self.pair}
        other = next(pk for pk in values if pk != stays)
        if values[stays] != info.type.empty or info.key == "owner":
            return stays
        offered = values[other]
        to_itself = (offered.id if isinstance(offered, Ref) else offered) == stays
        is_foreign = info.type.key in ("money", "lines") and self._has_two_currencies
        return stays if is_foreign or (to_itself and info.type.family in LINKS) else other

    @property
    def _has_two_currencies(self) -> bool:
        """Whether the records are in different currencies, so that no amount goes over unasked."""
        return len({row.values.get("currency") for row in self.pair} - {None}) > 1
