"""`manage.py load_demo` fills an empty database with the demo company; one with people stays as it is."""

from typing import Any

from django.core.management.base import BaseCommand

from crm.demo.loading import load_demo


class Command(BaseCommand):
    """Can be run again at any time: it does nothing where somebody is already."""

    help = "Fill an empty database with the demo company."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what was made."""
        made = load_demo()
        if made is None:
            self.stdout.write("There are people already: the demo company was not loaded.")
            return
        counts = ", ".join(f"{count} {module}" for module, count in made.items())
        self.stdout.write(f"The demo company is loaded: {counts}.")
