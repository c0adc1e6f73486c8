"""Strings that break software on their way in and out: import step by step, export, API, mail."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook

from crm.api.tokens import make_token
from crm.models import User
from tests.acceptance.naughty import (
    Page,
    in_one_line,
    kept,
    make_accounts,
    values_of,
    wide_values,
)
from tests.crm.api.conftest import Asker
from tests.workflows import rules
from workflows.runs import drain as run_actions

pytestmark = pytest.mark.django_db
FIELDS = ("name", "street", "description")
FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@pytest.fixture
def asker(chief: User) -> Asker:
    """A program that asks the API for the chief."""
    _token, secret = make_token(actor=chief, name="Robot", may_write=True)
    return Asker(secret)


def exported(client: Client, form: str) -> bytes:
    """All accounts in the order in which they were made, as a file."""
    address = f"/accounts/export/?format={form}&columns={','.join(FIELDS)}&sort=id"
    return b"".join(client.get(address).streaming_content)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might work the text out."""
    return text.startswith(FORMULAS) and not re.fullmatch(r"[+-]?\d+([.,]\d+)?", text)


def test_csv_has_each_and_no_formula(strings: list[str], chief: User, chief_client: Client) -> None:
    make_accounts(chief, strings)
    text = exported(chief_client, "csv").decode("utf-8-sig")
    _heading, *rows = csv.reader(io.StringIO(text, newline=""))
    wanted = [[kept(value) for value in values_of(text).values()] for text in strings]
    harmless = [[f"'{value}" if is_formula(value) else value for value in row] for row in wanted]
    assert [row[1:] for row in rows] == harmless
    assert wanted != harmless


def test_a_workbook_has_each_and_no_formula(strings: list[str], chief: User, chief_client: Client) -> None:
    make_accounts(chief, strings)
    sheet = load_workbook(io.BytesIO(exported(chief_client, "xlsx"))).worksheets[0]
    _heading, *rows = sheet.iter_rows()
    wanted = [[storable(value) for value in values_of(text).values()] for text in strings]
    assert [[cell.value or "" for cell in row[1:]] for row in rows] == wanted
    assert {cell.data_type for row in rows for cell in row[1:] if cell.value} == {"s"}
    assert all(cell.quotePrefix == is_formula(cell.value or "") for row in rows for cell in row[1:])


def storable(text: str) -> str:
    """What of a text a workbook can hold: XML has no control characters and no U+FFFE."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", kept(text))


def test_the_api_takes_and_gives_each(strings: list[str], chief: User, asker: Asker, wide: str) -> None:
    ids = []
    for number, values in enumerate(wide_values(strings)):
        made = asker.ask("post", f"{wide}/records", {"values": {"name": f"Lot {number}", **values}})
        assert made.status_code == 201, made.content
        told = json.loads(made.content)
        assert {key: told["values"][key] for key in values} == {k: kept(text) for k, text in values.items()}
        assert asker.get(f"{wide}/records/{told['id']}")["values"] == told["values"]
        ids.append(told["id"])
    assert [record["id"] for record in asker.get(f"{wide}/records", sort="id")["records"]] == ids


def test_the_api_finds_each_by_criteria(strings: list[str], chief: User, asker: Asker) -> None:
    ids = make_accounts(chief, strings)
    for pk, text in zip(ids, strings, strict=True):
        conditions = [
            {"field": "description", "operator": operator, "value": text} for operator in ("is", "contains")
        ]
        asked = {"filter": json.dumps({"conditions": conditions}), "fields": "description"}
        found = {
            one["id"]: one["values"]["description"]
            for one in asker.get("accounts/records", **asked)["records"]
        }
        assert found.pop(pk) == kept(text)
        assert {other.lower() for other in found.values()} <= {kept(text).lower()}


def test_mails_of_a_rule_carry_each(strings: list[str], chief: User) -> None:
    whom = {"to": "person", "person": chief.email}
    plain = rules.mail(whom, subject="Plain: {{name}}", body="{{description}}")
    marked_up = rules.mail(whom, subject="HTML: {{name}}", body="<p>Look:</p><pre>{{description}}</pre>")
    marked_up[1]["html"] = True
    rules.live_rule("tell", {}, [plain, marked_up], module_key="accounts")
    make_accounts(chief, strings)
    run_actions()
    letters = [read(letter) for letter in mail.outbox]
    for mark, before in (("Plain: ", ""), ("HTML: ", "Look:")):
        found = [letter for letter in letters if letter[0].startswith(mark.strip())]
        subjects = (in_one_line(f"{mark}{kept(text[:200])}") for text in strings)
        assert Counter(letter[0] for letter in found) == Counter(cut(one, 200) for one in subjects)
        bodies = Counter((as_plain(before, kept(text)), before + kept(text)) for text in strings)
        assert Counter(letter[1:] for letter in found) == bodies


def as_plain(before: str, text: str) -> str:
    """The plain part of an HTML letter: a line for each, blanks as HTML counts them; of others the text."""
    if not before:
        return text
    lines = "\n".join(re.sub("[ \t\r\f]+", " ", line).strip(" ") for line in text.split("\n"))
    return f"{before}\n\n{lines}"


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def read(letter: mail.EmailMessage) -> tuple[str, str, str]:
    """Subject, plain text and HTML text of a letter, as a mail program finds them in what is sent."""
    sent: Any = message_from_bytes(letter.message().as_bytes(), policy=policy.default)
    plain, marked_up = (sent.get_body([kind]).get_content() for kind in ("plain", "html"))
    page = Page(HttpResponse(marked_up))
    assert page.shape.keys() <= {("p",), ("pre",)}, marked_up
    (subject,) = sent.get_all("Subject")
    return str(subject).strip(), plain.strip(), "".join(page.parts).strip()
