"""`manage.py import_people FILE` makes people, roles and superiors of a list."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.imports.organisation import as_json, import_organisation, read_members
from crm.imports.problems import ImportProblem
from crm.imports.reader import open_table
from crm.models import Profile


class Command(BaseCommand):
    """Everything or nothing; exit status 1 if the file cannot be used."""

    help = "Make people, roles and superiors of a CSV file with columns for agent, manager and office."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and what it doesn't say."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--domain", default="example.com", help="of addresses the file doesn't give")
        parser.add_argument("--top", default="Sales", help="name of the role above all offices")
        parser.add_argument("--profile", help="key of the profile of new people (default: none)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, make, and print the summary as JSON."""
        key = options["profile"]
        profile = Profile.objects.filter(key=key).first() if key else None
        if key and profile is None:
            raise CommandError(f"There is no profile “{key}”.")
        try:
            members = read_members(open_table(options["file"]))
            made = import_organisation(
                members, actor=None, domain=options["domain"], top=options["top"], profile=profile
            )
        except ImportProblem as problem:
            raise CommandError(problem.message) from None
        self.stdout.write(json.dumps(as_json(made), indent=2))
