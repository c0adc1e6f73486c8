"""Values as a row of a list shows them: short, and each kind in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_timedelta
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.fields.numbers import babel_locale
from crm.lists.columns import ListColumn
from crm.modules.registry import Choice, FieldInfo
from crm.views.showing import Names, cell

LONGEST = 160  # characters of a text in a row
FRESH = timedelta(days=7)
TONES = (("won", "good"), ("lost", "bad"))


@dataclass(frozen=True)
class ListCell:
    """One value in a row. `kind` says how it is drawn, `title` what pointing at it tells."""

    label: str
    kind: str
    text: str
    url: str = ""
    title: str = ""
    tone: str = ""
    tags: tuple[str, ...] = ()
    more: int = 0
    is_number: bool = False
    outside: bool = False  # the link leads out of Signalbox


Drawing = Callable[[ListCell, Any, FieldInfo], ListCell]
DRAWINGS: dict[str, Drawing] = {}


def drawing(*types: str) -> Callable[[Drawing], Drawing]:
    """Makes a function the way in which values of these field types are drawn."""

    def register(draw: Drawing) -> Drawing:
        DRAWINGS.update(dict.fromkeys(types, draw))
        return draw

    return register


def list_cell(column: ListColumn, values: Mapping[str, Any], names: Names) -> ListCell:
    """The value of a column in a row."""
    info = column.info
    shown = cell(info, values, names)
    text = " ".join(shown.text.split())
    short = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"
    kind = "link" if shown.url else "text"
    found = ListCell(info.label, kind, short, shown.url, text, is_number=column.is_number)
    value = values.get(info.key)
    draw = DRAWINGS.get(info.type.key)
    return found if draw is None or value is None else draw(found, value, info)


@drawing("picklist")
def badge(shown: ListCell, value: Any, info: FieldInfo) -> ListCell:
    """A coloured word."""
    return replace(shown, kind="badge", tone=tone_of(info.choices.get(value)))


def tone_of(choice: Choice | None) -> str:
    """Which colour a picklist value has, by what it means; values that mean nothing are neutral."""
    attributes = choice.attributes if choice else {}
    for attribute, tone in TONES:
        if attributes.get(attribute):
            return tone
    if "open" in attributes:
        return "open" if attributes["open"] else "closed"
    return ""


@drawing("url")
def website(shown: ListCell, _value: Any, _info: FieldInfo) -> ListCell:
    """A link that opens beside the list, without what all of them begin with."""
    short = shown.text.removeprefix("https://").removeprefix("http://").rstrip("/")
    return replace(shown, text=short, outside=bool(shown.url))


@drawing("multi_picklist", "tags")
def several(shown: ListCell, value: Any, info: FieldInfo) -> ListCell:
    """The first two words, and how many more there are."""
    words = [info.choices[key].label if key in info.choices else str(key) for key in value]
    return replace(shown, kind="tags", tags=tuple(words[:2]), more=max(len(words) - 2, 0))


@drawing("user")
def person(shown: ListCell, _value: Any, _info: FieldInfo) -> ListCell:
    """Initials and name."""
    return replace(shown, kind="person")


@drawing("date")
def day(shown: ListCell, value: date, _info: FieldInfo) -> ListCell:
    """A word for the days around today, else the date."""
    near = {-1: _("Yesterday"), 0: _("Today"), 1: _("Tomorrow")}
    return replace(shown, text=near.get((value - timezone.localdate()).days, shown.text))


@drawing("datetime")
def moment(shown: ListCell, value: datetime, _info: FieldInfo) -> ListCell:
    """How long ago within a week; before that, and in the future, only the date."""
    age = timezone.now() - value
    if timedelta(0) <= age < FRESH:
        return replace(shown, text=format_timedelta(-age, add_direction=True, locale=babel_locale()))
    return replace(shown, text=_short_date(value))


def _short_date(value: datetime) -> str:
    from crm.fields import FIELD_TYPES

    local = timezone.localtime(value).date()
    return FIELD_TYPES["date"].show(local, None)  # type: ignore[arg-type]
