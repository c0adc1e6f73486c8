"""`manage.py purge_bin --days 30`: deletes for good what has been in the bin for longer; for the clock."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.door.bin import purge_old
from crm.door.files import sweep


class Command(BaseCommand):
    """Purges old records, and removes files that no record has."""

    help = "Deletes for good what has been in the bin for more than so many days."

    def add_arguments(self, parser: CommandParser) -> None:
        """The age."""
        parser.add_argument("--days", type=int, default=30, help="days in the bin; default: 30")

    def handle(self, *args: Any, **options: Any) -> None:
        """Purges, and prints as JSON how many records of each module went, and how many were refused."""
        if options["days"] < 0:
            raise CommandError("--days is 0 or more.")
        purged: dict[str, int] = {}
        refused = 0
        for module, outcome in purge_old(options["days"]):
            purged[module] = purged.get(module, 0) + len(outcome.ids)
            for result in outcome.results:
                if not result.ok:
                    refused += 1
                    self.stderr.write(f"{module} {result.id}: {result.problems[0].message}")
        self.stdout.write(json.dumps({"purged": purged, "refused": refused, "files_swept": sweep()}))
