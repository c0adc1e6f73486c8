"""The one gate through which workflow mail leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.html import escape, linebreaks

from workflows.attaching import Enclosed
from workflows.html import clean_html, to_text
from workflows.senders import Sender

CLOSING = 421  # the server ends the connection


@dataclass(frozen=True)
class Letter:
    """One e-mail. `message_id` is the same at every try and in every copy, so that doubles can be told."""

    to: str
    subject: str
    body: str
    html: bool
    message_id: str
    cc: tuple[str, ...] = ()
    sender: Sender | None = None
    files: tuple[Enclosed, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 — reads as what happened
    """The mail server does not take an e-mail for one address: for good, or for now."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(f"{code or ''} {text}".strip())
        self.code, self.text = code, text

    @property
    def for_good(self) -> bool:
        """Whether trying again is of no use: codes from 500 on, and what is no address at all."""
        return self.code is None or self.code >= 500


class Copy(EmailMultiAlternatives):
    """A copy of an e-mail that is handed over for one of its readers, so that each is refused or sent
    alone. Who is only on `bcc` stands in no header."""

    reader = ""

    def recipients(self) -> list[str]:
        return [self.reader]


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


def send(letter: Letter, connection: Any, reader: str | None = None) -> None:
    """Hands one letter over for one of its readers, the first if none is named.

    Raises Refused if the mail server does not take it for that address, else what went wrong; a broken
    connection is opened anew next time.
    """
    try:
        message(letter, connection, reader or letter.to).send()
    except SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        if code == CLOSING:
            connection.close()
        raise Refused(code, _words(text)) from None
    except SMTPDataError as error:
        connection.close()
        raise Refused(error.smtp_code, _words(error.smtp_error)) from None
    except ValueError as error:  # no address that a header could hold
        connection.close()
        raise Refused(None, str(error)) from None
    except Exception:
        connection.close()
        raise


def message(letter: Letter, connection: Any, reader: str) -> Copy:
    """The e-mail as it leaves for one reader."""
    body = clean_html(letter.body) if letter.html else letter.body
    sender = letter.sender or Sender(settings.DEFAULT_FROM_EMAIL)
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated", **letter.headers}
    copy = Copy(
        letter.subject, to_text(body) if letter.html else body, sender.address, to=[letter.to],
        cc=letter.cc, reply_to=[sender.reply_to] if sender.reply_to else None, headers=headers,
        connection=connection,
    )  # fmt: skip
    copy.reader = reader
    copy.attach_alternative(body if letter.html else linebreaks(escape(body)), "text/html")
    for file in letter.files:
        copy.attach(file.name, file.content, file.type)
    return copy


def _words(text: Any) -> str:
    """What the server said."""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
