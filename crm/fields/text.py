"""Field types whose values are text: NFC, trimmed, without NUL and lone surrogates, never empty."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from crm.fields.base import FieldType, ValueProblem, register_field_type
from crm.modules.registry import FieldInfo

LONG_TEXT_LIMIT = 100_000
HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


def clean_text(raw: Any, limit: int, *, one_line: bool = True) -> str | None:
    """Text in normal form, or None if nothing is left of it.

    `limit` is in characters. Line breaks in one-line text become blanks, as a browser's input does.
    """
    if raw is None:
        return None
    if type(raw) is not str:
        if isinstance(raw, Mapping | list | tuple | set | bytes):
            raise ValueProblem(_("Enter a text."))
        raw = str(raw)
    text = raw.replace("\r\n", "\n").strip()
    is_plain = text.isascii()  # then it is in normal form already
    if not is_plain:
        text = unicodedata.normalize("NFC", text).strip()
    if "\x00" in text or not (is_plain or HALF_CHARACTER.search(text) is None):
        raise ValueProblem(_("The text contains a character that is not allowed (NUL or half a character)."))
    if one_line and "\n" in text:
        text = text.replace("\n", " ")
    if len(text) > limit:
        raise ValueProblem(
            _("At most %(limit)s characters are allowed; this has %(length)s.")
            % {"limit": limit, "length": len(text)},
            "too_long",
        )
    return text or None


@register_field_type
class Text(FieldType):
    """One line of text."""

    key = "text"
    label = _("Text")
    family = "text"
    default_length: ClassVar[int] = 255

    def clean(self, raw: Any, field: FieldInfo) -> str | None:
        return clean_text(raw, field.options.get("length", self.default_length))


@register_field_type
class LongText(FieldType):
    """Text of several lines."""

    key = "long_text"
    label = _("Long text")
    family = "text"

    def clean(self, raw: Any, field: FieldInfo) -> str | None:
        return clean_text(raw, LONG_TEXT_LIMIT, one_line=False)


@register_field_type
class Email(Text):
    """An e-mail address."""

    key = "email"
    label = _("E-mail")
    default_length = 254

    def clean(self, raw: Any, field: FieldInfo) -> str | None:
        text = super().clean(raw, field)
        if text is None:
            return None
        try:
            validate_email(text)
        except ValidationError:
            raise ValueProblem(_("Enter an e-mail address, such as name@example.com.")) from None
        return text


@register_field_type
class Phone(Text):
    """A phone number; kept in E.164 where it is one, else as it was typed."""

    key = "phone"
    label = _("Phone")
    default_length = 40

    def clean(self, raw: Any, field: FieldInfo) -> str | None:
        text = super().clean(raw, field)
        if text is None or not text.startswith("+"):
            return text
        try:
            number = phonenumbers.parse(text)
        except phonenumbers.NumberParseException:
            return text
        if not phonenumbers.is_possible_number(number) or number.extension:
            return text
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@register_field_type
class Url(Text):
    """A web address with http or https; one without a scheme gets https."""

    key = "url"
    label = _("Web address")
    default_length = 500

    def clean(self, raw: Any, field: FieldInfo) -> str | None:
        text = super().clean(raw, field)
        if text is None:
            return None
        address = text if "://" in text else f"https://{text}"
        try:
            parts = urlsplit(address)
            host = parts.hostname or ""
        except ValueError:
            host = ""
        if not host or parts.scheme not in ("http", "https") or address.split() != [address]:
            raise ValueProblem(_("Enter a web address, such as https://example.com."))
        return address


@register_field_type
class Number(Text):
    """A document number, given by the system."""

    key = "number"
    label = _("Document number")
    default_length = 40
    custom = False


@register_field_type
class CurrencyCode(Text):
    """The code of one of the company's active currencies; the batch asks whether it exists."""

    key = "currency"
    label = _("Currency")
    family = "choice"
    default_length = 3
    custom = False

    def clean(self, raw: Any, field: FieldInfo) -> str | None:
        text = super().clean(raw, field)
        return text.upper() if text else None
