"""Which column of the file fills which field, and how its dates and numbers are to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from django.http import HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.fields import ValueProblem
from crm.fields.numbers import babel_locale
from crm.imports.dates import DAY_FIRST, FORMATS, MONTH_FIRST, parse_date
from crm.imports.linked import FIT
from crm.imports.numbers import COMMA, POINT, plain_number
from crm.imports.preparation import LEFT_OUT, NEW_FIELD
from crm.imports.problems import ImportProblem
from crm.imports.proposing import wants_dates, wants_decimals
from crm.imports.uploading import fillable, look_at, propose_all
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.import_steps import Asked, import_step
from crm.visibility import has_feature, readable

EMPTIES = 20


@dataclass
class ColumnRow:
    """One column in the form."""

    place: int
    name: str
    samples: list[str]
    values: int
    chosen: str
    options: list[tuple[str, list[tuple[str, str, bool]]]]
    dates: list[tuple[str, str, bool]] = field(default_factory=list)
    decimals: list[tuple[str, str, bool]] = field(default_factory=list)
    problem: str = ""


@import_step("import_columns")
def columns(asked: Asked) -> HttpResponse:
    """Shows what is proposed; keeps what is chosen, and goes on if an import can be made of it."""
    preparation = asked.preparation
    if "columns" not in preparation.data:
        propose_all(preparation, asked.look)
    form = ColumnsForm(asked)
    if asked.request.method != "POST":
        return form.page([])
    form.read(asked.request.POST)
    if "back" in asked.request.POST:
        return asked.back()
    problems = form.problems()
    return form.page(problems) if problems else asked.next()


class ColumnsForm:
    """The table of columns."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.module = asked.module
        self.names = asked.preparation.table.columns
        self.allowed = fillable(asked.request.user, asked.module)
        self.lacks_required = False
        self.may_make = has_feature(asked.request.user, "manage_modules")

    @cached_property
    def fields(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What can be chosen, by section of the layout."""
        labels = {section.key: section.label for section in self.module.sections}
        groups: dict[str, list[tuple[str, str]]] = {}
        for key in self.module.fields:
            info = self.module.fields[key]
            if key in self.allowed:
                heading = labels.get(info.section or "", "")
                groups.setdefault(heading, []).extend(_ways(self.asked, info))
        return list(groups.items())

    def read(self, post: Mapping[str, Any]) -> None:
        """Keeps what was posted; what is no choice is left out."""
        known = {key for _heading, ways in self.fields for key, _label in ways} | {LEFT_OUT}
        known |= {NEW_FIELD} if self.may_make else set()
        chosen, before = {}, self.asked.preparation
        dates, decimals = before.part("dates"), before.part("decimals")
        for place, name in enumerate(self.names):
            key = post.get(f"field-{place}", before.columns.get(name, LEFT_OUT))
            chosen[name] = key if key in known else LEFT_OUT
            if post.get(f"dates-{place}") in FORMATS:
                dates[name] = post[f"dates-{place}"]
            if post.get(f"decimals-{place}") in (POINT, COMMA):
                decimals[name] = post[f"decimals-{place}"]
        empty = [text for part in post.get("empty", "").split(",") if (text := part.strip())][:EMPTIES]
        updates = "updates" in post
        looked_for = before.empty
        before.save(columns=chosen, dates=dates, decimals=decimals, empty=empty, updates=updates)
        if before.empty != looked_for:
            look_at(self.asked.job)

    def problems(self) -> list[tuple[str, str]]:
        """What stands in the way, with the control that it is about."""
        preparation = self.asked.preparation
        found = [
            (f"{part}-{place}", f"{name}: {told}")
            for place, name in enumerate(self.names)
            for part, told in self._open(name)
        ]
        if found:
            return found
        try:
            preparation.plan()
        except ImportProblem as problem:
            self.lacks_required = problem.code == "missing_required"
            return [("updates" if self.lacks_required else "", problem.message)]
        return []

    def _open(self, name: str) -> Iterator[tuple[str, str]]:
        """Formats that the column's values don't tell and nobody chose."""
        info, seen = self._info(name), self.asked.look.columns.get(name, {})
        if info is None:
            return
        preparation = self.asked.preparation
        if wants_dates(info) and not preparation.part("dates").get(name) and not seen.get("dates"):
            yield "dates", _("Does the day or the month come first?")
        if wants_decimals(info) and not preparation.part("decimals").get(name) and not seen.get("decimals"):
            yield "decimals", _("Which is the decimal sign?")

    def _info(self, name: str) -> FieldInfo | None:
        key = self.asked.preparation.columns.get(name, LEFT_OUT).partition(".")[0]
        return self.module.fields.get(key)

    def page(self, problems: list[tuple[str, str]]) -> HttpResponse:
        """The form as it is now."""
        told = dict(problems)
        rows = [self._row(place, name, told) for place, name in enumerate(self.names)]
        preparation = self.asked.preparation
        return self.asked.page(
            "crm/imports/columns.html",
            problems,
            rows=rows,
            empty=", ".join(sorted(preparation.empty)),
            updates=preparation.data.get("updates", False),
            lacks_required=self.lacks_required or preparation.data.get("updates", False),
            may_make=self.may_make,
            new_fields=sum(row.chosen == NEW_FIELD for row in rows),
            remembered=preparation.data.get("remembered"),
            filled=sum(row.chosen != LEFT_OUT for row in rows),
        )

    def _row(self, place: int, name: str, told: Mapping[str, str]) -> ColumnRow:
        preparation = self.asked.preparation
        chosen = preparation.columns.get(name, LEFT_OUT)
        seen = self.asked.look.columns.get(name, {})
        info = self._info(name)
        options = [
            (heading, [(key, label, key == chosen) for key, label in ways]) for heading, ways in self.fields
        ]
        row = ColumnRow(place, name, seen.get("samples", []), seen.get("values", 0), chosen, options)
        if (info is not None and wants_dates(info)) or seen.get("date_example") or seen.get("is_dates"):
            row.dates = _dates(seen, preparation.part("dates").get(name))
        if (
            info is not None
            and wants_decimals(info)
            and (seen.get("number_example") or not seen.get("decimals"))
        ):
            row.decimals = _decimals(seen, preparation.part("decimals").get(name))
        row.problem = told.get(f"dates-{place}") or told.get(f"decimals-{place}") or ""
        return row


def _ways(asked: Asked, info: FieldInfo) -> Iterator[tuple[str, str]]:
    """The field; of a link, also the fields by which its records can be found."""
    required = " *" if info.required else ""
    if info.type.family != "link":
        yield info.key, f"{info.label}{required}"
        return
    yield info.key, _("%s (by name)") % f"{info.label}{required}"
    target = registry().modules.get(info.target or "")
    for other in _findable(asked, target) if target else ():
        yield f"{info.key}.{other.key}", _("%(field)s (by %(by)s)") % {"field": info.label, "by": other.label}


def _findable(asked: Asked, target: ModuleInfo) -> Iterator[FieldInfo]:
    seen = readable(asked.request.user, target)
    for info in target.fields.values():
        telling = info.unique or info.type.key in ("email", "url", "number")
        if info.key in seen and info.key != "name" and info.type.family in FIT and telling:
            yield info


def _dates(seen: Mapping[str, Any], chosen: str | None) -> list[tuple[str, str, bool]]:
    names = {DAY_FIRST: _("Day first"), MONTH_FIRST: _("Month first")}
    year_first = _("Year first")
    samples = [seen.get("date_example"), *seen.get("samples", [])]
    example = next((text for text in samples if text), "")
    shown = [("", _("Choose…"), chosen is None)] if chosen is None else []
    return shown + [
        (form, f"{names.get(form, year_first)}{_date_example(example, form)}", form == chosen)
        for form in FORMATS
    ]


def _date_example(text: str, form: str) -> str:
    try:
        return f": {text} = {format_date(parse_date(text, form), 'long', locale=babel_locale())}"
    except ValueProblem:
        return ""


def _decimals(seen: Mapping[str, Any], chosen: str | None) -> list[tuple[str, str, bool]]:
    example = seen.get("number_example") or next(iter(seen.get("samples", [])), "")
    names = {POINT: _("Decimal point"), COMMA: _("Decimal comma")}
    shown = [("", _("Choose…"), chosen is None)] if chosen is None else []
    return shown + [
        (sign, f"{name}{_number_example(example, sign)}", sign == chosen) for sign, name in names.items()
    ]


def _number_example(text: str, sign: str) -> str:
    try:
        return f": {text} = {format_decimal(plain_number(text, sign), locale=babel_locale())}"
    except ValueProblem:
        return ""
