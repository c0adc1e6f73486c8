"""How many records meet criteria, of those that the person may see."""

from __future__ import annotations

from dataclasses import dataclass

from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.fields.numbers import babel_locale
from crm.forms.criteria import CriteriaEditor
from crm.lists.filters import where_of
from crm.models import User
from crm.visibility import TooSlow, count

CAP = 10_000


@dataclass(frozen=True)
class Matching:
    """The number as a sentence, or why there is none."""

    text: str
    known: bool = True


def matching(user: User, editor: CriteriaEditor) -> Matching | None:
    """How many records a list with these criteria would show the person; None while something is wrong.

    In the admin, conditions on fields that the person may not read are not counted: trying them out would
    tell the values.
    """
    if editor.problems:
        return None
    own = CriteriaEditor(user, editor.module, editor.document, events=editor.events)
    if own.problems:
        return Matching(_("Not counted: a condition is about something that you may not read."), False)
    criteria = own.criteria()
    if criteria.asks_changes:
        return Matching(_("Not counted: what changed is only known when a record is saved."), False)
    try:
        found = count(user, editor.module, where=where_of(user, editor.module, "", criteria), cap=CAP)
    except TooSlow:
        return Matching(_("Not counted: that takes too long."), False)
    number = format_decimal(found.number, locale=babel_locale()) + ("" if found.exact else "+")
    text = ngettext("%(number)s record matches now", "%(number)s records match now", found.number)
    return Matching(text % {"number": number})
