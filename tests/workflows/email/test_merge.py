"""The merge language: fields, what stands where one is empty, lists; and HTML that is cleaned."""

from typing import Any

import pytest
from django.core import mail as outgoing

from crm.models import User
from crm.modules.loading import module
from tests.crm.pages.conftest import make
from tests.workflows import rules as r
from tests.workflows.email.conftest import HIGH, OWNER, fire, letter
from workflows.html import clean_html, to_text
from workflows.merge import parse, template_problems
from workflows.tasks import process_due

pytestmark = pytest.mark.django_db


def problems(text: str, key: str = "quotes", *, lists: bool = True) -> list[str]:
    return template_problems(text, module(key), lists=lists)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{nmae}}", "{{nmae}}"),
        ("{{account.nmae}}", "{{account.nmae}}"),
        ("{{#lines}}{{prise}}{{/lines}}", "{{prise}}"),
        ("{{#lines}}{{quantity}}", "{{#lines}} is not closed by {{/lines}}"),
        ("{{/lines}}", "{{/lines}} closes a list that is not open"),
        ("{{#lines}}{{#tags}}{{/tags}}{{/lines}}", "{{#tags}} begins inside another list"),
        ("{{#account}}x{{/account}}", "{{#account}} is no list"),
        ("{{#nolist}}x{{/nolist}}", "{{#nolist}}"),
        ("{{name", "a pair of braces is left open"),
        ("{{#lines}}}}{{/lines}}", "a pair of braces is left open"),
        ("{{<b>name</b>}}", "name"),
    ],
)
def test_each_mistake_is_named(company: Any, text: str, named: str) -> None:
    found = problems(text)
    assert found
    assert any(named.strip("{}#") in one for one in found), found


def test_what_is_right_has_no_problems(company: Any) -> None:
    text = (
        "{{name}} {{ account.industry | none }} {{owner.email}} {{#lines}}{{product}} {{currency}}{{/lines}}"
        "{{#tags}}{{item}}{{/tags}} { } }"
    )
    assert problems(text) == []
    assert problems("{{related}}", "tasks") != []


def test_lists_are_for_texts_of_mails_only(company: Any) -> None:
    assert problems("{{#lines}}{{product}}{{/lines}}", lists=False) == [
        "The list {{#lines}} can only be repeated in an e-mail's text."
    ]


def test_what_stands_where_a_field_is_empty(company: Any) -> None:
    text = parse("Dear {{first_name|customer}}, {{company}}{{title|}}.", module("leads"))
    assert text.fill(lambda slot: "") == "Dear customer, ."
    assert text.fill(lambda slot: f"<{slot.path}>") == "Dear <first_name>, <company><title>."
    assert text.fill(lambda slot: "<a\nb>", html=True).startswith("Dear &lt;a<br>\nb&gt;, ")


@pytest.fixture
def quote(ada: User) -> int:
    """A quote with two lines, one of a product."""
    product = make("products", ada, name="GTX <Pro>", price="1234.5")
    lines = [
        {"product": product, "quantity": "2", "price": "1234.5", "discount": "12.5", "tax": "19"},
        {"text": "Freight & more", "quantity": "1.25", "price": "10"},
    ]
    account = make("accounts", ada, name="Isdom", industry="technology")
    return make("quotes", ada, name="Renewal", account=account, lines=lines, tags=["b2b", "eu"])


ROWS = (
    "{{#lines}}{{position}}. {{product}} {{quantity}} × {{price}} -{{discount}} +{{tax}} = {{net}}/{{total}}"
    " ({{name}})\n{{/lines}}{{total}} [{{#tags}}<{{item}}>{{/tags}}]"
)


def test_lines_and_tags_are_repeated_in_the_readers_language(ada: User, ben: User, quote: int) -> None:
    User.objects.filter(pk=ben.pk).update(language="de")
    sends = letter(OWNER, {"to": "superior"}, body=ROWS)
    r.live_rule("fire", r.when(("status", "is", "in_review")), [sends], module_key="quotes")
    r.edit(ada, quote, "quotes", status="in_review").or_raise()
    process_due()
    english, german = (one.body for one in outgoing.outbox)
    assert english.splitlines() == [
        "1. GTX <Pro> 2 × 1,234.50 -12.5 % +19 % = 2,160.38/2,570.85 (Renewal)",
        "2. Freight & more 1.25 × 10.00 -0 % +0 % = 12.50/12.50 (Renewal)",
        "2,583.35 [<b2b><eu>]",
    ]
    assert "1. GTX <Pro> 2 × 1.234,50 -12,5 % +19 % = 2.160,38/2.570,85" in german


