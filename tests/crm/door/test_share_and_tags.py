"""Sharing single records, tags on many, and duplicates."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.door import DoorRefused, Verb
from crm.door.duplicates import duplicates_of, find_duplicates
from crm.door.share import share_record, shares_of, unshare
from crm.door.tags import add_tags, remove_tags
from crm.models import GROUP_SHARES, USER_SHARES, Field, FieldRight, Lead, Module, SharingGroup, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from crm.visibility import editable_ids, visible_ids
from tests.crm.door.making import codes, do, edit, history, make, refusal_codes, stored, value
from tests.modules import device_requests
from tests.people import Company

__all__ = ["device_requests"]


def access(user: User, key: str, pk: int) -> str:
    info = module(key)
    if pk in editable_ids(user, info, [pk]):
        return "edit"
    return "read" if pk in visible_ids(user, info, [pk]) else "none"


@pytest.mark.parametrize("key", ["leads", "device_requests"])
def test_a_share_opens_one_record_as_far_as_it_goes(
    key: str, ada: User, cleo: User, device_requests: Module
) -> None:
    pk, other = make(key, ada), make(key, ada)
    steps = [access(cleo, key, pk)]
    for level in ("read", "edit", "read"):
        share_record(key, pk, cleo, level, actor=ada)  # type: ignore[arg-type]
        steps.append(access(cleo, key, pk))
        assert [(share.grantee, share.level) for share in shares_of(key, pk, user=ada)] == [(cleo, level)]
    unshare(key, pk, cleo, actor=ada)
    unshare(key, pk, cleo, actor=ada)
    steps.append(access(cleo, key, pk))
    assert steps == ["none", "read", "edit", "read", "none"]
    assert access(cleo, key, other) == "none"
    told = [row.changes["+share"][:2] for row in history(pk, "share")]
    levels = [tuple(part and part["access"] for part in pair) for pair in told]
    assert levels == [(None, "read"), ("read", "edit"), ("edit", "read"), ("read", None)]


def test_a_group_is_shared_with_as_well(ada: User, cleo: User) -> None:
    group = SharingGroup.objects.create(
        key="team", name="Team", group=Group.objects.create(name="group: team")
    )
    cleo.groups.add(group.group)
    pk = make("leads", ada)
    share_record("leads", pk, group, "edit", actor=ada)
    assert access(cleo, "leads", pk) == "edit"
    assert [(share.grantee, share.level) for share in shares_of("leads", pk, user=cleo)] == [(group, "edit")]
    unshare("leads", pk, group, actor=ada)
    assert not GROUP_SHARES[Lead].objects.exists()


def test_only_who_may_edit_may_share(ada: User, ben: User, cleo: User) -> None:
    pk = make("leads", ada)
    with pytest.raises(DoorRefused) as refused:
        share_record("leads", pk, cleo, "read", actor=cleo)
    assert refusal_codes(refused.value) == [(None, "not_found")]
    share_record("leads", pk, cleo, "read", actor=ben)
    with pytest.raises(DoorRefused) as refused:
        share_record("leads", pk, cleo, "edit", actor=cleo)
    assert refusal_codes(refused.value) == [(None, "forbidden")]
    with pytest.raises(DoorRefused):
        unshare("leads", pk, cleo, actor=cleo)
    cleo.is_active = False
    with pytest.raises(DoorRefused):
        share_record("leads", pk, cleo, "edit", actor=ada)
    assert USER_SHARES[Lead].objects.count() == 1


def test_tags_are_added_and_removed_beside_those_of_others(ada: User, cleo: User) -> None:
    first, second, foreign = make("leads", ada, tags=["a"]), make("leads", ada), make("leads", cleo)
    outcome = add_tags("leads", [first, second, foreign], ["b", " b ", "c"], actor=ada)
    assert [result.ok for result in outcome.results] == [True, True, False]
    assert (value("leads", first, "tags"), value("leads", second, "tags")) == (["a", "b", "c"], ["b", "c"])
    remove_tags("leads", [first, second], ["a", "c", "nonsense"], actor=ada).or_raise()
    assert value("leads", first, "tags") == value("leads", second, "tags") == ["b"]
    assert codes(add_tags("leads", [first], ["x" * 61], actor=ada)) == [("tags", "too_long")]
    assert value("leads", foreign, "tags") is None
    assert history(first)[1].cause == history(second)[1].cause


def test_tagging_many_takes_as_many_statements_as_tagging_few(ada: User, settings: Any) -> None:
    settings.CRM_CHUNK_SIZE = {"postgresql": 500, "sqlite": 500}
    ids = [make("leads", ada) for _ in range(40)]
    counts = []
    for some in (ids[:1], ids[:2], ids):
        with CaptureQueriesContext(connection) as captured:
            add_tags("leads", some, [f"t{len(some)}"], actor=ada).or_raise()
        counts.append(len(captured))
    assert counts[1] == counts[2]


def same(key: str, user: User, **values: Any) -> dict[int, tuple[str, ...]]:
    return {found.id: found.reasons for found in find_duplicates(key, values, user=user)}


def test_duplicates_share_mail_phone_or_name_with_company(ada: User) -> None:
    mail = make("leads", ada, email="Ann@Example.com", last_name="One")
    phone = make("leads", ada, mobile="+4930123456", last_name="Two")
    name = make("leads", ada, first_name="Ann", last_name="Lamb", company="ACME")
    make("leads", ada, first_name="Ann", last_name="Lamb", company="Other")
    binned = make("leads", ada, email="ann@example.com")
    do(Verb.BIN, "leads", binned, actor=ada).or_raise()
    found = same(
        "leads", ada, email="ann@example.COM", phone="+49 30 123456", first_name="ann", last_name="LAMB",
        company="Acme", nonsense=1,
    )  # fmt: skip
    assert found == {mail: ("E-mail",), phone: ("Phone",), name: ("Name, Company",)}
    assert same("leads", ada, email="not an address", last_name="Lamb") == {}
    assert same("leads", ada) == {}


def test_the_likeliest_duplicate_comes_first_and_a_record_is_not_its_own(ada: User) -> None:
    one = make("leads", ada, email="a@example.com", phone="123")
    two = make("leads", ada, email="a@example.com")
    three = make("leads", ada, email="a@example.com", phone="123")
    assert [found.id for found in duplicates_of("leads", one, user=ada)] == [three, two]


def test_accounts_contacts_and_own_modules_have_rules_too(ada: User, device_requests: Module) -> None:
    acme = make("accounts", ada, name="Acme")
    ann = make("contacts", ada, first_name="Ann", account=acme)
    device = make("device_requests", ada, name="Laptop", contact_email="a@example.com")
    assert list(same("accounts", ada, name="ACME ")) == [acme]
    assert list(same("contacts", ada, first_name="Ann", last_name="Cook", account=acme)) == [ann]
    assert same("contacts", ada, first_name="Ann", last_name="Cook") == {}
    assert same("device_requests", ada, name="x", contact_email="A@example.com") == {device: ("E-mail",)}
    assert same("device_requests", ada, name="laptop") == {device: ("Name",)}


def test_nobody_is_told_of_what_they_may_not_see(company: Company) -> None:
    pk = make("leads", company.ada, email="a@example.com")
    assert same("leads", company.cleo, email="a@example.com") == {}
    with pytest.raises(DoorRefused):
        duplicates_of("leads", pk, user=company.cleo)
    FieldRight.objects.create(
        profile=company.staff, field=Field.objects.get(module__key="leads", key="email"), access="hidden"
    )
    forget_everything()
    assert same("leads", company.ada, email="a@example.com") == {}


def test_the_search_takes_a_fixed_number_of_statements(ada: User) -> None:
    counts = []
    for _round in range(3):
        for _ in range(5):
            make("leads", ada, email="a@example.com", phone="1", company="c")
        with CaptureQueriesContext(connection) as captured:
            find_duplicates(
                "leads",
                {"email": "a@example.com", "phone": "1", "last_name": "Lamb", "company": "c"},
                user=ada,
            )
        counts.append(len(captured))
    assert counts[1] == counts[2] <= 8


def test_an_edit_keeps_a_share(ada: User, cleo: User) -> None:
    pk = make("leads", ada)
    share_record("leads", pk, cleo, "edit", actor=ada)
    edit("leads", pk, cleo, company="x").or_raise()
    assert stored("leads", pk).version == 2
