"""Which field is proposed for a column: by its name, by what others call it, by what is in it."""

import pytest

from crm.imports.mapping import is_fillable
from crm.imports.proposing import propose_fields
from crm.modules.loading import module
from crm.modules.registry import ModuleInfo

pytestmark = pytest.mark.django_db


def proposed(module_key: str = "leads", **samples: list[str]) -> dict[str, str]:
    """What is proposed for columns with these samples; an underscore in a name is a blank."""
    info: ModuleInfo = module(module_key)
    seen = {name.replace("_", " "): values for name, values in samples.items()}
    allowed = frozenset(key for key, field in info.fields.items() if is_fillable(field))
    return propose_fields(seen, info, seen, allowed)


def test_names_win_whatever_their_case() -> None:
    assert proposed(LAST_NAME=[], e_mail=[]) == {"LAST NAME": "last_name", "e mail": "email"}


def test_what_other_systems_call_a_field_is_known() -> None:
    assert proposed(Surname=[], Organisation=[], Sales_agent=[]) == {
        "Surname": "last_name", "Organisation": "company", "Sales agent": "owner",
    }  # fmt: skip


def test_a_slip_of_the_pen_is_understood_and_another_word_is_not() -> None:
    assert proposed(Descripton=[], Staging=[]) == {"Descripton": "description", "Staging": ""}


def test_content_tells_where_names_do_not() -> None:
    found = proposed(A=["x@y.example", "z@y.example"], B=["+49 30 123456"], C=["http://a.example/b"])
    assert found == {"A": "email", "B": "phone", "C": "website"}


@pytest.mark.parametrize("text", ["03/04/2026", "2026-03-04", "12", "1,500.00", "4711 4712"])
def test_dates_and_numbers_are_no_telephone_numbers(text: str) -> None:
    assert proposed(When=[text]) == {"When": ""}


def test_each_field_is_proposed_once() -> None:
    found = proposed(Email=["a@b.example"], Other=["c@d.example"])
    assert found["Email"] == "email"
    assert found["Other"] != "email"


def test_what_the_person_may_not_fill_is_not_proposed() -> None:
    assert propose_fields(["Email"], module("leads"), {}, frozenset({"last_name"})) == {"Email": ""}