def test_lines_in_html_stay_in_their_table_and_are_escaped(ada: User, quote: int) -> None:
    body = "<table>{{#lines}}<tr><td>{{product}}</td></tr>{{/lines}}</table>{{account.industry}}"
    sends = letter(OWNER, body=body, html=True)
    r.live_rule("fire", r.when(("status", "is", "in_review")), [sends], module_key="quotes")
    r.edit(ada, quote, "quotes", status="in_review").or_raise()
    process_due()
    [sent] = outgoing.outbox
    assert sent.alternatives[0].content == (
        "<table><tr><td>GTX &lt;Pro&gt;</td></tr><tr><td>Freight &amp; more</td></tr></table>Technology"
    )
    assert sent.body.splitlines() == ["GTX <Pro>", "", "Freight & more", "", "Technology"]


def test_a_record_without_lines_has_none(ada: User) -> None:
    quote = make("quotes", ada, name="Empty")
    r.live_rule(
        "fire", r.when(("status", "is", "sent")), [letter(OWNER, body="a{{#lines}}x{{/lines}}b")],
        module_key="quotes",
    )  # fmt: skip
    r.edit(ada, quote, "quotes", status="sent").or_raise()
    process_due()
    assert outgoing.outbox[0].body == "ab"


def test_a_moment_is_in_the_readers_zone(ada: User, ben: User, lead: int) -> None:
    User.objects.filter(pk=ben.pk).update(time_zone="Asia/Tokyo")
    User.objects.filter(pk=ada.pk).update(time_zone="America/New_York")
    fire(ada, lead, letter(OWNER, {"to": "superior"}, body="{{modified_at}}"))
    assert len({one.body for one in outgoing.outbox}) == 2


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("<p>Hi <b>there</b></p>", "<p>Hi <b>there</b></p>"),
        ("a<script>alert(1)</script>b<style>p{}</style>", "ab"),
        ("<p onclick='x()' class=a>t", "<p>t</p>"),
        ("<a href='javascript:x()'>t</a>", "<a>t</a>"),
        ("<a href=' java\tscript:x()'>t</a>", "<a>t</a>"),
        ("<a href='https://a.example/?b=1&c=2'>t</a>", '<a href="https://a.example/?b=1&amp;c=2">t</a>'),
        ("<img src=x onerror=y()>", "<img>"),
        ("<img src='data:text/html,x'>", "<img>"),
        ("<svg><p>t</p></svg><iframe src=x>in</iframe>", "<p>t</p>"),
        ("<p style='color: red; background: url(//x); width:9px'>", '<p style="color: red; width: 9px"></p>'),
        ("1 < 2 & 3 <!-- no --> &lt;b&gt;", "1 &lt; 2 &amp; 3  &lt;b&gt;"),
        ("<table>{{#lines}}<tr><td>x</table>", "<table>{{#lines}}<tr><td>x</td></tr></table>"),
        ("</p><b><i>x</b>", "<b><i>x</i></b>"),
        ("<a href='{{website}}'>t</a>", '<a href="{{website}}">t</a>'),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>", "ipt&gt;alert(1)ipt&gt;"),
    ],
)  # fmt: skip
def test_html_keeps_only_what_is_allowed(given: str, cleaned: str) -> None:
    assert clean_html(given) == cleaned
    assert clean_html(cleaned) == cleaned


def test_an_address_from_a_field_is_cleaned_when_it_is_filled(ada: User, lead: int) -> None:
    body = '<a href="{{company}}">{{company}}</a>'
    fire(ada, lead, letter(OWNER, body=body, html=True), company='javascript:alert("x")')
    assert outgoing.outbox[0].alternatives[0].content == '<a>javascript:alert("x")</a>'


def test_html_as_plain_text() -> None:
    html = "<h1>Hi</h1><p>One<br>two</p><ul><li>a</li><li>b</li></ul><a href='https://x.example/'>here</a>"
    assert to_text(html).splitlines() == [
        "Hi", "", "One", "two", "", "- a", "- b", "here (https://x.example/)"
    ]  # fmt: skip


def test_merge_fields_of_rules_as_before(ada: User, lead: int) -> None:
    r.live_rule("fire", HIGH, [r.task("Call {{first_name|them}} {{title|now}}")])
    r.edit(ada, lead, rating="high").or_raise()
    assert r.tasks()[0].name == "Call Grace now"
