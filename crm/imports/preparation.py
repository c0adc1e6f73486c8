"""An import that somebody prepares in the browser: what was chosen until now, kept in its job's input."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.imports.duplicates import OnDuplicate
from crm.imports.encodings import Encoding
from crm.imports.mapping import ANY, Wishes
from crm.imports.plan import ImportPlan, Options, plan_import
from crm.imports.problems import ImportProblem
from crm.imports.reader import Table
from crm.models import ImportMapping, Job, User

LEFT_OUT, NEW_FIELD = "", "+"
USUAL, PERSON, RULE = "usual", "person", "rule"
AUTOMATION: dict[str, frozenset[str] | None] = {
    "all": None,
    "assignment": frozenset({"assignment"}),
    "none": frozenset(),
}
REMEMBERED = ("columns", "dates", "decimals", "empty", "values", "options")


def table_data(table: Table) -> dict[str, Any]:
    """What was found out about a file, as plain JSON."""
    return {
        "encoding": asdict(table.encoding),
        "delimiter": table.delimiter,
        "columns": list(table.columns),
        "width": table.width,
        "sep_line": table.sep_line,
        "notes": list(table.notes),
    }


def kept_table(path: Path, data: Mapping[str, Any]) -> Table:
    """The file as it was found out about."""
    encoding = data["encoding"]
    return Table(
        path,
        Encoding(encoding["codec"], encoding["skip"], encoding["cut"], tuple(encoding["notes"])),
        data["delimiter"],
        tuple(data["columns"]),
        data["width"],
        data["sep_line"],
        tuple(data["notes"]),
    )


class Preparation:
    """What is chosen for an import; changes are kept by `save`."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.data: dict[str, Any] = dict(job.input)

    def save(self, **parts: Any) -> None:
        """Keeps these parts of what is chosen, while the import is still in preparation."""
        self.data |= parts
        self.job.input, self.job.touched_at = self.data, timezone.now()
        self.job.save(update_fields=["input", "file", "touched_at"])

    @property
    def table(self) -> Table:
        """The file."""
        return kept_table(Path(self.job.file.path), self.data["table"])

    @property
    def columns(self) -> dict[str, str]:
        """By column the field that it fills, or LEFT_OUT or NEW_FIELD."""
        return dict(self.data.get("columns", {}))

    @property
    def empty(self) -> frozenset[str]:
        """Texts that count as empty."""
        return frozenset(self.data.get("empty", ()))

    def part(self, key: str) -> dict[str, Any]:
        """One of the other parts: dates, decimals, values, options."""
        return dict(self.data.get(key, {}))

    def wishes(self) -> Wishes:
        """What is asked of columns and values; columns that shall get a new field are not named."""
        chosen = {name: () if key == LEFT_OUT else (key,) for name, key in self.columns.items()}
        return Wishes(
            columns={name: keys for name, keys in chosen.items() if keys != (NEW_FIELD,)},
            by_name=False,
            values={
                column: {text: to for text, to in chosen_values.items() if to is not None}
                for column, chosen_values in self._of_columns("values").items()
            },
            empty={ANY: self.empty} if self.empty else {},
            dates=self._of_columns("dates"),
            decimals=self._of_columns("decimals"),
        )

    def _of_columns(self, key: str) -> dict[str, Any]:
        """A part without columns that the file no longer has."""
        return {column: told for column, told in self.part(key).items() if column in self.columns}

    def options(self) -> Options:
        """Whose rights, whose records, doubles and automation; raises ImportProblem if a person is gone."""
        chosen = self.part("options")
        options = Options(
            actor=self.job.person,
            automation=AUTOMATION[chosen.get("automation", "all")],
            keys=tuple(chosen.get("keys", ())),
            duplicates=OnDuplicate(chosen.get("duplicates", OnDuplicate.CREATE)),
        )
        if chosen.get("owner") == PERSON:
            owner = User.objects.filter(pk=chosen["person"]).first()
            if owner is None:
                raise ImportProblem(_("The owner is no longer there."), "unknown_person")
            return replace(options, owner=owner)
        return replace(options, assignment=chosen["rule"]) if chosen.get("owner") == RULE else options

    def plan(self) -> ImportPlan:
        """The import of columns and values, before its options are chosen; raises ImportProblem."""
        options = Options(actor=self.job.person)
        return plan_import(
            self.job.module, [self.table], self.wishes(), options, partial=bool(self.data.get("updates"))
        )

    def remember(self) -> None:
        """Keeps what was chosen for the person's next file with these headings."""
        ImportMapping.objects.update_or_create(
            person=self.job.person,
            module=self.job.module,
            headings=headings_of(self.data["table"]["columns"]),
            defaults={
                "wishes": {key: self.data[key] for key in REMEMBERED if key in self.data},
                "used_at": timezone.now(),
            },
        )

    def remembered(self) -> dict[str, Any]:
        """What the person chose the last time for these headings."""
        headings = headings_of(self.data["table"]["columns"])
        kept = ImportMapping.objects.filter(
            person=self.job.person, module=self.job.module, headings=headings
        ).first()
        return dict(kept.wishes) if kept else {}


def headings_of(columns: list[str]) -> str:
    """A digest of the headings, in their order."""
    return hashlib.sha256("\x1f".join(columns).encode()).hexdigest()
