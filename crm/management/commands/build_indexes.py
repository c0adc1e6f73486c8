"""Builds the indexes of fields that are sorted, searched or unique."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from crm.visibility.indexes import build_indexes


class Command(BaseCommand):
    """`manage.py build_indexes`: after installing or upgrading, and whenever one failed."""

    help = "Builds and drops indexes of fields, so that lists of any size are sorted and filtered at once."

    def handle(self, *args: Any, **options: Any) -> None:
        for field, state in build_indexes().items():
            if options["verbosity"]:
                self.stdout.write(f"{field}: {state}")
