"""The form that converts a lead: which account and contact it becomes, and whether there is a deal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.door.changes import Outcome
from crm.door.copying import lead_values
from crm.door.duplicates import Duplicate
from crm.door.reading import Stored
from crm.forms.form import RecordForm
from crm.forms.kinds import active_currencies
from crm.forms.lookups import Typed, resolve
from crm.models import User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.visibility import can

NEW, OTHER, NONE = "new", "other", "none"
ASKED: dict[str, tuple[str, ...]] = {
    "accounts": ("name",),
    "contacts": ("first_name", "last_name"),
    "deals": ("name", "amount", "currency", "close_date", "stage"),
}
COMPARED: dict[str, dict[str, str]] = {  # by module, fields and the lead's fields that they are compared with
    "accounts": {"name": "company", "phone": "phone"},
    "contacts": {key: key for key in ("email", "phone", "mobile")},
}


@dataclass
class Part:
    """An account or contact: one that is there, or a new one with what a new one needs."""

    key: str
    module: ModuleInfo
    form: RecordForm
    alike: Sequence[Duplicate]
    may_create: bool
    choice: str
    other: Typed
    errors: list[str] = field(default_factory=list)

    @property
    def given(self) -> int | Mapping[str, Any] | None:
        """What the door takes: an id, values for a new record, or None for no record."""
        if self.choice == OTHER:
            return int(self.other.value) if self.other.value else None
        if self.choice.isdecimal():
            return int(self.choice)
        return self.form.changes() if self.choice == NEW else None

    @property
    def id(self) -> str:
        """The HTML element's id."""
        return f"part-{self.key}"

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary."""
        own = [(self.id, message) for message in self.errors]
        return own + (self.form.problems if self.choice == NEW else [])


class ConversionForm:
    """A lead and what it shall become, as proposed or as the person sent it."""

    def __init__(
        self, user: User, lead: Stored, alike: Mapping[str, Sequence[Duplicate]], data: QueryDict | None
    ) -> None:
        self.user, self.lead, self.alike, self.data = user, lead, alike, data
        self.general: list[str] = []
        self.account = self._part("accounts")
        self.contact = self._part("contacts")
        may_deal = "deals" in registry().modules and can(user, "create", "deals")
        self.deal = self._form("deals") if may_deal else None
        self.wants_deal = self.deal is not None and data is not None and "deal" in data
        self._resolve()

    @property
    def version(self) -> int:
        """The version of the lead that the person saw."""
        text = self.data.get("version", "") if self.data is not None else ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else self.lead.version

    @cached_property
    def own_problems(self) -> bool:
        """Whether something has to be chosen before the door can be asked."""
        for part in (self.account, self.contact):
            if part.choice == OTHER and not part.other.value:
                part.errors.append(part.other.problem or _("Choose a record from the list."))
        return bool(self.account.errors or self.contact.errors)

    @property
    def values(self) -> dict[str, Any]:
        """What the door's conversion takes."""
        return {
            "account": self.account.given,
            "make_account": self.account.choice != NONE,
            "contact": self.contact.given,
            "deal": self.deal.changes() if self.deal is not None and self.wants_deal else None,
            "version": self.version,
        }

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary: the id of the element to go to (or "") and a message."""
        found = [("", message) for message in self.general]
        found += self.account.problems + self.contact.problems
        return found + (self.deal.problems if self.deal is not None and self.wants_deal else [])

    def report(self, outcome: Outcome) -> None:
        """Puts the door's refusals beside the fields of the part that they are about, or on top."""
        forms = {"accounts": self.account.form, "contacts": self.contact.form, "deals": self.deal}
        for result in outcome.results:
            form = forms.get(result.change.module)
            if form is not None:
                form.report([problem for problem in result.problems if problem.code != "undone"])
                self.general += form.general
                form.general = []
            else:
                self.general += [problem.message for problem in result.problems if problem.code != "undone"]

    def load_shown(self) -> None:
        """Loads the names that lookups show; called before the form is rendered."""
        for form in (self.account.form, self.contact.form, self.deal):
            if form is not None:
                form.load_shown()

    def _part(self, key: str) -> Part:
        module, alike = registry().module(key), self.alike[key]
        may_create = can(self.user, "create", module)
        prefix = f"{key}-"
        part = Part(key, module, self._form(key), alike, may_create, "", Typed(key, ""))
        allowed = {NEW} if may_create else set()
        allowed |= {OTHER, NONE} if key == "accounts" else {OTHER}
        allowed |= {str(one.id) for one in alike}
        given = self.data.get(f"{prefix}choice", "") if self.data is not None else ""
        part.choice = given if given in allowed else self._proposed(part)
        if self.data is not None:
            chosen = self.data.get(f"{prefix}other-pick") or self.data.get(f"{prefix}other-id", "")
            part.other = Typed(key, self.data.get(f"{prefix}other", "").strip(), chosen)
        return part

    def _proposed(self, part: Part) -> str:
        """The record that looks the same, if there is just one; else a new one, or none without a company."""
        if len(part.alike) == 1:
            return str(part.alike[0].id)
        if part.key == "accounts" and self.lead.values.get("company") is None:
            return NONE
        return NEW if part.may_create else OTHER

    def _form(self, key: str) -> RecordForm:
        """A form of what is asked, and of what the module requires and the lead does not give."""
        lead, target = registry().module("leads"), registry().module(key)
        carried = lead_values(lead, self.lead.values, target)
        missing = [info.key for info in target.required_fields if info.key not in carried]
        unasked: set[str] = set() if len(active_currencies()) > 1 else {"currency"}
        only = {*ASKED[key], *missing} - unasked
        if self.data is not None:
            return RecordForm.posted(self.user, target, None, self.data, prefix=f"{key}-", only=only)
        form = RecordForm(self.user, target, prefix=f"{key}-", only=only)
        form.prefill({name: str(carried[name]) for name in ASKED[key] if name in carried})
        return form

    def _resolve(self) -> None:
        parts = [part for part in (self.account, self.contact) if part.choice == OTHER]
        resolve(self.user, [part.other for part in parts])


def compared(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A lead's values under the names that they have in another module, to look for what is there already."""
    return {name: values.get(own) for name, own in COMPARED[key].items()}
