"""The subjects of the gate: built-in modules and one that the company made, with fields of the same kinds.

Where a built-in module has no field of some kind of its own, it gets a custom one, as a company would
add it; so each kind is tested as a column and as a custom value, on both kinds of modules.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from crm.door import Change, Outcome, Source, Verb, apply
from crm.door.reading import read_records
from crm.models import Field, Module, User
from crm.modules.field_editing import create_field
from crm.modules.loading import module
from crm.modules.registry import ModuleInfo
from tests.modules import DEVICE_FIELDS, make_device_requests
from tests.people import Company

KINDS = {DEVICE_FIELDS[key]["type"]: key for key in DEVICE_FIELDS}
COLUMNS = {
    "leads": {
        "text": "company", "long_text": "description", "integer": "employees", "money": "annual_revenue",
        "boolean": "email_opt_out", "email": "email", "phone": "phone", "url": "website",
    },
    "accounts": {
        "text": "city", "long_text": "description", "integer": "employees", "money": "annual_revenue",
        "phone": "phone", "url": "website", "link": "parent",
    },
    "device_requests": {},
}  # fmt: skip
NAMED = {"leads": "last_name", "accounts": "name", "device_requests": "name"}


@dataclass
class Subject:
    """A module under test, with the key of its field of each kind."""

    key: str
    company: Company
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def info(self) -> ModuleInfo:
        """The module as the registry has it now."""
        return module(self.key)

    def row(self, kind: str) -> Field:
        """The configuration row of the field of that kind."""
        return Field.objects.get(module__key=self.key, key=self.fields[kind])

    def change(self, verb: Verb, pk: int | None = None, version: int | None = None, **values: Any) -> Change:
        """A change; values are by kind, or by key for what is no kind."""
        return Change(
            verb, self.key, pk, {self.fields.get(kind, kind): one for kind, one in values.items()}, version
        )

    def try_create(self, actor: User | None = None, **values: Any) -> Outcome:
        """A new record of Ada's, or somebody else's; the outcome tells."""
        owner = actor or self.company.ada
        given = {NAMED[self.key]: "First", "owner": owner.pk, **values}
        return apply([self.change(Verb.CREATE, **given)], actor=owner, source=Source.PAGE)

    def create(self, actor: User | None = None, **values: Any) -> int:
        """The id of a new record."""
        return self.try_create(actor, **values).or_raise().ids[0]

    def do(self, verb: Verb, pk: int | None = None, *, actor: User | None = None, **values: Any) -> Outcome:
        """One change, by Ada or somebody else; the outcome tells."""
        change = self.change(verb, pk, **values)
        return apply([change], actor=actor or self.company.ada, source=Source.PAGE)

    def value(self, pk: int, kind: str) -> Any:
        """What the record holds now."""
        return read_records(self.info, [pk])[pk].values[self.fields.get(kind, kind)]

    def version(self, pk: int) -> int:
        """The record's version."""
        return read_records(self.info, [pk])[pk].version


def _built_in(key: str, company: Company) -> Subject:
    row = Module.objects.get(key=key)
    fields = dict(COLUMNS[key])
    for kind, custom in KINDS.items():
        if kind not in fields:
            given = {**DEVICE_FIELDS[custom], "label": f"Own {kind}"}
            fields[kind] = create_field(module=row, actor=company.admin, key=f"own_{kind}", **given).key
    return Subject(key, company, fields)


def _made_here(_key: str, company: Company) -> Subject:
    made = make_device_requests(company)
    return Subject(made.key, company, dict(KINDS))


MAKERS: dict[str, Callable[[str, Company], Subject]] = {
    "leads": _built_in,
    "accounts": _built_in,
    "device_requests": _made_here,
}


@pytest.fixture(params=list(MAKERS))
def subject(request: pytest.FixtureRequest, company: Company) -> Subject:
    """Each module in turn."""
    return MAKERS[request.param](request.param, company)
