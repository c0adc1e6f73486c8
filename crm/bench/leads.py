"""A file of leads with 37 columns, and the custom fields that 14 of them fill."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from crm.models import Module
from crm.modules.field_editing import create_field

BUILTIN = (
    "first_name", "last_name", "company", "title", "email", "phone", "mobile", "website", "rating", "source",
    "industry", "annual_revenue", "employees", "email_opt_out", "street", "city", "state", "postal_code",
    "country", "description", "tags", "status", "currency",
)  # fmt: skip
CUSTOM = {
    "lead_origin": "picklist", "activity": "picklist", "quality": "picklist", "lead_profile": "picklist",
    "specialisation": "picklist", "visits": "integer", "seconds_on_site": "integer", "lead_points": "integer",
    "pages_per_visit": "decimal", "asked_for_call": "boolean", "took_trial": "boolean", "reference": "text",
    "remark": "text", "first_seen": "date",
}  # fmt: skip
CHOICES = ("First choice", "Second choice", "Third choice", "Fourth choice", "Fifth choice")


def make_fields() -> None:
    """The custom fields."""
    module = Module.objects.get(key="leads")
    for name, kind in CUSTOM.items():
        choices: Any = CHOICES if kind == "picklist" else ()
        create_field(module=module, label=name, key=name, type=kind, choices=choices, actor=None)


def write_leads(path: Path, count: int, start: int = 0) -> None:
    """Writes the file; every value differs or comes again as real ones do."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*BUILTIN, *CUSTOM])
        writer.writerows(_row(number) for number in range(start, start + count))


def _row(number: int) -> list[str]:
    """One lead: 37 cells, some of them empty."""
    choice = [CHOICES[(number * step) % 5] for step in (1, 7, 11, 13, 17)]
    return [
        f"First {number % 997}", f"Last {number * 7919 % 99991}", f"Company {number % 3001}", "Purchasing",
        f"lead{number}@example.com", f"+4930{number % 9999991:07}", "", f"https://example.com/{number}",
        ("High", "Medium", "Low", "")[number % 4],
        ("Website", "Campaign", "Partner", "Referral", "Trade show")[number % 5],
        ("Education", "Medical", "Retail")[number % 3], f"{number % 997}000.50", str(number * 31 % 1000),
        ("yes", "no")[number % 2], f"{number % 200} Mill Lane", f"City {number % 5}", "",
        f"{10000 + number % 89999}",
        ("Germany", "Poland", "France", "中国")[number % 4], f"Asked for an offer, number {number}.",
        ("new, web", "", "", "")[number % 4], ("New", "Contacted", "")[number % 3], "",
        *choice, str(number % 40), str(number * 13 % 2500), str(number % 20), f"{number % 90 / 10:.1f}",
        ("Yes", "No")[number % 2], ("No", "Yes")[number * 3 % 2], f"REF-{number:07}", "",
        f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}",
    ]  # fmt: skip
