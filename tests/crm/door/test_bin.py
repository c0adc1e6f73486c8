"""The bin: what is in it, who sees it, restoring, and deleting for good."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from crm.door import Change, Source, Verb, apply
from crm.door.attach import add_file, add_note
from crm.door.bin import in_bin, purge, restore
from crm.door.files import sweep
from crm.door.share import share_record
from crm.models import USER_SHARES, Attachment, Cause, Deal, LineItem, Module, Note, RecordLink, User
from crm.modules.loading import module
from tests.crm.door.making import chain, codes, do, edit, exists, history, make, stored, value, with_values
from tests.modules import device_requests
from tests.people import Company, grant

__all__ = ["device_requests"]
BOTH = pytest.mark.parametrize("key", ["contacts", "device_requests"])


def binned(key: str, actor: User | None, **values: object) -> int:
    pk = make(key, actor, **values)
    do(Verb.BIN, key, pk, actor=actor).or_raise()
    return pk


@BOTH
def test_a_binned_record_comes_back_as_it_was(key: str, ada: User, device_requests: Module) -> None:
    pk = make(key, ada, account=make("accounts", ada), tags=["x"])
    before = stored(key, pk).values
    do(Verb.BIN, key, pk, actor=ada).or_raise()
    assert codes(edit(key, pk, ada, tags=["y"])) == [(None, "not_found")]
    restore(key, [pk], actor=ada).or_raise()
    untold = {"modified_at", "modified_by"}
    after = stored(key, pk)
    assert {k: v for k, v in after.values.items() if k not in untold} == {
        k: v for k, v in before.items() if k not in untold
    }
    assert [row.kind for row in history(pk)] == ["create", "bin", "restore"]
    assert after.version == 3
    assert codes(restore(key, [pk], actor=ada)) == [(None, "not_found")]


def test_the_bin_shows_only_what_one_could_delete(company: Company) -> None:
    pk = binned("leads", company.ada)
    leads = module("leads")
    seen = {
        person.name: list(in_bin(person, leads).values_list("id", flat=True))
        for person in (company.ada, company.ben, company.cleo)
    }
    assert seen == {"Ada Adler": [pk], "Ben Berg": [pk], "Cleo Cole": []}
    assert codes(restore("leads", [pk], actor=company.cleo)) == [(None, "not_found")]
    assert codes(purge("leads", [pk], actor=company.cleo)) == [(None, "not_found")]
    grant(company.staff, "leads", "view", "edit")
    assert not in_bin(company.ada, leads)
    assert codes(purge("leads", [pk], actor=company.ada)) == [(None, "forbidden")]


def test_only_what_is_in_the_bin_is_purged(ada: User) -> None:
    pk = make("leads", ada)
    assert codes(purge("leads", [pk], actor=ada)) == [(None, "not_found")]


def test_restoring_is_refused_when_somebody_else_has_the_unique_value(
    ada: User, device_requests: Module
) -> None:
    pk = binned("device_requests", ada, serial="S1")
    other = make("device_requests", ada, serial="S1")
    assert codes(restore("device_requests", [pk], actor=ada)) == [("serial", "unique")]
    edit("device_requests", other, ada, serial="S2").or_raise()
    assert restore("device_requests", [pk], actor=ada).ok


@BOTH
def test_purging_takes_everything_but_the_history(
    key: str, ada: User, cleo: User, device_requests: Module,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    pk = make(key, ada, account=make("accounts", ada))
    add_note(key, pk, "Hello", actor=ada)
    name = str(add_file(key, pk, "a.txt", ContentFile(b"abc"), actor=ada).file.name)
    share_record(key, pk, cleo, "edit", actor=ada)
    do(Verb.BIN, key, pk, actor=ada).or_raise()
    with django_capture_on_commit_callbacks(execute=True):
        purge(key, [pk], actor=ada).or_raise()
    assert not exists(key, pk)
    for rows in (Note.objects, Attachment.objects, LineItem.objects):
        assert not rows.filter(record_id=pk).exists()
    assert not RecordLink.objects.filter(from_id=pk).exists()
    assert not USER_SHARES[module(key).model].objects.exists()
    assert not default_storage.exists(name)
    assert [row.kind for row in history(pk)] == ["create", "note", "file", "share", "bin", "purge"]
    last = history(pk)[-1]
    assert last.changes["owner"] == [ada.pk, None, None]
    assert last.version == 3


def test_a_purge_that_is_rolled_back_keeps_the_file(
    ada: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    pk = make("leads", ada)
    name = str(add_file("leads", pk, "a.txt", ContentFile(b"abc"), actor=ada).file.name)
    do(Verb.BIN, "leads", pk, actor=ada).or_raise()
    with django_capture_on_commit_callbacks(execute=True):
        both = [Change(Verb.PURGE, "leads", pk), Change(Verb.PURGE, "leads", 10**9)]
        assert not apply(both, actor=ada, source=Source.PAGE).ok
    assert default_storage.exists(name)
    assert exists("leads", pk)


def test_links_to_what_is_purged_are_cleared_with_history_and_cause(
    ada: User, ben: User, device_requests: Module
) -> None:
    account = make("accounts", ada, name="Acme")
    pointing = {
        "contacts": make("contacts", ben, account=account),
        "device_requests": make("device_requests", ben, account=account),
        "tasks": make("tasks", ben, related=("accounts", account)),
        "accounts": make("accounts", ben, parent=account),
    }
    in_the_bin = make("deals", ben, account=account)
    do(Verb.BIN, "deals", in_the_bin, actor=ben).or_raise()
    do(Verb.BIN, "accounts", account, actor=ada).or_raise()
    purge("accounts", [account], actor=ada).or_raise()
    fields = {"tasks": "related", "accounts": "parent"}
    for key, pk in [*pointing.items(), ("deals", in_the_bin)]:
        field = fields.get(key, "account")
        assert value(key, pk, field) is None
        last = history(pk)[-1]
        assert (last.kind, with_values(last.changes), last.actor) == ("edit", {field: None}, ada)
        cause = Cause.objects.get(pk=last.changes[field][2])
        assert [kind for kind, _label in chain(cause)] == ["purge", "page"]
        assert "Acme" in cause.label
    assert Deal.objects.get(pk=in_the_bin).binned_at is not None
    assert not RecordLink.objects.filter(to_id=account).exists()


def test_a_quotes_line_keeps_the_name_of_a_product_that_is_purged(ada: User) -> None:
    product, other = make("products", ada, name="Lever"), make("products", ada)
    lines = [
        {"product": product, "price": 5},
        {"product": other, "price": 7},
        {"product": product, "text": "Own"},
    ]
    quote = make("quotes", ada, lines=lines)
    do(Verb.BIN, "products", product, actor=ada).or_raise()
    purge("products", [product], actor=ada).or_raise()
    told = [(line["product"], line["text"]) for line in value("quotes", quote, "lines")]
    assert told == [(None, "Lever"), (other, None), (None, "Own")]
    assert value("quotes", quote, "total") == 12
    assert list(LineItem.objects.values_list("product_id", flat=True)) == [None, other, None]


def test_records_that_point_at_each_other_are_purged_together(ada: User) -> None:
    first = make("accounts", ada)
    second = make("accounts", ada, parent=first)
    edit("accounts", first, ada, parent=second).or_raise()
    do(Verb.BIN, "accounts", first, second, actor=ada).or_raise()
    purge("accounts", [first, second], actor=ada).or_raise()
    assert not exists("accounts", first)
    assert not exists("accounts", second)


def test_the_command_purges_what_is_old_enough(company: Company) -> None:
    now = timezone.now()
    old, young = make("leads", company.ada), make("leads", company.ada)
    for pk, days in ((old, 31), (young, 29)):
        moment = now - timedelta(days=days)
        apply([Change(Verb.BIN, "leads", pk)], actor=None, source=Source.CLOCK, now=moment).or_raise()
    out = StringIO()
    call_command("purge_bin", "--days", "30", stdout=out)
    assert json.loads(out.getvalue()) == {"purged": {"leads": 1}, "refused": 0, "files_swept": 0}
    assert (exists("leads", old), exists("leads", young)) == (False, True)
    assert chain(history(old)[-1].cause) == [("clock", "purge_bin --days 30")]
    with pytest.raises(CommandError):
        call_command("purge_bin", "--days", "-1")


def test_files_that_a_crash_left_are_swept_up_later(ada: User) -> None:
    pk = make("leads", ada)
    kept = str(add_file("leads", pk, "a.txt", ContentFile(b"abc"), actor=ada).file.name)
    folder = kept.rsplit("/", 1)[0]
    lost = default_storage.save(f"{folder}/lost", ContentFile(b"x"))
    assert sweep() == 0
    assert sweep(older_than=timedelta(seconds=-5)) >= 1
    assert (default_storage.exists(kept), default_storage.exists(lost)) == (True, False)
