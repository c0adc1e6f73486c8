"""The forms of bulk actions: what shall be done with the chosen records, checked before it is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.bulk.selection import Selection
from crm.door.preview import Foreseen
from crm.forms.form import Control, RecordForm
from crm.forms.kinds import KINDS
from crm.forms.lookups import Typed, resolve
from crm.models import SharingGroup, User
from crm.modules.registry import FieldInfo

PREFIX = "new-"
MOST_TAGS = 20


class Wishes:
    """What a bulk action is to do. `template` shows its form; this one asks for nothing."""

    template = ""

    def __init__(self, user: User, selection: Selection, data: QueryDict) -> None:
        self.user, self.selection, self.data = user, selection, data
        self.errors: list[str] = []

    @property
    def another_look(self) -> bool:
        """Whether a button only changed the form."""
        return False

    def check(self) -> bool:
        """Whether it can be asked for; if not, `errors` and the controls say why."""
        return not self.errors

    def values(self) -> dict[str, Any]:
        """The job's input beside the selection, as plain JSON."""
        return {}

    def report(self, foreseen: list[Foreseen]) -> None:
        """Takes up what the preview says of values that no record can have."""

    def load_shown(self) -> None:
        """Loads names that the form shows."""


class NewValues(Wishes):
    """New values for chosen fields."""

    template = "crm/bulk/fields.html"

    def __init__(self, user: User, selection: Selection, data: QueryDict) -> None:
        super().__init__(user, selection, data)
        every = RecordForm(user, selection.module)
        self.offered = [control.info for control in every.controls.values() if _fits(control.info)]
        known = {info.key for info in self.offered}
        removed = data.get("remove", "")
        asked = [
            key for key in [*data.getlist("field"), data.get("add", "")] if key in known and key != removed
        ]
        self.keys = list(dict.fromkeys(asked))
        self.form = RecordForm.posted(
            user, selection.module, None, data, prefix=PREFIX, only=self.keys or ("",)
        )

    @property
    def another_look(self) -> bool:
        return "add_field" in self.data or "remove" in self.data or not self.keys

    @property
    def controls(self) -> list[Control]:
        """The controls of the chosen fields, in the order of choosing."""
        return [self.form.controls[key] for key in self.keys]

    @property
    def others(self) -> list[FieldInfo]:
        """Fields that could be chosen, too."""
        return [info for info in self.offered if info.key not in self.keys]

    def check(self) -> bool:
        if not self.keys:
            self.errors.append(_("Choose a field to change."))
        for control in self.controls:
            if control.info.required and control.text == control.kind.empty and not control.errors:
                control.errors.append(_("%s is required.") % control.info.label)
        return not self.errors and not any(control.errors for control in self.controls)

    def values(self) -> dict[str, Any]:
        return {"values": {control.info.key: control.entered for control in self.controls}}

    def report(self, foreseen: list[Foreseen]) -> None:
        wrong = ("stale", "not_found", "forbidden")
        for answer in foreseen[:1]:
            for problem in answer.problems:
                control = self.form.controls.get(problem.field or "")
                if control is not None and problem.code not in wrong and not control.errors:
                    control.errors.append(problem.message)

    def load_shown(self) -> None:
        self.form.load_shown()


def _fits(info: FieldInfo) -> bool:
    """Whether many records can get the same value; what is unique, or lines, belongs to one."""
    return not info.unique and info.type.family != "lines" and info.type.key != "tags"


class NewOwner(NewValues):
    """Another owner."""

    template = "crm/bulk/owner.html"

    def __init__(self, user: User, selection: Selection, data: QueryDict) -> None:
        data = data.copy()
        data.setlist("field", ["owner"])
        super().__init__(user, selection, data)

    @property
    def another_look(self) -> bool:
        return False


class Tags(Wishes):
    """Tags to put on and to take off."""

    template = "crm/bulk/tags.html"

    def __init__(self, user: User, selection: Selection, data: QueryDict) -> None:
        super().__init__(user, selection, data)
        self.add_text, self.remove_text = data.get("add_tags", ""), data.get("remove_tags", "")

    def check(self) -> bool:
        add, remove = self.values()["add"], self.values()["remove"]
        if not add and not remove:
            self.errors.append(_("Enter a tag to add or to remove."))
        if len(add) + len(remove) > MOST_TAGS:
            self.errors.append(_("At most %s tags at once.") % MOST_TAGS)
        if both := sorted(set(add) & set(remove)):
            self.errors.append(_("“%s” is to be added and removed at once.") % both[0])
        return not self.errors

    def values(self) -> dict[str, Any]:
        return {"add": _tags(self.add_text), "remove": _tags(self.remove_text)}


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))


class ShareWith(Wishes):
    """A person or a group, and how far."""

    template = "crm/bulk/share.html"

    def __init__(self, user: User, selection: Selection, data: QueryDict) -> None:
        super().__init__(user, selection, data)
        self.level = data.get("level", "read")
        self.group = data.get("group", "")
        info = replace(
            selection.module.field("owner"),
            key="person",
            source_label=_("Person"),
            labels={},
            builtin=False,
            help="",
            required=False,
        )
        kind = KINDS["user"]
        self.control = Control(info, kind, "", "", prefix="share-")
        typed = kind.typed(data, self.control.name, info)  # type: ignore[attr-defined]
        if typed is not None and typed.name:
            self._find(typed)

    def _find(self, typed: Typed) -> None:
        resolve(self.user, [typed])
        self.control.text, self.control.shown = typed.value, typed.name
        if typed.problem:
            self.control.errors.append(typed.problem)
            self.control.candidates = typed.candidates

    @property
    def groups(self) -> list[SharingGroup]:
        """All groups."""
        return list(SharingGroup.objects.order_by("name"))

    def check(self) -> bool:
        if self.control.errors:
            return False
        if bool(self.control.text) == bool(self.group):
            self.errors.append(_("Choose a person or a group."))
        if self.level not in ("read", "edit"):
            self.errors.append(_("Share to read or to edit."))
        if self.group and not (self.group.isdecimal() and any(str(g.pk) == self.group for g in self.groups)):
            self.errors.append(_("There is no such group."))
        return not self.errors

    def values(self) -> dict[str, Any]:
        chosen = ["group", int(self.group)] if self.group else ["user", int(self.control.text)]
        return {"with": chosen, "level": self.level}


WISHES: dict[str, type[Wishes]] = {
    "update": NewValues,
    "owner": NewOwner,
    "tag": Tags,
    "share": ShareWith,
    "delete": Wishes,
}
