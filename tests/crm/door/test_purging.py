"""Deleting for good what very many records point at: a portion at a time, and nothing half-lost."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from crm.door import Batch, CauseNode, Change, Draft, Source, Verb, apply
from crm.door.bin import purge, restore
from crm.door.stages.base import Stage
from crm.models import Cause, Contact, History, LineItem, RecordLink, User
from crm.models.attached import RECORD_MODELS
from tests.crm.door.conftest import apply_module
from tests.crm.door.making import chain, codes, do, exists, history, make, value
from tests.people import Company
from tests.rows import make_rows

MANY = 3_000
PORTION = 500


def account_with(contacts: int, owner: User) -> int:
    """An account in the bin, which so many contacts point at."""
    account = make("accounts", owner, name="Acme")
    rows = make_rows(
        "contacts", [{"last_name": "C", "name": "C", "account_id": account, "owner": owner}] * contacts
    )
    RecordLink.objects.bulk_create(
        RecordLink(
            from_module="contacts", from_id=row.pk, field="account", to_module="accounts", to_id=account
        )
        for row in rows
    )
    do(Verb.BIN, "accounts", account, actor=owner).or_raise()
    return account


class Watching(Stage):
    """Counts what each batch writes, and breaks down at one of them."""

    def __init__(self, breaks_at: int = 0) -> None:
        self.sizes: list[int] = []
        self.breaks_at = breaks_at

    def write(self, batch: Batch) -> None:
        self.sizes.append(len(batch.drafts))
        if len(self.sizes) == self.breaks_at:
            raise ConnectionResetError("pulled the plug")


def transactions(captured: CaptureQueriesContext) -> Iterator[int]:
    """How many statements each transaction took."""
    count = 0
    for query in captured.captured_queries:
        if query["sql"].startswith("COMMIT"):
            yield count
            count = 0
        elif not query["sql"].startswith("BEGIN"):
            count += 1


@pytest.mark.django_db(transaction=True)
def test_a_purge_never_writes_more_than_a_portion_at_once(company: Company, stages: list[Stage]) -> None:
    account = account_with(MANY, company.ada)
    stages.append(watching := Watching())
    with CaptureQueriesContext(connection) as captured:
        purge("accounts", [account], actor=company.ada).or_raise()
    assert not exists("accounts", account)
    assert not Contact.objects.filter(account_id__isnull=False).exists()
    assert not RecordLink.objects.filter(to_id=account).exists()
    assert watching.sizes == [PORTION] * 5 + [PORTION + 1]  # with the last ones goes the record itself
    taken = list(transactions(captured))
    assert len(taken) == 6
    assert max(taken) <= 40
    told = History.objects.filter(module="contacts", kind="edit", version=2)
    assert told.count() == MANY
    assert (
        Cause.objects.filter(kind="page", parent=None, label="Ada Adler").count() == 3
    )  # made, binned, purged


@pytest.mark.django_db(transaction=True)
def test_a_purge_that_breaks_down_in_the_middle_is_finished_by_the_next(
    company: Company, stages: list[Stage]
) -> None:
    account = account_with(1_200, company.ada)
    stages.append(Watching(breaks_at=2))
    with pytest.raises(ConnectionResetError):
        purge("accounts", [account], actor=company.ada)
    assert Contact.objects.filter(account_id=account).count() == 700
    assert RecordLink.objects.filter(to_id=account).count() == 700
    assert History.objects.filter(module="contacts", kind="edit").count() == 500
    assert exists("accounts", account)
    assert [row.kind for row in history(account)] == ["create", "bin"]
    stages.clear()
    purge("accounts", [account], actor=company.ada).or_raise()
    assert not exists("accounts", account)
    assert not RecordLink.objects.filter(to_id=account).exists()
    assert History.objects.filter(module="contacts", kind="edit").count() == 1_200


@pytest.mark.django_db(transaction=True)
def test_a_record_that_came_back_in_the_middle_stays(company: Company, stages: list[Stage]) -> None:
    account = account_with(1_200, company.ada)

    class ComesBack(Watching):
        def write(self, batch: Batch) -> None:
            super().write(batch)
            if len(self.sizes) == 2:
                stages.clear()
                restore("accounts", [account], actor=company.ada).or_raise()

    stages.append(ComesBack())
    assert codes(purge("accounts", [account], actor=company.ada)) == [(None, "not_found")]
    assert exists("accounts", account)
    assert Contact.objects.filter(account_id=account).count() == 200


def test_who_may_not_purge_lets_nothing_go(company: Company, stages: list[Stage]) -> None:
    account = account_with(PORTION + 1, company.ada)
    stages.append(watching := Watching())
    assert codes(purge("accounts", [account], actor=company.cleo)) == [(None, "not_found")]
    assert codes(purge("accounts", [account], actor=company.cleo, mode="each")) == [(None, "not_found")]
    assert RecordLink.objects.filter(to_id=account).count() == PORTION + 1
    assert not any(watching.sizes)


def test_one_refusal_lets_nothing_go_even_in_another_chunk(
    company: Company, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings as known

    monkeypatch.setitem(known.CRM_CHUNK_SIZE, connection.vendor, 1)
    account = account_with(PORTION + 1, company.ada)
    changes = [Change(Verb.PURGE, "accounts", pk) for pk in (account, 10**9)]
    refused = apply(changes, actor=company.ada, source=Source.PAGE)
    assert [code for _field, code in codes(refused)] == ["undone", "not_found"]
    assert RecordLink.objects.filter(to_id=account).count() == PORTION + 1
    each = apply(changes, actor=company.ada, source=Source.PAGE, mode="each")
    assert codes(each) == [(None, "not_found")]
    assert not exists("accounts", account)


def test_lines_of_very_many_quotes_let_their_product_go(company: Company) -> None:
    product = make("products", company.ada, name="Lever")
    quotes = [
        Change(Verb.CREATE, "quotes", None, {"name": "Q", "lines": [{"product": product, "price": 5}]})
        for _ in range(PORTION + 20)
    ]
    apply(quotes, actor=company.ada, source=Source.IMPORT).or_raise()
    do(Verb.BIN, "products", product, actor=company.ada).or_raise()
    purge("products", [product], actor=company.ada).or_raise()
    assert not exists("products", product)
    assert LineItem.objects.filter(text="Lever", product_id=None).count() == PORTION + 20


def test_links_of_a_module_that_is_switched_off_do_not_hold_a_purge_up(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.door.purging.PORTION", 2)
    monkeypatch.setattr(apply_module, "PORTION", 2)
    account = account_with(5, company.ada)
    RecordLink.objects.bulk_create(
        RecordLink(from_module="gone", from_id=10**8 + n, field="x", to_module="accounts", to_id=account)
        for n in range(5)
    )
    RecordLink.objects.bulk_create(  # rows that nothing stands behind
        RecordLink(
            from_module="deals", from_id=10**7 + n, field="account", to_module="accounts", to_id=account
        )
        for n in range(5)
    )
    purge("accounts", [account], actor=company.ada).or_raise()
    assert not exists("accounts", account)
    assert not Contact.objects.filter(account_id__isnull=False).exists()


def test_what_a_rule_may_not_do_to_who_pointed_leaves_the_link_cleared(
    company: Company, stages: list[Stage]
) -> None:
    """The rule reacts to the link that goes, with a value that cannot be: only that is taken back."""
    account = make("accounts", company.ada, name="Acme")
    contact = make("contacts", company.ada, account=account)
    do(Verb.BIN, "accounts", account, actor=company.ada).or_raise()

    class Rule(Stage):
        def decide(self, batch: Batch, drafts: list[Draft]) -> None:  # type: ignore[override]
            for draft in drafts:
                if draft.module.key == "contacts" and "rule" not in batch.memory:
                    batch.memory["rule"] = CauseNode("rule", "Orphans", batch.cause)
                    batch.causes.append(batch.memory["rule"])
                    batch.set(draft, "owner", 10**9, batch.memory["rule"])

    stages.append(Rule())
    outcome = purge("accounts", [account], actor=company.ada).or_raise()
    assert [(notice.record_id, notice.field) for notice in outcome.notices] == [(contact, "owner")]
    assert value("contacts", contact, "account") is None
    assert value("contacts", contact, "owner") == company.ada.pk
    last, report = history(contact)[-2:]
    assert (last.kind, chain(last.cause)[0][0]) == ("edit", "purge")
    assert (report.kind, chain(report.cause)[0]) == ("report", ("rule", "Orphans"))


def first_columns(model: type[Model]) -> set[str]:
    """The fields that an index of the model begins with."""
    indexed = [[*index.fields] for index in model._meta.indexes]
    unique = [[*getattr(constraint, "fields", ())] for constraint in model._meta.constraints]
    return {fields[0] for fields in indexed + unique if fields}


def test_to_delete_a_record_the_database_reads_no_whole_table() -> None:
    """It makes sure that no foreign key leads there any more; each of them has an index of its own."""
    without = [
        f"{model.__name__}.{column.name}"
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if column.related_model in RECORD_MODELS
        and not (column.db_index or column.name in first_columns(model))
    ]
    assert without == []
