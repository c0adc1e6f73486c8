"""Claims about the criteria editor as a plain form: what it offers, what it reads, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone, translation

from crm.criteria import CriteriaProblems
from crm.forms.criteria import CriteriaEditor
from crm.models import Field, FieldRight, Module, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from tests.crm.pages.conftest import Desk, desk, make
from tests.crm.pages.form_reading import form_of
from tests.modules import device_requests
from tests.people import Company, grant

__all__ = ["desk", "device_requests"]

pytestmark = pytest.mark.django_db
HIGH = {"conditions": [{"field": "rating", "operator": "is", "value": "high"}]}


def conditions(*given: tuple[Any, ...], pattern: str | None = None) -> dict[str, Any]:
    """Criteria of (field, operator) or (field, operator, value)."""
    parts = [dict(zip(("field", "operator", "value"), one, strict=False)) for one in given]
    return {"conditions": parts} | ({"pattern": pattern} if pattern else {})


def html_of(editor: CriteriaEditor) -> str:
    return render_to_string("crm/criteria/editor.html", {"editor": editor})


def sent(user: User | None, key: str, before: CriteriaEditor | None = None, **changes: str) -> CriteriaEditor:
    """The editor after a person without JavaScript changed these controls, and pressed what is named."""
    form = form_of(html_of(before or CriteriaEditor(user, module(key))))
    for name, value in changes.items():
        form[f"criteria-{name.replace('__', '-')}"] = value
    return CriteriaEditor.posted(user, module(key), form)


def hide(company: Company, module_key: str, field_key: str) -> None:
    """Hides a field from the staff."""
    field = Field.objects.get(module__key=module_key, key=field_key)
    FieldRight.objects.create(profile=company.staff, field=field, access="hidden")
    forget_everything()


def messages(editor: CriteriaEditor) -> list[str]:
    return [problem.message for problem in editor.problems]


def test_without_conditions_everything_matches(company: Company) -> None:
    editor = sent(company.ada, "leads")
    assert editor.is_empty
    assert not editor.wants_another_look
    assert editor.data() == {"conditions": []}
    assert "No conditions: all Leads." in html_of(editor)


def test_a_condition_is_made_step_by_step_without_javascript(company: Company) -> None:
    chosen = sent(company.ada, "leads", None, **{"0__field": "rating"})
    assert chosen.wants_another_look
    assert "None of the" not in html_of(chosen)
    assert not any(row.errors for row in chosen.shown_rows)  # there was nothing to fill in yet
    full = sent(company.ada, "leads", chosen, **{"0__value": "high"})
    assert not full.wants_another_look
    assert full.data() == HIGH
    assert "If Rating is High." in html_of(full)


def test_check_tells_how_many_match_without_javascript(company: Company, desk: Desk) -> None:
    stored = CriteriaEditor(company.ada, module("leads"), conditions(("rating", "is", "low")))
    assert "match" not in html_of(stored).split("data-criteria-matching")[1]
    checked = sent(company.ada, "leads", stored, check="1")
    assert checked.wants_another_look
    assert "1 record matches now" in html_of(checked)
    wrong = sent(company.ada, "leads", stored, check="1", **{"0__value": ""})
    assert "matches now" not in html_of(wrong)


def test_another_operator_shows_other_controls_and_keeps_what_was_entered(company: Company) -> None:
    stored = CriteriaEditor(company.ada, module("leads"), HIGH)
    several = sent(company.ada, "leads", stored, **{"0__operator": "is_any_of"})
    assert several.wants_another_look
    assert several.data()["conditions"][0]["value"] == ["high"]
    again = sent(company.ada, "leads", several, **{"0__operator": "is_not"})
    assert again.data()["conditions"][0] == {"field": "rating", "operator": "is_not", "value": "high"}


def test_another_field_of_the_same_kind_keeps_the_value_and_others_do_not(company: Company) -> None:
    amount = conditions(("amount", "greater", "500.00"))
    stored = CriteriaEditor(company.ada, module("deals"), amount)
    revenue = sent(company.ada, "deals", stored, **{"0__field": "expected_revenue"})
    assert not revenue.wants_another_look
    assert revenue.data()["conditions"][0]["value"] == "500.00"
    stage = sent(company.ada, "deals", stored, **{"0__field": "stage"})
    assert stage.wants_another_look
    assert stage.rows[0].operator_key == "is"
    assert stage.rows[0].value is None


def test_conditions_come_and_go_and_the_pattern_follows(company: Company) -> None:
    data = conditions(
        ("rating", "is", "high"), ("company", "is_empty"), ("city", "is", "Ulm"), pattern="(1 and 2) or not 3"
    )
    stored = CriteriaEditor(company.ada, module("leads"), data)
    less = sent(company.ada, "leads", stored, remove="1")
    assert less.wants_another_look
    assert [row.path for row in less.rows if row.path] == ["rating", "city"]
    assert less.data()["pattern"] == "1 or not 2"
    more = sent(company.ada, "leads", less, **{"2__field": "email"})
    assert more.pattern.endswith("and 3")


def test_all_any_and_a_pattern_of_ones_own(company: Company) -> None:
    data = conditions(("rating", "is", "high"), ("company", "is_empty"))
    stored = CriteriaEditor(company.ada, module("leads"), data)
    assert "pattern" not in sent(company.ada, "leads", stored, match="all").data()
    assert sent(company.ada, "leads", stored, match="any").data()["pattern"] == "1 or 2"
    own = sent(company.ada, "leads", stored, match="own", pattern="not (1 and 2)")
    assert own.data()["pattern"] == "not (1 and 2)"
    wrong = sent(company.ada, "leads", stored, match="own", pattern="1 or")
    assert "ends too early" in messages(wrong)[0]
    assert "ends too early" in html_of(wrong)
    left_out = sent(company.ada, "leads", stored, match="own", pattern="1")
    assert [(problem.number, problem.message) for problem in left_out.problems] == [
        (2, "The pattern leaves out condition 2.")
    ]


def test_mistakes_stand_beside_their_condition(company: Company) -> None:
    data = conditions(("amount", "greater", "much"), ("close_date", "is", "2024-02-30"), ("name", "is"))
    editor = CriteriaEditor(company.ada, module("deals"), data)
    assert [problem.number for problem in editor.problems] == [1, 2, 3]
    assert all(row.errors for row in editor.shown_rows[:3])
    assert 'value="much"' in html_of(editor)
    with pytest.raises(CriteriaProblems):
        editor.criteria()


def test_numbers_are_read_as_the_person_writes_them(company: Company) -> None:
    stored = CriteriaEditor(company.ada, module("deals"), conditions(("amount", "greater", "1234.50")))
    with translation.override("de"):
        assert 'value="1234,5"' in html_of(stored)
        german = sent(company.ada, "deals", stored, **{"0__value": "2.500,75"})
    assert german.data()["conditions"][0]["value"] == "2500.75"
    english = sent(company.ada, "deals", stored, **{"0__value": "2.500,75"})
    assert "did you mean 2,500.75" in messages(english)[0]
    assert 'value="2.500,75"' in html_of(english)


def test_moments_are_entered_in_the_persons_time_zone(company: Company) -> None:
    twice = conditions(("created_at", "after", "2024-10-27 01:30:00"))  # the second 02:30 in Berlin
    with timezone.override("Europe/Berlin"):
        stored = CriteriaEditor(company.ada, module("deals"), twice)
        assert sent(company.ada, "deals", stored).data() == twice
        later = sent(company.ada, "deals", stored, **{"0__value-time": "09:00"})
        assert later.data()["conditions"][0]["value"] == "2024-10-27 08:00:00"
        day = sent(company.ada, "deals", stored, **{"0__value-time": ""})
        assert day.data()["conditions"][0]["value"] == "2024-10-27"


def test_records_and_people_are_found_by_name(company: Company, desk: Desk) -> None:
    stored = CriteriaEditor(
        company.ada, module("deals"), conditions(("account", "is", 1), ("owner", "is", 1))
    )
    found = sent(
        company.ada,
        "deals",
        stored,
        **{"0__value": "isdom gmbh", "0__value-id": "", "1__value": "ben berg", "1__value-id": ""},
    )
    assert [one["value"] for one in found.data()["conditions"]] == [desk.account, "ben@example.com"]
    make("accounts", company.ada, name="Isdom GmbH")
    several = sent(company.ada, "deals", stored, **{"0__value": "Isdom GmbH", "0__value-id": ""})
    assert "Several are called “Isdom GmbH”" in messages(several)[0]
    picked = form_of(html_of(several))
    picked["criteria-0-value-pick"] = str(desk.account)
    chosen = CriteriaEditor.posted(company.ada, module("deals"), picked)
    assert chosen.document["conditions"][0]["value"] == str(desk.account)
    nothing = sent(company.ada, "deals", stored, **{"0__value": "Nobody Ltd", "0__value-id": ""})
    assert "Nothing that you may see is called “Nobody Ltd”" in messages(nothing)[0]
    assert 'value="Nobody Ltd"' in html_of(nothing)


def test_the_admin_finds_among_everything(company: Company, desk: Desk) -> None:
    stored = CriteriaEditor(None, module("deals"), conditions(("account", "is", desk.account)))
    assert 'value="Isdom GmbH"' in html_of(stored)
    found = sent(None, "deals", stored, **{"0__value": "ISDOM gmbh", "0__value-id": ""})
    assert found.data()["conditions"][0]["value"] == desk.account


def test_several_people_are_chosen_one_after_the_other(company: Company) -> None:
    stored = CriteriaEditor(
        company.ada, module("leads"), conditions(("owner", "is_any_of", [company.ada.pk]))
    )
    both = sent(company.ada, "leads", stored, **{"0__value": "Ben Berg"})
    assert both.data()["conditions"][0]["value"] == ["ada@example.com", "ben@example.com"]
    assert html_of(both).count("criteria-chip") == 2


def test_a_stranger_is_not_told_the_name_of_a_record_out_of_reach(company: Company, desk: Desk) -> None:
    data = conditions(("account", "is", desk.account))
    assert "Isdom GmbH" in html_of(CriteriaEditor(company.ada, module("deals"), data))
    strangers = CriteriaEditor(company.cleo, module("deals"), data)
    assert "Isdom" not in html_of(strangers)
    assert strangers.words() == "Account is Record without access"
    assert sent(company.cleo, "deals", strangers).data() == data
    guessed = sent(company.cleo, "deals", strangers, **{"0__value": "Isdom GmbH", "0__value-id": ""})
    assert "Nothing that you may see is called" in messages(guessed)[0]


def test_hidden_fields_are_neither_offered_nor_accepted(company: Company) -> None:
    hide(company, "deals", "amount")
    hide(company, "accounts", "annual_revenue")
    empty = html_of(CriteriaEditor(company.ada, module("deals")))
    assert 'value="account.industry"' in empty
    for path in ("amount", "account.annual_revenue"):
        assert f'value="{path}"' not in empty
        assert f'value="{path}"' in html_of(CriteriaEditor(None, module("deals")))
        for data in (
            conditions((path, "is", "5")),
            conditions((path, "nonsense")),
            conditions(("expected_revenue", "is", {"field": path})),
        ):
            assert all(
                "has no field" in text
                for text in messages(CriteriaEditor(company.ada, module("deals"), data))
            )
            assert CriteriaEditor(company.ada, module("deals"), data).problems
    form = QueryDict("criteria-rows=1&criteria-0-field=amount&criteria-0-operator=is&criteria-0-value=5")
    refused = CriteriaEditor.posted(company.ada, module("deals"), form)
    assert messages(refused) == ["Deals has no field “amount”."]
    with pytest.raises(CriteriaProblems):
        refused.data()
    assert CriteriaEditor.posted(None, module("deals"), form).data()["conditions"][0]["field"] == "amount"


def test_what_is_behind_a_module_out_of_reach_is_hidden_too(company: Company) -> None:
    data = conditions(("account.industry", "is", "finance"))
    assert CriteriaEditor(company.ada, module("deals"), data).problems == []
    grant(company.staff, "accounts", "create")
    assert "has no field “industry”" in messages(CriteriaEditor(company.ada, module("deals"), data))[0]


def test_only_the_operators_that_fit_are_offered_and_events_where_they_are_known(company: Company) -> None:
    data = conditions(("rating", "changed_from_to", [None, "high"]))
    plain = CriteriaEditor(None, module("leads"), HIGH)
    assert "changed" not in [option.value for option in plain.shown_rows[0].operators]
    watching = CriteriaEditor(None, module("leads"), data, events=True)
    assert watching.data() == data
    assert "starts_with" not in [option.value for option in watching.shown_rows[0].operators]
    assert CriteriaEditor(None, module("leads"), data).problems
    behind = CriteriaEditor(
        None, module("deals"), conditions(("account.type", "is", "customer")), events=True
    )
    assert "changed" not in [option.value for option in behind.shown_rows[0].operators]


def test_every_type_of_field_has_its_control(company: Company, device_requests: Module) -> None:
    html = html_of(
        CriteriaEditor(
            company.ada,
            module("device_requests"),
            conditions(
                ("urgent", "is", True),
                ("extras", "contains_any", ["bag"]),
                ("status", "is", "new"),
                ("needed_on", "in_last", {"n": 3, "unit": "weeks"}),
                ("call_at", "is", "2024-05-01"),
                ("helper", "is", {"current_user": True}),
                ("price", "less", {"field": "weight"}),
                ("serial", "is_any_of", ["a", "b"]),
            ),
        )
    )
    assert html.count('data-criteria-row role="group"') == 9
    for part in (
        'value="bag" checked',
        'type="date"',
        'type="time"',
        '<option value="weeks" selected>',
        "a\nb</textarea>",
    ):
        assert part in html
    assert '<option value="me" selected>' in html
    assert '<option value="weight" selected>' in html


def test_rubbish_is_refused_and_breaks_nothing(company: Company) -> None:
    info = module("leads")
    rubbish: list[Any] = [
        "text",
        5,
        [],
        {"conditions": "x"},
        {"conditions": [1, None]},
        {"conditions": [{"field": []}]},
    ]
    for data in rubbish:
        editor = CriteriaEditor(company.ada, info, data)
        assert editor.problems
        html_of(editor)
    for query in (
        "criteria={",
        "criteria-rows=99999&criteria-0-field=x&criteria-match=none",
        "criteria-rows=-1",
    ):
        html_of(CriteriaEditor.posted(company.ada, info, QueryDict(query)))
    half = "criteria-rows=1&criteria-0-field=rating&criteria-0-operator=is&criteria-0-mode=field"
    assert CriteriaEditor.posted(company.ada, info, QueryDict(half)).problems
