"""Loads the demo company into a database where nobody is yet."""

from __future__ import annotations

from django.db import transaction

from crm.demo import PARTS
from crm.demo.people import load_people
from crm.demo.records import load_records
from crm.models import User


def load_demo() -> dict[str, int] | None:
    """Makes the demo company, all or nothing; returns counts by module, None if somebody is there."""
    with transaction.atomic():
        if User.objects.exists():
            return None
        people = load_people()
        for part in PARTS:
            part()
        return load_records(people)
