"""`manage.py import_records MODULE FILE …` imports CSV files through the door; it prints a JSON summary."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from crm.door.stages.base import round_stages
from crm.fields import ValueProblem
from crm.imports.duplicates import OnDuplicate
from crm.imports.mapping import ANY, Wishes, read_wishes
from crm.imports.people import PeopleByName
from crm.imports.plan import ImportPlan, Options, plan_import
from crm.imports.problems import ImportProblem
from crm.imports.reader import open_table
from crm.imports.run import ImportRun
from crm.models import User


class Command(BaseCommand):
    """Exit status 0: every row went in or is in the summary. 1: the file or what is asked cannot be used."""

    help = "Import records of one module from CSV files. The summary on standard output is JSON."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the module, the files, and how to import them."""
        parser.add_argument("module", help="the module's key, such as leads")
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="CSV files with the same columns"
        )
        add_file_arguments(parser)
        add_value_arguments(parser)
        add_record_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, run, and print the summary."""
        try:
            chosen = run_options(options)
            wishes = run_wishes(options)
            found = {"encoding": options["encoding"], "delimiter": delimiter(options["delimiter"])}
            tables = [open_table(path, **found) for path in options["files"]]
            plan = plan_import(options["module"], tables, wishes, chosen)
        except ImportProblem as problem:
            raise CommandError(problem.message) from None
        run = ImportRun(plan, progress=self.progress(options["verbosity"]))
        try:
            run.run()
        except (Error, OSError) as error:
            self.stdout.write(summary(run, stopped=str(error)))
            raise CommandError(f"The import was stopped: {error}") from error
        self.stdout.write(summary(run))
        if not run.tally.complete:
            raise CommandError("Some rows are not accounted for.")

    def progress(self, verbosity: int) -> Any:
        """Tells how far it is, with `-v 2`."""
        if verbosity < 2:
            return None
        return lambda tally: self.stderr.write(f"{tally.rows} rows read, {tally.refused} refused")


def add_file_arguments(parser: CommandParser) -> None:
    """How to read the files."""
    group = parser.add_argument_group("file")
    group.add_argument("--encoding", help="such as cp1250 (default: found)")
    group.add_argument("--delimiter", help="such as ; or tab (default: found)")
    group.add_argument(
        "--errors", type=Path, metavar="FILE", help="write refused rows and their reasons here"
    )


def add_value_arguments(parser: CommandParser) -> None:
    """Which column goes where, and how its values are read."""
    group = parser.add_argument_group("columns and values")
    group.add_argument(
        "--mapping",
        type=Path,
        metavar="JSON",
        help='{"columns": {column: field}, "values": {column: {from: to}}, "empty": [text], '
        '"set": {field: value}, "dates": format, "decimals": sign}; columns that are not named go by name',
    )
    group.add_argument(
        "--map", action="append", default=[], metavar="COLUMN=FIELD", help="FIELD empty: leave it out"
    )
    group.add_argument("--only-mapped", action="store_true", help="columns that are not named are left out")
    group.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="a value for every row"
    )
    group.add_argument(
        "--empty", action="append", default=[], metavar="TEXT", help="counts as empty, such as Select"
    )
    group.add_argument("--dates", metavar="FORMAT", help="ISO, D/M/Y or M/D/Y (default: found, or asked for)")
    group.add_argument("--decimals", metavar="SIGN", help="a point or a comma (default: found, or asked for)")
    group.add_argument("--create-fields", action="store_true", help="make fields for columns that none fits")


def add_record_arguments(parser: CommandParser) -> None:
    """Whose the records are, which are doubles, and what runs."""
    group = parser.add_argument_group("records")
    group.add_argument(
        "--as", dest="actor", metavar="PERSON", help="whose rights apply (default: the system itself)"
    )
    owner = group.add_mutually_exclusive_group()
    owner.add_argument("--owner", metavar="PERSON", help="owner of rows without one, by e-mail or name")
    owner.add_argument(
        "--assignment", metavar="RULE", help="key of the assignment rule that chooses the owner"
    )
    group.add_argument(
        "--key", action="append", default=[], metavar="FIELD", help="tells doubles; may be repeated"
    )
    group.add_argument(
        "--duplicates",
        choices=[str(choice) for choice in OnDuplicate],
        help="default: skip with --key, else create",
    )
    group.add_argument(
        "--automation", default="all", metavar="all|none|STAGE,…", help="which stages run (default: all)"
    )


def run_wishes(options: dict[str, Any]) -> Wishes:
    """The mapping file, with what the command line adds."""
    wishes = read_wishes(_json(options["mapping"])) if options["mapping"] else Wishes()
    columns = {column: (field,) if field else () for column, field in _pairs(options["map"])}
    wishes = replace(wishes, columns={**wishes.columns, **columns}, by_name=not options["only_mapped"])
    wishes = replace(wishes, constants={**wishes.constants, **dict(_pairs(options["set"]))})
    if options["empty"]:
        given = wishes.empty.get(ANY, frozenset()) | set(options["empty"])
        empty = {column: texts | given for column, texts in wishes.empty.items()}
        wishes = replace(wishes, empty={**empty, ANY: given})
    if options["dates"]:
        wishes = replace(wishes, dates={**wishes.dates, ANY: options["dates"]})
    if options["decimals"]:
        wishes = replace(wishes, decimals={**wishes.decimals, ANY: options["decimals"]})
    return wishes


def run_options(options: dict[str, Any]) -> Options:
    """Who, whose, doubles and automation; raises ImportProblem for a person or stage that isn't there."""
    keys = tuple(options["key"])
    chosen = options["duplicates"] or (OnDuplicate.SKIP if keys else OnDuplicate.CREATE)
    return Options(
        actor=_person(options["actor"]),
        owner=_person(options["owner"]),
        assignment=options["assignment"],
        automation=_automation(options["automation"]),
        keys=keys,
        duplicates=OnDuplicate(chosen),
        create_fields=options["create_fields"],
        errors=options["errors"],
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ImportProblem(f"{path}: {error.strerror}", "mapping") from None
    except ValueError as error:
        raise ImportProblem(f"{path} is not JSON: {error}", "mapping") from None


def _pairs(given: list[str]) -> list[tuple[str, str]]:
    pairs = [text.rpartition("=") for text in given]
    if wrong := next(
        (text for text, (left, _sign, _right) in zip(given, pairs, strict=True) if not left), None
    ):
        raise ImportProblem(f"“{wrong}” is not of the form A=B.", "mapping")
    return [(left, right) for left, _sign, right in pairs]


def _person(text: str | None) -> User | None:
    if text is None:
        return None
    try:
        return User.objects.get(pk=PeopleByName.read().find(text))
    except ValueProblem as problem:
        raise ImportProblem(problem.message, problem.code) from None


def _automation(text: str) -> frozenset[str] | None:
    known = {stage.key for stage in round_stages()}
    if text in ("all", "none"):
        return None if text == "all" else frozenset()
    chosen = frozenset(text.split(","))
    if unknown := chosen - known:
        told = ", ".join(sorted(known))
        raise ImportProblem(
            f"There is no automation “{', '.join(sorted(unknown))}”. There is: {told}.", "mapping"
        )
    return chosen


def delimiter(text: str | None) -> str | None:
    """A delimiter as it is typed on a command line."""
    return "\t" if text in ("tab", "\\t") else text


def summary(run: ImportRun, stopped: str | None = None) -> str:
    """The figures and what was found out about the files."""
    plan: ImportPlan = run.plan
    told = {
        "module": plan.module.key,
        "files": [table.path.name for table in plan.tables],
        **run.tally.as_json(),
        "encoding": plan.tables[0].encoding.codec,
        "delimiter": plan.tables[0].delimiter,
        "notes": [note for table in plan.tables for note in table.notes],
        "columns": plan.columns,
        "created_fields": list(plan.created_fields),
        "cause": run.cause.id,
        "errors_file": str(plan.options.errors) if plan.options.errors else None,
        "stopped": stopped,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)
