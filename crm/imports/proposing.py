"""Which field a column of a file probably means: as the last time, by its name, or by what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crm.imports.closest import closest, folded
from crm.imports.mapping import is_fillable, propose
from crm.imports.preparation import LEFT_OUT
from crm.modules.registry import FieldInfo, ModuleInfo

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
PHONE = re.compile(r"(?=.*\d.*\d.*\d.*\d)(?:\+|0|\()[\d\s()./-]{6,20}")
DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}")
CONTENT = {"email": EMAIL, "url": URL, "phone": PHONE}

# What other systems call these fields, folded as names are compared.
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "last_name": ("surname", "familyname", "name", "nachname", "fullname", "contactname", "leadname"),
    "first_name": ("givenname", "forename", "vorname"),
    "company": ("organisation", "organization", "companyname", "firm", "firma", "account", "accountname"),
    "email": ("emailaddress", "mail", "emailid", "mailaddress"),
    "phone": ("telephone", "phonenumber", "tel", "telefon", "workphone", "businessphone"),
    "mobile": ("mobilephone", "cellphone", "cell", "handy", "mobilenumber"),
    "owner": ("salesagent", "salesrep", "assignedto", "accountowner", "leadowner", "dealowner", "agent"),
    "postcode": ("zip", "zipcode", "postalcode", "plz"),
    "website": ("url", "web", "homepage", "domain"),
    "name": ("title", "subject", "accountname", "dealname", "company", "opportunityname"),
    "employees": ("numberofemployees", "headcount"),
    "annual_revenue": ("revenue", "turnover"),
    "industry": ("sector", "branch"),
    "amount": ("value", "dealvalue", "closevalue"),
    "stage": ("dealstage", "opportunitystage"),
    "close_date": ("closingdate", "expectedclosedate"),
}


def propose_fields(
    columns: Iterable[str], module: ModuleInfo, samples: Mapping[str, list[str]], allowed: frozenset[str]
) -> dict[str, str]:
    """A field for each column that one fits, each field once; LEFT_OUT for the others."""
    names = list(columns)
    found = {column: key for column, key in propose(names, module).items() if key in allowed}
    for guesses in (_by_other_names(names, module), _by_content(names, module, samples)):
        for column, key in guesses:
            if column not in found and key in allowed and key not in found.values():
                found[column] = key
    return {column: found.get(column, LEFT_OUT) for column in names}


def _by_other_names(columns: list[str], module: ModuleInfo) -> Iterator[tuple[str, str]]:
    labels = {info.label: key for key, info in module.fields.items() if is_fillable(info)}
    called = {name: key for key, names in ALSO_CALLED.items() if key in module.fields for name in names}
    for column in columns:
        if (key := called.get(folded(column))) is not None:
            yield column, key
    for column in columns:
        near = closest(column, labels)
        if near is not None and _near_enough(column, near):
            yield column, labels[near]


def _near_enough(one: str, other: str) -> bool:
    """Of short names, a small difference is another word."""
    return min(len(one), len(other)) >= 5 and abs(len(folded(one)) - len(folded(other))) <= 2


def _by_content(
    columns: list[str], module: ModuleInfo, samples: Mapping[str, list[str]]
) -> Iterator[tuple[str, str]]:
    for kind, pattern in CONTENT.items():
        fields = [key for key, info in module.fields.items() if info.type.key == kind and is_fillable(info)]
        for column in columns:
            seen = samples.get(column) or []
            if seen and all(pattern.fullmatch(text) and not DATE.match(text) for text in seen):
                yield from ((column, key) for key in fields)


def formats(look: Mapping[str, Any], part: str) -> dict[str, str]:
    """By column the date format or the decimal sign, of those whose values tell."""
    return {column: seen[part] for column, seen in look.items() if seen.get(part)}


def wants_dates(info: FieldInfo) -> bool:
    """Whether the field's values are read by a date format."""
    return info.type.family in ("date", "datetime")


def wants_decimals(info: FieldInfo) -> bool:
    """Whether the field's values are read by a decimal sign."""
    return info.type.family == "number"
