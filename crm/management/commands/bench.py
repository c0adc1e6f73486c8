"""`manage.py bench` measures the speed budgets on scratch databases, prints a table and writes bench.json."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from crm.bench import Measure

SUITES = {
    "imports": "crm.bench.imports",
    "visibility": "crm.bench.visibility",
    "search": "crm.bench.search",
    "pages": "crm.bench.pages",
    "million": "crm.bench.million",
}
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
SQLITE = "sqlite:///"
Row = dict[str, Any]


class Command(BaseCommand):
    """Each suite runs in a process of its own, on an empty database that is dropped afterwards."""

    help = "Measure the speed budgets on SQLite and PostgreSQL."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--only SUITE` and `--database VENDOR`; `--inside` is for this command itself."""
        parser.add_argument("--only", action="append", choices=list(SUITES), help="may be repeated")
        parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
        parser.add_argument(
            "--inside", choices=list(SUITES), help="for the processes that this command starts"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print, write."""
        if options["inside"]:
            for measure in inside(options["inside"]):
                self.stdout.write(json.dumps(asdict(measure)))
                self.stdout.flush()
            return
        rows: list[Row] = []
        for vendor in options["database"] or ["sqlite", "postgresql"]:
            for suite in options["only"] or SUITES:
                for row in outside(suite, vendor, self.stderr.write):
                    self.stdout.write(line(row))
                    rows.append(row)
        path = settings.BASE_DIR / "bench.json"
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        missed = sum(row["holds"] is False for row in rows)
        self.stdout.write(f"{len(rows)} measures, {missed} outside their budget; written to {path.name}")


def outside(suite: str, vendor: str, tell: Callable[[str], Any]) -> Iterator[Row]:
    """Runs a suite in a process with a database of this kind; its rows, as they come."""
    url = os.environ.get("DATABASE_URL", "")
    if vendor == "postgresql":
        url = url if url.startswith("postgres") else POSTGRES
    else:
        url = SQLITE + os.path.join(tempfile.gettempdir(), "signalbox-bench.sqlite3")
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "bench", "--inside", suite]
    environment = {**os.environ, "DATABASE_URL": url}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for text in process.stdout or ():
            yield {**json.loads(text), "database": vendor}
    if process.returncode:
        tell(f"NOT MEASURED: {suite} on {vendor} (exit status {process.returncode})")


def inside(suite: str) -> Iterator[Measure]:
    """Measures on a scratch database of the kind that this process uses."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = str(Path(folder) / "bench.sqlite3") if connection.vendor == "sqlite" else None
        connection.settings_dict.setdefault("TEST", {})["NAME"] = scratch or f"test_bench_{os.getpid()}"
        old = str(connection.settings_dict["NAME"])
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield from import_module(SUITES[suite]).measures(connection.vendor)
        finally:
            connection.creation.destroy_test_db(old, verbosity=0)


def line(row: Row) -> str:
    """One row of the table."""
    verdict = {True: "holds", False: "MISSED", None: ""}[row["holds"]]
    value = f"{row['value']:,.0f}" if row["value"] >= 100 else f"{row['value']:.3g}"
    return f"{row['database']:<11}{row['name']:<72}{value:>9} {row['unit']:<7}{row['budget']:<10}{verdict}"
