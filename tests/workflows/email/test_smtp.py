"""E-mail as it arrives at a mail server: refusals, headers, texts of all kinds, files, copies."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from crm.models import History, User
from tests.people import Company
from tests.workflows import rules as r
from tests.workflows.email.conftest import OWNER, SUPERIOR, fire, letter, put_file
from tests.workflows.email.server import Post
from workflows.models import ActionRun, RunState
from workflows.tasks import process_due

pytestmark = pytest.mark.django_db
GRACE = {"to": "field", "field": "email"}
OUTSIDE = {"to": "address", "address": "outside@example.org"}


def again() -> None:
    """Tries once more, as if the time had come."""
    ActionRun.objects.filter(state=RunState.WAITING).update(due_at=timezone.now() - timedelta(minutes=1))
    process_due()


def reports(lead: int) -> list[str]:
    """What the record's timeline says could not be done."""
    rows = History.objects.filter(record_id=lead, kind=History.Kind.REPORT).order_by("id")
    return [entry["message"] for row in rows for entry in row.changes["+report"][1]]


def test_one_of_three_is_refused_for_good_and_the_others_get_theirs_once(
    company: Company, ada: User, ben: User, lead: int, post: Post
) -> None:
    post.refused = {"grace@navy.example": "550 5.1.1 no such mailbox"}
    fire(ada, lead, letter(OWNER, GRACE, OUTSIDE))
    assert post.readers() == [ada.email, "outside@example.org"]
    run = ActionRun.objects.get()
    assert run.state == RunState.DONE
    assert run.answer["sent"] == [ada.email, "outside@example.org"]
    assert run.answer["refused"] == [
        {"to": "grace@navy.example", "code": 550, "why": "5.1.1 no such mailbox"}
    ]
    assert reports(lead) == ["The mail server refused the e-mail to an address for good (550)."]
    assert History.objects.get(kind=History.Kind.REPORT).cause_id == run.cause_id
    again()
    assert len(post.letters) == 2


def test_an_address_refused_for_now_is_tried_again_and_nobody_gets_two(
    ada: User, ben: User, lead: int, post: Post
) -> None:
    post.refused = {ada.email: "451 4.7.1 try later"}
    fire(ada, lead, letter(OWNER, SUPERIOR, OUTSIDE))
    assert post.readers() == [ben.email, "outside@example.org"]
    run = ActionRun.objects.get()
    assert run.state == RunState.WAITING
    assert "451" in run.answer["error"]
    post.refused = {}
    again()
    assert post.readers() == [ben.email, "outside@example.org", ada.email]
    run.refresh_from_db()
    assert (run.state, run.answer) == (
        RunState.DONE, {"sent": [ben.email, "outside@example.org", ada.email], "not_sent": []}
    )  # fmt: skip
    assert reports(lead) == []


def test_both_kinds_of_refusal_are_told_once_over_all_tries(
    ada: User, ben: User, lead: int, post: Post
) -> None:
    post.refused = {"grace@navy.example": "550 gone", ada.email: "450 busy"}
    fire(ada, lead, letter(OWNER, SUPERIOR, GRACE))
    again()
    again()
    run = ActionRun.objects.get()
    assert run.state == RunState.FAILED
    assert post.readers() == [ben.email]
    assert post.asked.count("grace@navy.example") == 1
    assert [one["to"] for one in run.answer["refused"]] == ["grace@navy.example"]
    assert len(reports(lead)) == 1


def test_a_letter_refused_after_its_text_counts_as_refused(ada: User, lead: int, post: Post) -> None:
    post.after_data = {ada.email: "554 5.7.1 looks like spam"}
    fire(ada, lead, letter(OWNER, OUTSIDE))
    assert post.readers() == ["outside@example.org"]
    assert ActionRun.objects.get().answer["refused"][0]["code"] == 554
    assert reports(lead) == ["The mail server refused the e-mail to Ada Adler for good (554)."]


def test_somebody_inactive_gets_nothing_however_they_are_named(
    company: Company, ada: User, ben: User, lead: int, post: Post
) -> None:
    r.edit(ada, lead, email=ben.email).or_raise()
    named = [{"to": "person", "person": ben.email}, {"to": "address", "address": "Ben@example.com"}]
    copies = {"cc": [SUPERIOR], "bcc": [{"to": "role", "role": "sales"}]}
    fire(ada, lead, letter(OWNER, SUPERIOR, GRACE, *named, **copies), send=False)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    process_due()
    assert post.readers() == [ada.email]
    answer = ActionRun.objects.get().answer
    assert answer["sent"] == [ada.email]
    assert {(one["to"], one["why"]) for one in answer["not_sent"]} == {(ben.email, "inactive")}


def test_values_cannot_add_headers(ada: User, lead: int, post: Post) -> None:
    evil = "x\r\nBcc: all@example.com\r\n\r\nHello\u2028Cc: b@example.com"
    User.objects.filter(pk=ada.pk).update(name="Ada\r\nBcc: c@example.com")
    sends = letter(GRACE, subject="A {{description}}", body="{{description}}", sender="owner")
    fire(ada, lead, sends, description=evil)
    assert post.readers() == ["grace@navy.example"]
    got = post.to("grace@navy.example")
    assert got["Subject"] == "A x Bcc: all@example.com Hello Cc: b@example.com"
    assert (got["Bcc"], got["Cc"]) == (None, None)
    assert got["From"].addresses[0].addr_spec == "signalbox@localhost"
    assert [address.addr_spec for address in got["Reply-To"].addresses] == [ada.email]


