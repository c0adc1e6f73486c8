"""Claims about adding, changing and deleting picklist values."""

import pytest

from crm.door import Change, Source, Verb, apply
from crm.door.reading import read_records
from crm.models import History, Module, PicklistValue
from crm.modules.loading import module
from crm.modules.picklists import add_value, change_value, delete_value
from crm.modules.problems import InUse, ModuleProblem
from tests.modules import field_of
from tests.people import Company, limited_admin


def choice(holder: Module, field: str, key: str) -> PicklistValue:
    return PicklistValue.objects.get(field=field_of(holder, field), key=key)


def create(company: Company, **values: object) -> int:
    change = Change(Verb.CREATE, "device_requests", values={"name": "Laptop", **values})
    return apply([change], actor=company.ada, source=Source.PAGE).or_raise().ids[0]


def value(record_id: int, key: str) -> object:
    return read_records(module("device_requests"), [record_id])[record_id].values[key]


def test_a_new_value_is_offered_at_once(device_requests: Module, company: Company) -> None:
    made = add_value(
        field=field_of(device_requests, "status"),
        label="Sent back",
        labels={"de": "Zurückgeschickt"},
        attributes={"open": False},
        actor=company.admin,
    )
    assert made.key == "sent_back"
    assert value(create(company, status="sent_back"), "status") == "sent_back"


@pytest.mark.parametrize(
    "attributes", [{"open": "yes"}, {"probability": 101}, {"forecast": "maybe"}, {"colour": "red"}, []]
)
def test_attributes_mean_something(device_requests: Module, company: Company, attributes: object) -> None:
    with pytest.raises(ModuleProblem) as refused:
        add_value(
            field=field_of(device_requests, "status"),
            label="Odd",
            attributes=attributes,  # type: ignore[typeddict-item]
            actor=company.admin,
        )
    assert refused.value.field == "attributes"


def test_two_values_do_not_look_the_same(device_requests: Module, company: Company) -> None:
    with pytest.raises(ModuleProblem, match="already"):
        add_value(field=field_of(device_requests, "status"), label="New", actor=company.admin)


def test_a_value_in_use_needs_a_replacement_or_clear(device_requests: Module, company: Company) -> None:
    bag = choice(device_requests, "extras", "bag")
    create(company, extras=["bag", "mouse"])
    with pytest.raises(InUse) as refused:
        delete_value(value=bag, actor=company.admin)
    assert "1 record" in refused.value.message
    with pytest.raises(ModuleProblem, match="required"):
        delete_value(value=choice(device_requests, "status", "here"), clear=True, actor=company.admin)


def test_records_get_the_replacement_also_in_the_bin_and_history_tells(
    device_requests: Module, company: Company
) -> None:
    live, binned = create(company, status="ordered"), create(company, status="ordered")
    bin_it = Change(Verb.BIN, "device_requests", binned)
    apply([bin_it], actor=company.admin, source=Source.PAGE).or_raise()
    ordered, here = choice(device_requests, "status", "ordered"), choice(device_requests, "status", "here")
    assert delete_value(value=ordered, replacement=here, actor=company.admin) == 2
    assert (value(live, "status"), value(binned, "status")) == ("here", "here")
    for record in (live, binned):
        row = History.objects.filter(record_id=record).first()
        assert row is not None
        assert row.changes["status"][:2] == ["ordered", "here"]
        assert "Ordered" in row.cause.label
    refused = apply(
        [Change(Verb.EDIT, "device_requests", live, {"status": "ordered"})], actor=None, source=Source.PAGE
    )
    assert refused.problems[0].code == "unknown_value"


def test_the_admin_who_deletes_a_value_is_named_without_rights_on_the_records(
    device_requests: Module, company: Company
) -> None:
    lena = limited_admin("manage_modules")
    live, binned = create(company, status="ordered"), create(company, status="ordered")
    bin_it = Change(Verb.BIN, "device_requests", binned)
    apply([bin_it], actor=company.ada, source=Source.PAGE).or_raise()
    by_hand = apply(
        [Change(Verb.EDIT, "device_requests", live, {"status": "here"})], actor=lena, source=Source.PAGE
    )
    assert by_hand.problems[0].code == "forbidden"
    ordered, here = choice(device_requests, "status", "ordered"), choice(device_requests, "status", "here")
    assert delete_value(value=ordered, replacement=here, actor=lena) == 2
    for record in (live, binned):
        row = History.objects.filter(record_id=record).first()
        assert row is not None
        assert (row.actor, row.cause.actor, row.cause.kind) == (lena, lena, "admin")
        assert value(record, "modified_by") == lena.pk


def test_clear_takes_one_of_several_values_out(device_requests: Module, company: Company) -> None:
    both, one = create(company, extras=["bag", "mouse"]), create(company, extras=["bag"])
    assert delete_value(value=choice(device_requests, "extras", "bag"), clear=True, actor=company.admin) == 2
    assert (value(both, "extras"), value(one, "extras")) == (["mouse"], None)


def test_built_in_picklists_lose_values_the_same_way(company: Company) -> None:
    leads = Module.objects.get(key="leads")
    change = Change(Verb.CREATE, "leads", values={"last_name": "M", "status": "nurture"})
    record = apply([change], actor=company.ada, source=Source.PAGE).or_raise().ids[0]
    apply([Change(Verb.BIN, "leads", record)], actor=company.admin, source=Source.PAGE).or_raise()
    nurture, junk = choice(leads, "status", "nurture"), choice(leads, "status", "junk")
    assert delete_value(value=nurture, replacement=junk, actor=company.admin) == 1
    assert read_records(module("leads"), [record])[record].values["status"] == "junk"


def test_the_default_moves_to_the_replacement(device_requests: Module, company: Company) -> None:
    new, here = choice(device_requests, "status", "new"), choice(device_requests, "status", "here")
    delete_value(value=new, replacement=here, actor=company.admin)
    assert value(create(company), "status") == "here"


def test_a_value_can_be_switched_off_without_touching_records(
    device_requests: Module, company: Company
) -> None:
    record = create(company, status="here")
    here = choice(device_requests, "status", "here")
    change_value(value=here, active=False, actor=company.admin)
    assert value(record, "status") == "here"
    outcome = apply(
        [Change(Verb.CREATE, "device_requests", values={"name": "X", "status": "here"})],
        actor=None,
        source=Source.PAGE,
    )
    assert not outcome.ok
    with pytest.raises(ModuleProblem, match="default"):
        change_value(value=choice(device_requests, "status", "new"), active=False, actor=company.admin)
    change_value(value=here, active=True, label="Arrived", actor=company.admin)
    assert module("device_requests").field("status").choices["here"].label == "Arrived"


def test_the_last_value_stays(device_requests: Module, company: Company) -> None:
    delete_value(value=choice(device_requests, "extras", "bag"), actor=company.admin)
    with pytest.raises(ModuleProblem, match="last value"):
        delete_value(value=choice(device_requests, "extras", "mouse"), clear=True, actor=company.admin)
