"""The texts that records are found by follow every change of the records and of their fields."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.door import Change, Source, Verb, apply
from crm.door.bin import purge, restore
from crm.door.merge import merge_records
from crm.models import Field, Module, SearchBuild, SearchText, User
from crm.modules.field_editing import change_field, delete_field
from crm.modules.loading import module
from crm.modules.retyping import change_field_type
from crm.search import building
from crm.search.building import build_asked_texts, build_texts, waiting_modules
from crm.search.texts import signature
from tests.crm.pages.conftest import edit, make
from tests.crm.search.conftest import found
from tests.modules import field_of
from tests.people import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(ada: User) -> int:
    """Ada's lead."""
    return make("leads", ada, first_name="Zofia", last_name="Żółć", email="zofia@example.com")


def leave(pk: int, actor: User) -> None:
    """Puts the lead into the bin."""
    apply([Change(Verb.BIN, "leads", pk)], actor=actor, source=Source.PAGE).or_raise()


def test_a_new_record_is_found_at_once(lead: int, ada: User) -> None:
    assert found(ada, "zolc zof") == [lead]
    assert found(ada, "zofia@") == [lead]
    assert found(ada, "nobody") == []


def test_an_edit_changes_what_it_is_found_by(lead: int, ada: User) -> None:
    edit("leads", lead, ada, last_name="Nowak")
    assert found(ada, "nowak") == [lead]
    assert found(ada, "zolc") == []


def test_an_edit_of_other_fields_writes_no_text(lead: int, ada: User) -> None:
    SearchText.objects.all().delete()
    edit("leads", lead, ada, rating="high", description="Nowak")
    assert not SearchText.objects.exists()
    assert found(ada, "nowak") == []


def test_what_is_in_the_bin_is_not_found_until_it_is_restored(lead: int, ada: User) -> None:
    leave(lead, ada)
    assert found(ada, "zolc") == []
    assert not SearchText.objects.exists()
    restore("leads", [lead], actor=ada).or_raise()
    assert found(ada, "zolc") == [lead]
    leave(lead, ada)
    purge("leads", [lead], actor=ada).or_raise()
    assert not SearchText.objects.exists()


def test_after_a_merge_the_one_that_stays_is_found(lead: int, ada: User) -> None:
    other = make("leads", ada, last_name="Zolc", company="Kamień")
    merge_records("leads", lead, [other], {"email": lead}, actor=ada)
    assert found(ada, "zolc") == [lead]
    assert found(ada, "kamien") == [lead]


def test_a_refused_change_leaves_the_text_as_it_was(lead: int, ada: User) -> None:
    changes = [Change(Verb.EDIT, "leads", lead, {"last_name": "Nowak", "email": "no address"})]
    assert not apply(changes, actor=ada, source=Source.PAGE).ok
    assert found(ada, "zolc") == [lead]


def test_a_batch_takes_as_many_statements_as_one_record(ada: User) -> None:
    def texts_written(number: int) -> int:
        changes = [
            Change(Verb.CREATE, "leads", values={"last_name": f"N{one}", "owner": ada.pk})
            for one in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            apply(changes, actor=ada, source=Source.IMPORT).or_raise()
        return sum("crm_searchtext" in query["sql"] for query in queries)

    assert texts_written(1) == 1
    assert texts_written(40) <= 1  # COPY is not counted


def test_a_custom_module_s_records_are_found(device_requests: Module, ada: User, cleo: User) -> None:
    pk = make(device_requests.key, ada, name="Laptop", serial="SN-4711-Ä")
    assert found(ada, "sn-4711-a", device_requests.key) == [pk]
    assert found(ada, "laptop", device_requests.key) == [pk]
    assert found(cleo, "laptop", device_requests.key) == []


class TestBuilding:
    """What the clock makes anew."""

    @pytest.fixture(autouse=True)
    def built(self, lead: int) -> None:
        build_texts()
        assert waiting_modules() == []

    def test_a_field_that_becomes_searched_is_found_by(self, lead: int, ada: User) -> None:
        edit("leads", lead, ada, city="Kraków")
        assert found(ada, "krakow") == []
        change_field(field=Field.objects.get(module__key="leads", key="city"), actor=None, searched=True)
        assert [one.key for one in waiting_modules()] == ["leads"]
        assert build_texts() == {"leads": 1}
        assert found(ada, "krakow") == [lead]
        assert build_texts() == {}

    def test_a_field_that_is_searched_no_more_is_not(self, lead: int, ada: User) -> None:
        change_field(field=Field.objects.get(module__key="leads", key="email"), actor=None, searched=False)
        build_texts()
        assert found(ada, "example.com") == []
        assert found(ada, "zofia") == [lead]

    def test_a_change_of_type_counts(self, device_requests: Module, company: Company) -> None:
        key = device_requests.key
        pk = make(key, company.ada, name="Laptop", website="https://shop.example/4711")
        change_field(field=field_of(device_requests, "website"), actor=company.admin, searched=True)
        build_texts()
        assert found(company.ada, "shop", key) == [pk]
        change_field_type(field=field_of(device_requests, "website"), type="long_text", actor=company.admin)
        build_texts()
        assert found(company.ada, "shop", key) == []

    def test_a_switched_off_field_is_not_found_by(self, device_requests: Module, company: Company) -> None:
        pk = make(device_requests.key, company.ada, name="Laptop", serial="4711")
        serial = field_of(device_requests, "serial")
        delete_field(field=serial, actor=company.admin, confirmed=True)
        build_texts()
        assert found(company.ada, "4711", device_requests.key) == []
        assert found(company.ada, "laptop", device_requests.key) == [pk]

    def test_records_from_before_the_search_get_their_texts(self, lead: int, ada: User) -> None:
        SearchText.objects.all().delete()
        SearchBuild.objects.all().delete()
        assert found(ada, "zolc") == []
        build_texts()
        assert found(ada, "zolc") == [lead]

    def test_it_goes_on_where_it_was_stopped(self, lead: int, ada: User, settings: Any) -> None:
        settings.CRM_CHUNK_SIZE = {"sqlite": 2, "postgresql": 2}
        for number in range(4):
            make("leads", ada, last_name=f"Zolc {number}")
        SearchText.objects.all().delete()
        SearchBuild.objects.update(signature="old")
        assert build_texts(seconds=0) == {"leads": 2}
        assert SearchText.objects.count() == 2
        assert build_texts() == {"leads": 3}
        assert len(found(ada, "zolc")) == 5

    def test_records_in_the_bin_get_none(self, lead: int, ada: User) -> None:
        leave(lead, ada)
        SearchBuild.objects.all().delete()
        build_texts()
        assert not SearchText.objects.exists()

    def test_the_clock_waits_until_a_changed_configuration_has_settled(
        self, lead: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        change_field(field=Field.objects.get(module__key="leads", key="city"), actor=None, searched=True)
        assert build_asked_texts() == {}
        monkeypatch.setattr(building, "SETTLED", building.timedelta(0))
        assert build_asked_texts() == {"leads": 1}


def test_a_module_knows_what_its_texts_are_made_of(lead: int) -> None:
    assert signature(module("leads")) == signature(module("leads"))
    assert signature(module("leads")) != signature(module("accounts"))