def test_long_values_and_all_scripts_arrive_whole(ada: User, lead: int, post: Post) -> None:
    long = "Zażółć 王小明 🚂 " * 700
    fire(ada, lead, letter(GRACE, subject="Über {{company}}", body="{{description}}"), description=long,
         company="王小明 Żółw")  # fmt: skip
    got = post.to("grace@navy.example")
    assert got["Subject"] == "Über 王小明 Żółw"
    plain, html = (part.get_content() for part in got.iter_parts())
    assert plain.strip() == long.strip()
    assert long.strip() in html


def test_files_of_the_record_go_along(ada: User, lead: int, post: Post) -> None:
    put_file(ada, lead, "Offer.pdf", b"%PDF-1.4 one")
    put_file(ada, lead, "notes.txt", "Grüße".encode("latin-1"))
    put_file(ada, lead, "Angebot Größe 王.pdf", b"%PDF-1.4 two")
    names = {}
    for key, config in {
        "all": {"attachments": "all"},
        "newest": {"attachments": "newest"},
        "matching": {"attachments": "matching", "attachment_names": "OFFER*, *.txt"},
    }.items():
        r.live_rule(key, r.when(("title", "is", key)), [letter(GRACE, subject=key, **config)])
        r.edit(ada, lead, title=key).or_raise()
    process_due()
    for _reader, got in post.letters:
        names[str(got["Subject"])] = [part.get_filename() for part in got.iter_attachments()]
    assert names == {
        "all": ["Angebot Größe 王.pdf", "notes.txt", "Offer.pdf"],
        "newest": ["Angebot Größe 王.pdf"],
        "matching": ["notes.txt", "Offer.pdf"],
    }
    [whole] = [got for _reader, got in post.letters if got["Subject"] == "all"]
    contents = {part.get_filename(): part.get_payload(decode=True) for part in whole.iter_attachments()}
    assert contents["Offer.pdf"] == b"%PDF-1.4 one"
    assert contents["notes.txt"] == "Grüße".encode("latin-1")


def test_files_that_are_too_large_stop_the_letter_and_are_told(ada: User, lead: int, post: Post) -> None:
    settings.EMAIL_ATTACHMENTS_MAX_MB, usual = 1, settings.EMAIL_ATTACHMENTS_MAX_MB
    try:
        for number in range(2):
            put_file(ada, lead, f"{number}.bin", b"x" * 700_000)
        fire(ada, lead, letter(GRACE, attachments="all"))
        again()
        again()
    finally:
        settings.EMAIL_ATTACHMENTS_MAX_MB = usual
    told = "The 2 files to attach have 1.3 MB together; at most 1 MB are sent."
    run = ActionRun.objects.get()
    assert post.letters == []
    assert (run.state, run.answer["error"]) == (RunState.FAILED, f"ActionProblem: {told}")
    assert reports(lead) == [told]


def test_who_may_not_see_the_record_gets_the_letter_without_its_files(
    company: Company, ada: User, lead: int, post: Post
) -> None:
    put_file(ada, lead, "Offer.pdf", b"%PDF-1.4")
    fire(ada, lead, letter(OWNER, {"to": "person", "person": company.cleo.email}, attachments="all"))
    assert [part.get_filename() for part in post.to(ada.email).iter_attachments()] == ["Offer.pdf"]
    assert list(post.to(company.cleo.email).iter_attachments()) == []


def test_copies_go_with_the_first_letter_and_to_nobody_twice(
    company: Company, ada: User, ben: User, lead: int, post: Post
) -> None:
    copies = {
        "cc": [SUPERIOR, OWNER, {"to": "address", "address": "copy@example.org"}],
        "bcc": [{"to": "address", "address": "blind@example.org"}, SUPERIOR],
    }
    fire(ada, lead, letter(OWNER, OUTSIDE, **copies))
    assert post.readers() == [
        ada.email, ben.email, "copy@example.org", "blind@example.org", "outside@example.org"
    ]  # fmt: skip
    first = post.to("blind@example.org")
    assert [one.addr_spec for one in first["To"].addresses] == [ada.email]
    assert [one.addr_spec for one in first["Cc"].addresses] == [ben.email, "copy@example.org"]
    assert "blind" not in first.as_string()
    assert len({str(got["Message-ID"]) for reader, got in post.letters if reader[0] != "o"}) == 1
    assert post.to("outside@example.org")["Cc"] is None


def test_a_refused_copy_keeps_nobody_else_from_theirs(ada: User, ben: User, lead: int, post: Post) -> None:
    post.refused = {ben.email: "550 gone"}
    fire(ada, lead, letter(OWNER, cc=[SUPERIOR, {"to": "address", "address": "copy@example.org"}]))
    assert post.readers() == [ada.email, "copy@example.org"]
    assert [one["to"] for one in ActionRun.objects.get().answer["refused"]] == [ben.email]


@pytest.mark.parametrize(
    ("sender", "name", "reply_to"),
    [
        ({}, "Signalbox", None),
        ({"sender": "owner"}, "Ada Adler", "ada@example.com"),
        ({"sender": "person", "sender_person": "ben@example.com"}, "Ben Berg", "ben@example.com"),
    ],
)
def test_a_letter_is_sent_as(
    company: Company, lead: int, post: Post, sender: dict[str, str], name: str, reply_to: str | None
) -> None:
    fire(company.ada, lead, letter(GRACE, **sender))
    got = post.to("grace@navy.example")
    [address] = got["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "signalbox@localhost")
    assert (got["Reply-To"].addresses[0].addr_spec if got["Reply-To"] else None) == reply_to
