"""`manage.py process_due` does once everything that is due, for cron, tests and small installations."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from workflows.tasks import process_due


class Command(BaseCommand):
    """Runs queued actions and sweeps once, in this process."""

    help = "Do once everything that is due, and print the counts as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        """One line of JSON."""
        self.stdout.write(json.dumps(process_due()))
