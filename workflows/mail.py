"""The one gate through which workflow mail leaves."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.html import escape, linebreaks, strip_tags


@dataclass(frozen=True)
class Letter:
    """One e-mail to one address. `message_id` is the same at every try, so that doubles can be told."""

    to: str
    subject: str
    body: str
    html: bool
    message_id: str


def letter_id(key: str, address: str) -> str:
    """The Message-ID of the letter that a run sends to an address."""
    digest = hashlib.sha256(f"{settings.SITE_URL} {key} {address.lower()}".encode()).hexdigest()[:32]
    return f"<{digest}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"


@contextmanager
def mail_connection() -> Iterator[Any]:
    """A connection to the mail server, opened at the first letter and closed at the end."""
    connection = get_connection()
    try:
        yield connection
    finally:
        connection.close()


def send(letter: Letter, connection: Any) -> None:
    """Sends one letter; raises what the mail server says. A broken connection is opened anew next time."""
    plain = html.unescape(strip_tags(letter.body)) if letter.html else letter.body
    marked_up = letter.body if letter.html else linebreaks(escape(letter.body))
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(
        letter.subject, plain, to=[letter.to], headers=headers, connection=connection
    )
    message.attach_alternative(marked_up, "text/html")
    try:
        message.send()
    except Exception:
        connection.close()
        raise
