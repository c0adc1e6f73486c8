"""Texts: an empty one is no value, and case is ignored as criteria ignore it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from crm.criteria.base import Context
from crm.criteria.text import FINAL_SIGMA, SIGMA, fold
from crm.formulas.base import BOOLEAN, NUMBER, TEXT, KindProblem
from crm.formulas.functions.base import (
    Checked,
    Function,
    Parts,
    Sql,
    alike,
    count,
    function,
    listed,
    need,
    takes,
    template,
)
from crm.formulas.functions.numbers import TEXT_OF_NUMBER, joined, to_text
from crm.formulas.tree import Read, Typed

# What str.strip() takes away: PostgreSQL is told the characters, since it has an opinion of its own.
BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
LONGEST = 100_000
LOWERED = f"replace(lower(({{0}}) COLLATE \"und-x-icu\"), '{FINAL_SIGMA}', '{SIGMA}')"
SHORTENED = "NULLIF({name}({{0}}, LEAST(100000, GREATEST(0, trunc({{1}})))::int), '')"


def fold_sql(part: str) -> str:
    """A place in a template, such as `{0}`, with case ignored."""
    return LOWERED.replace("{0}", part)


def length_of(number: Decimal) -> int:
    """A whole number of characters, from 0 on."""
    return min(LONGEST, max(0, int(number)))


def left(text: str, number: Decimal) -> str | None:
    """The first characters."""
    return text[: length_of(number)] or None


def right(text: str, number: Decimal) -> str | None:
    """The last characters."""
    return text[max(0, len(text) - length_of(number)) :] or None


def _trim(_context: Context, parts: Sequence[Sql]) -> Sql:
    sql, parameters = parts[0]
    return f"NULLIF(btrim({sql}, %s::text), '')", [*parameters, BLANKS]


def _to_text(parts: Parts) -> Checked:
    """A number, a date, a picklist value or a text."""
    count(parts, 1, 1)
    return (need(parts[0], "text|number|date", 0),), TEXT


def _as_text(words: Sequence[str]) -> str:
    return _("%s as text") % words[0]


plain = Function("text", _to_text, lambda part: part, template("{0}"), _as_text)
of_date = Function("text", _to_text, date.isoformat, template("to_char({0}, 'YYYY-MM-DD')"), _as_text)
of_number = Function("text", _to_text, to_text, TEXT_OF_NUMBER, _as_text)


def _text_of(parts: Parts) -> Function:
    """How a text is made of this part."""
    return {"date": of_date, "number": of_number}.get(parts[0].kind.family, plain)


def _label(parts: Parts) -> Checked:
    """A picklist field."""
    count(parts, 1, 1)
    if not isinstance(parts[0], Read) or parts[0].kind.family != "choice":
        raise KindProblem(_("A picklist field is needed here."), 0)
    return parts, TEXT


def labels_of(part: Typed) -> dict[str, str]:
    """The labels of a picklist field's values by key, in the language of the installation."""
    if not isinstance(part, Read):
        return {}
    with translation.override(settings.LANGUAGE_CODE):
        return {choice.key: str(choice.label) for choice in part.operand.field.choices.values()}


def _labelling(parts: Parts) -> Function:
    """The function that knows the labels of this field."""
    labels = labels_of(parts[0])
    if not labels:
        return label
    cases = " WHEN %s::text THEN %s::text" * len(labels)
    given = [text for pair in labels.items() for text in pair]

    def sql(_context: Context, written: Sequence[Sql]) -> Sql:
        key, parameters = written[0]  # a path: writing it twice costs little
        return f"(CASE {key}{cases} ELSE {key} END)", [*parameters, *given, *parameters]

    return replace(label, python=lambda value: labels.get(value, value), sql=sql)


def _label_words(words: Sequence[str]) -> str:
    return _("the label of %s") % words[0]


label = Function("label", _label, str, template("{0}"), _label_words, variant=_labelling)
text = takes("text", gives=TEXT)
two = takes("text", "text", gives=BOOLEAN)
some = takes("text", "number", gives=TEXT)


def contains(whole: str | None, part: str | None) -> bool:
    """Whether the part is somewhere in the whole; no, if one of them is empty."""
    return whole is not None and part is not None and fold(part) in fold(whole)


def starts_with(whole: str | None, part: str | None) -> bool:
    """Whether the whole begins with the part; no, if one of them is empty."""
    return whole is not None and part is not None and fold(whole).startswith(fold(part))


function(
    Function(
        "concat", alike(1, "text", gives=TEXT), lambda *parts: "".join(filter(None, parts)) or None,
        listed("NULLIF(concat({0}), '')"), lambda words: _("(%s) joined") % joined(words), lenient=True,
    ),
    Function(
        "upper", text, str.upper, template("upper(({0}) COLLATE \"und-x-icu\")"),
        lambda words: _("%s in capital letters") % words[0],
    ),
    Function("lower", text, fold, template(LOWERED), lambda words: _("%s in small letters") % words[0]),
    Function(
        "trim", text, lambda part: part.strip(BLANKS) or None, _trim,
        lambda words: _("%s without blanks around it") % words[0],
    ),
    Function(
        "length", takes("text", gives=NUMBER), lambda part: Decimal(len(part)),
        template("char_length({0})::numeric"), lambda words: _("the length of %s") % words[0],
    ),
    Function(
        "left", some, left, template(SHORTENED.format(name="left")),
        lambda words: _("the first %(number)s characters of %(text)s")
        % {"text": words[0], "number": words[1]},
    ),
    Function(
        "right", some, right, template(SHORTENED.format(name="right")),
        lambda words: _("the last %(number)s characters of %(text)s")
        % {"text": words[0], "number": words[1]},
    ),
    Function(
        "contains", two, contains,
        template(f"COALESCE(strpos({fold_sql('{0}')}, {fold_sql('{1}')}) > 0, FALSE)"),
        lambda words: _("%(text)s contains %(part)s") % {"text": words[0], "part": words[1]}, lenient=True,
    ),
    Function(
        "starts_with", two, starts_with,
        template(f"COALESCE(starts_with({fold_sql('{0}')}, {fold_sql('{1}')}), FALSE)"),
        lambda words: _("%(text)s starts with %(part)s") % {"text": words[0], "part": words[1]},
        lenient=True,
    ),
    replace(plain, variant=_text_of),
    label,
)  # fmt: skip
