"""Template tags of the staff pages."""

from __future__ import annotations

import re
from datetime import datetime

from babel.dates import format_datetime, format_timedelta
from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from crm.fields.numbers import babel_locale

register = template.Library()


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite; decoration, so that a word or label must stand beside it."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def ago(moment: datetime) -> SafeString:
    """How long ago, such as "2 hours ago", with the exact time for those who point at it."""
    words = format_timedelta(moment - timezone.now(), add_direction=True, locale=babel_locale())
    exact = format_datetime(timezone.localtime(moment), "medium", locale=babel_locale())
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


@register.filter
def breakable(text: str) -> SafeString:
    """An address that is broken, where it has to be, after its signs and not within a word."""
    parts = re.split(r"(?<=[@./_-])", text)
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts if part))


@register.filter
def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
