"""Numbers as files have them: the decimal sign is found from the whole column, never per row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.fields import ValueProblem

POINT, COMMA = ".", ","
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DRESS = re.compile(r"^[€$£¥\s]+|[€$£¥\s]+$|(?<=\d)[\s'’\u00a0\u202f](?=\d)")
_SIGNS = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
_POINT_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?")


def bare(text: str) -> str:
    """The number without currency signs, a percent sign and blanks between thousands."""
    text = text.replace("\u2212", "-").removesuffix("%")
    return _DRESS.sub("", text).replace("- ", "-")


@dataclass(slots=True)
class NumberEvidence:
    """What the values of a column say about the decimal sign."""

    values: int = 0
    numbers: int = 0
    point: int = 0
    comma: int = 0
    either: int = 0
    places: int = 0
    example: str = ""

    def add(self, text: str) -> None:
        """Looks at one value."""
        self.values += 1
        if text.isdecimal():
            self.numbers += 1
            return
        number = bare(text)
        if not _SIGNS.fullmatch(number):
            return
        self.numbers += 1
        signs = [mark for mark in number if mark in ".,"]
        if not signs:
            return
        last = signs[-1]
        whole, _mark, fraction = number.rpartition(last)
        self.places = max(self.places, len(fraction))
        if len(signs) > 1 and len(set(signs)) == 1:
            self._say(COMMA if last == POINT else POINT)  # repeated: it divides thousands
        elif (
            len(set(signs)) == 2
            or len(fraction) != 3
            or len(whole.lstrip("+-")) > 3
            or whole.lstrip("+-") == "0"
        ):
            self._say(last)
        else:
            self.either += 1
            self.example = self.example or text

    def _say(self, sign: str) -> None:
        if sign == POINT:
            self.point += 1
        else:
            self.comma += 1

    def decimal(self) -> str | None:
        """The column's decimal sign; None if its values don't tell."""
        if self.point and self.comma:
            return None
        if self.point or self.comma:
            return POINT if self.point else COMMA
        return None if self.either else POINT

    def question(self) -> str:
        """What to ask a person where the values don't tell."""
        if self.point and self.comma:
            return _("some numbers have a decimal point, some a comma: choose one, others are reported")
        return _("“%s” can have a decimal sign or a thousands sign") % self.example


def plain_number(text: str, decimal: str) -> str:
    """The number with a decimal point and nothing else, such as -1234.5; raises ValueProblem."""
    if decimal == POINT and _PLAIN.fullmatch(text):
        return text
    number = bare(text)
    if decimal == COMMA and _COMMA_NUMBER.fullmatch(number):
        return number.replace(".", "").replace(",", ".")
    if decimal == POINT and _POINT_NUMBER.fullmatch(number):
        return number.replace(",", "")
    message = _("“%(text)s” is not a number with the decimal sign “%(sign)s”.")
    raise ValueProblem(message % {"text": text[:40], "sign": decimal})
