"""`manage.py messages` brings the translation catalogues up to date with the source."""

from typing import Any

from django.core.management.base import BaseCommand

from crm.translation import compile_catalogues, update_catalogues


class Command(BaseCommand):
    """Adds new texts to each language's catalogue, drops those no longer used, and compiles them."""

    help = "Update and compile the translation catalogues; tells how many texts each language lacks."

    def handle(self, *args: Any, **options: Any) -> None:
        for folder, missing in update_catalogues().items():
            self.stdout.write(f"{folder}: {missing} to translate")
        compile_catalogues()
