"""The form of a record: what it holds, what was typed, what of it is a change, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.door.batch import default_of
from crm.door.changes import Problem
from crm.door.reading import Stored
from crm.fields import ValueProblem
from crm.fields.links import Ref
from crm.forms.kinds import KINDS, PLAIN, Kind, Option, active_currencies
from crm.forms.lines import SPARE, LineRows, misread, settle, typed_products
from crm.forms.lookups import Found, Lookup, Typed, name_in, pointer, resolve
from crm.forms.products import fill
from crm.forms.versions import values_at
from crm.models import User
from crm.modules.registry import FieldInfo, ModuleInfo
from crm.views.showing import Names, cell, load_names, pointers, told_fields
from crm.visibility import Access, fields_of


@dataclass(frozen=True)
class Conflict:
    """Somebody else's value of a field that was changed here too."""

    who: str
    theirs: str


@dataclass
class Control:
    """One field in the form. `seen` is the text that the person was shown, `text` what is there now."""

    info: FieldInfo
    kind: Kind
    seen: Any
    text: Any
    shown: str = ""  # a lookup's name
    target: str = ""  # a lookup's module
    errors: list[str] = field(default_factory=list)
    candidates: Sequence[Found] = ()
    conflict: Conflict | None = None
    prefix: str = ""  # of a form that shares its page with others

    @property
    def name(self) -> str:
        """The name under which the browser sends it."""
        return f"{self.prefix}{self.info.key}"

    @property
    def id(self) -> str:
        """The HTML element's id."""
        return f"id_{self.name}"

    @property
    def touched(self) -> bool:
        """Whether the person changed it."""
        return bool(self.text != self.seen or self.errors)

    @property
    def entered(self) -> Any:
        """What goes to the door. A name that was not found goes as it is, to be refused with all the rest."""
        if isinstance(self.kind, Lookup) and self.errors and not self.conflict:
            return f"{self.target}:{self.shown}" if self.info.type.family == "any_link" else self.shown
        try:
            return self.kind.plain(self.text, self.info)
        except ValueProblem:
            return f"“{self.text}”"  # no type takes it: it is refused with all the rest

    @property
    def options(self) -> list[Option]:
        """The choices."""
        return self.kind.options(self.text, self.info)

    @property
    def attributes(self) -> dict[str, str]:
        """Further attributes of the HTML element."""
        return self.kind.attributes(self.text, self.info)

    @property
    def record_id(self) -> str:
        """The id in a lookup's text."""
        return self.kind.of(self.text, self.info)[1] if isinstance(self.kind, Lookup) else ""

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of lines, with empty ones below."""
        return [*self.text, *({} for _place in range(SPARE))]

    @property
    def described_by(self) -> str:
        """The ids of help and messages, for screen readers."""
        parts = [("help", self.info.help), ("error", self.errors), ("conflict", self.conflict)]
        return " ".join(f"{self.id}-{part}" for part, there in parts if there)


class RecordForm:
    """A form for a new or an existing record, with the fields that the person may edit."""

    def __init__(
        self, user: User, module: ModuleInfo, stored: Stored | None = None, *, prefix: str = "",
        only: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        """`only` names the fields that it holds, if not all; `prefix` goes before their names."""
        self.user, self.module, self.stored = user, module, stored
        self.prefix, self.only = prefix, only
        self.version = stored.version if stored else 0
        self.general: list[str] = []
        self.names = Names()
        self.seen_values: Mapping[str, Any] = stored.values if stored else self._defaults()
        self.controls = {info.key: self._control(info, self.seen_values) for info in self._editable()}

    @classmethod
    def posted(
        cls, user: User, module: ModuleInfo, stored: Stored | None, data: QueryDict, *, prefix: str = "",
        only: Collection[str] | None = None,
    ) -> RecordForm:  # fmt: skip
        """The form as somebody sent it."""
        form = cls(user, module, stored, prefix=prefix, only=only)
        if stored is not None:
            form.version = _version(data)
            form._see(values_at(module, stored, form.version))
        form._read(data)
        form._choose(data)
        return form

    def prefill(self, given: Mapping[str, str]) -> None:
        """Puts texts from an address into a new form, such as the account that a contact is made for."""
        for key, control in self.controls.items():
            if given.get(key) and isinstance(control.text, str):
                control.text = control.kind.given(given[key], control.info)

    def changes(self) -> dict[str, Any]:
        """What goes to the door: of an existing record what was changed, of a new one also what is filled."""
        new = self.stored is None
        return {key: c.entered for key, c in self.controls.items() if c.touched or (new and c.entered)}

    @property
    def problems(self) -> list[tuple[str, str]]:
        """For the summary: the id of the element to go to (or "") and a message."""
        found = [("", message) for message in self.general]
        for control in self.controls.values():
            found += [(control.id, f"{control.info.label}: {message}") for message in control.errors]
        return found

    @property
    def sections(self) -> list[tuple[str, list[Control]]]:
        """Headings with their controls."""
        by_section: dict[str | None, list[Control]] = {}
        for control in self.controls.values():
            by_section.setdefault(control.info.section, []).append(control)
        first = [("", by_section.pop(None))] if None in by_section else []
        return first + [(s.label, by_section[s.key]) for s in self.module.sections if s.key in by_section]

    def report(self, problems: Sequence[Problem]) -> None:
        """Puts the door's refusals beside the fields, or on top; conflicts lead to a choice."""
        stale = {p.field: p for p in problems if p.code == "stale" and p.field in self.controls}
        if stale and self.stored is not None:
            self._see(values_at(self.module, self.stored, max(p.detail["version"] for p in stale.values())))
            self.version = max(p.detail["version"] for p in stale.values())
        for problem in problems:
            control = self.controls.get(problem.field or "")
            if control is None:
                self.general.append(problem.message)
                continue
            if control.errors and not control.conflict:
                continue  # the form's own message tells more
            control.errors.append(problem.message)
            if problem.field in stale:
                control.conflict = Conflict(problem.detail["who"], self._theirs(control.info))

        self._require()

    def _require(self) -> None:
        """Names the required fields that are empty: the door stops at values that it can't read."""
        for control in self.controls.values():
            empty = control.text == control.kind.empty and not control.errors
            if control.info.required and empty and (self.stored is None or control.touched):
                control.errors.append(_("%s is required.") % control.info.label)

    @property
    def unchosen(self) -> bool:
        """Whether a choice between the person's value and somebody else's is missing."""
        return any(control.conflict for control in self.controls.values())

    def load_shown(self) -> None:
        """Loads the names that lookups and lines show; called before the form is rendered."""
        wanted = [p for control in self.controls.values() for p in _shown_pointers(control)]
        self.names = load_names(self.user, wanted)
        for control in self.controls.values():
            if isinstance(control.kind, Lookup) and control.text:
                control.target, number = control.kind.of(control.text, control.info)
                control.shown = name_in(self.names, pointer(control.target, number))
            elif isinstance(control.kind, LineRows):
                for row in control.text:
                    row.setdefault("product_name", name_in(self.names, pointer("products", row["product"])))

    def _editable(self) -> Iterator[FieldInfo]:
        access = fields_of(self.user, self.module)
        for info in told_fields(self.module):
            is_asked = self._is_useful(info) if self.only is None else info.key in self.only
            if is_asked and access[info.key] is Access.EDIT and not info.system:
                yield info

    def _is_useful(self, info: FieldInfo) -> bool:
        """A currency only where there is another than the one that the record has, or gets, anyway."""
        used = self.stored.values.get("currency") if self.stored else None
        return info.type.key != "currency" or len({*active_currencies(), used} - {None}) > 1

    def _defaults(self) -> dict[str, Any]:
        values = {key: default_of(info) for key, info in self.module.fields.items()}
        return values | {"owner": self.user.pk}

    def _control(self, info: FieldInfo, values: Mapping[str, Any]) -> Control:
        kind = KINDS.get(info.type.key, PLAIN)
        seen = kind.text(values.get(info.key), info)
        target = kind.of("", info)[0] if isinstance(kind, Lookup) else ""
        return Control(info, kind, seen, seen, target=target, prefix=self.prefix)

    def _see(self, values: Mapping[str, Any]) -> None:
        """What the person saw is now this; what was not changed follows."""
        self.seen_values = values
        for key, control in self.controls.items():
            untouched = not control.touched
            control.seen = control.kind.text(values.get(key), control.info)
            if untouched:
                control.text = control.seen

    def _read(self, data: QueryDict) -> None:
        typed: dict[str, list[Typed]] = {}
        for key, control in self.controls.items():
            if isinstance(control.kind, Lookup):
                one = control.kind.typed(data, control.name, control.info)
                typed[key] = [one] if one else []
            elif (text := control.kind.read(data, control.name)) is not None:
                control.text = text
                if isinstance(control.kind, LineRows):
                    typed[key] = typed_products(text)
        resolve(self.user, (one for ones in typed.values() for one in ones))
        for key, ones in typed.items():
            _take(self.controls[key], ones)
        for control in self.controls.values():
            self._check(control)

    def _check(self, control: Control) -> None:
        """Names numbers that can't be read, and gives lines their products' prices."""
        if isinstance(control.kind, LineRows):
            control.errors += misread(control.text)
            fill(self.user, control.text, self._currency)
        elif not isinstance(control.kind, Lookup):
            try:
                control.kind.plain(control.text, control.info)
            except ValueProblem as problem:
                control.errors.append(problem.message)

    @property
    def _currency(self) -> str:
        """The currency that the record's amounts will be in; "" for the company's."""
        control = self.controls.get("currency")
        return str((control.text if control else self.seen_values.get("currency")) or "")

    def _choose(self, data: QueryDict) -> None:
        """Follows the choices between the person's own values and those of others."""
        for key in data.getlist("conflict"):
            control = self.controls.get(key)
            choice = data.get(f"{key}-choice")
            if control is None or choice == "mine":
                continue
            if choice == "theirs":
                control.text, control.errors, control.shown = control.seen, [], ""
            elif control.touched:
                control.conflict = Conflict(data.get(f"{key}-who", ""), self._theirs(control.info))
                control.errors.append(_("Choose which value to keep."))

    def _theirs(self, info: FieldInfo) -> str:
        values = self.seen_values
        names = load_names(self.user, pointers(self.module, values, [info.key]))
        return cell(info, values, names).text


def _version(data: QueryDict) -> int:
    """The version that the person saw; 0, which sees nothing and overwrites nothing, for nonsense."""
    text = data.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _take(control: Control, typed: list[Typed]) -> None:
    """Puts what was found for a lookup, or for the products of lines, into the control."""
    if isinstance(control.kind, LineRows):
        control.errors += settle(control.text, typed)
        return
    for one in typed:
        assert isinstance(control.kind, Lookup)
        control.text, control.target = control.kind.joined(one), one.target
        if one.problem:
            control.errors.append(one.problem)
            control.shown, control.candidates = one.name, one.candidates


def _shown_pointers(control: Control) -> Iterable[int | Ref]:
    if isinstance(control.kind, Lookup) and control.text:
        found = pointer(*control.kind.of(control.text, control.info))
        return [] if found is None else [found]
    if isinstance(control.kind, LineRows):
        return [p for row in control.text if (p := pointer("products", row["product"])) is not None]
    return []
