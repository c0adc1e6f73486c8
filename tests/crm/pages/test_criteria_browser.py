"""The criteria editor in a browser: by keyboard, with several people, on a phone, and without JavaScript."""

from __future__ import annotations

import json
import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.crm.pages.conftest import Desk, desk, log_in, make
from tests.crm.pages.test_browser import findings
from tests.crm.pages.test_criteria_editor import conditions
from tests.people import Company

__all__ = ["desk"]

pytestmark = pytest.mark.django_db(transaction=True)


def condition(page: Page, number: int) -> Locator:
    """One condition of the editor."""
    return page.get_by_role("group", name=f"Condition {number}", exact=True)


def choose(page: Page, text: str) -> None:
    """Searches a field in the control that has the focus, and takes the first."""
    page.keyboard.type(text)
    found = page.get_by_role("listbox", name="Field").get_by_role("option", selected=True)
    expect(found).to_have_attribute("aria-label", re.compile(text, re.IGNORECASE))
    page.keyboard.press("Enter")


def test_a_filter_is_made_by_keyboard(browser_page: Page, desk: Desk, company: Company) -> None:
    make("leads", company.ada, last_name="Other", rating="high")
    log_in(browser_page, company.ada)
    browser_page.goto("/leads/filter/")
    browser_page.get_by_role("combobox", name="Field").focus()
    choose(browser_page, "rating")
    first = condition(browser_page, 1)
    first.get_by_label("Value").select_option("Low")
    expect(browser_page.get_by_text("If Rating is Low.")).to_be_visible()
    expect(browser_page.get_by_text("1 record matches now")).to_be_visible()
    browser_page.get_by_role("button", name="Add condition").press("Enter")
    expect(browser_page.get_by_role("combobox", name="Field").last).to_be_focused()
    choose(browser_page, "company")
    second = condition(browser_page, 2)
    second.get_by_label("Operator").select_option("contains")
    second.get_by_label("Value", exact=True).fill("no such company")
    expect(browser_page.get_by_text("0 records match now")).to_be_visible()
    browser_page.get_by_role("radio", name="any of them").check(force=True)
    expect(browser_page.get_by_text("1 record matches now")).to_be_visible()
    assert findings(browser_page) == []
    second.get_by_label("Value", exact=True).press("Enter")
    expect(browser_page.get_by_role("link", name="王小明")).to_be_visible()
    expect(browser_page.get_by_role("link", name="Other")).to_have_count(0)


def test_mistakes_are_told_when_one_has_left_the_condition(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto("/deals/filter/")
    browser_page.get_by_role("combobox", name="Field").focus()
    choose(browser_page, "amount")
    value = condition(browser_page, 1).get_by_label("Value", exact=True)
    value.fill("much")
    expect(browser_page.get_by_text("Not complete yet.")).to_be_visible()
    expect(browser_page.get_by_text("Enter a number")).to_have_count(0)
    browser_page.get_by_role("button", name="Add condition").focus()
    expect(browser_page.get_by_text("Amount: Enter a number, such as 1234.5.")).to_be_visible()
    assert findings(browser_page) == []
    value.fill("500")
    expect(browser_page.get_by_text("Enter a number")).to_have_count(0)


def test_conditions_are_removed_and_the_pattern_follows(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto("/leads/filter/")
    for number, field in enumerate(["rating", "company", "city"]):
        if number:
            browser_page.get_by_role("button", name="Add condition").click()
        last = browser_page.get_by_role("combobox", name="Field").nth(number)
        last.focus()
        choose(browser_page, field)
        condition(browser_page, number + 1).get_by_label("Operator").select_option("is empty")
    browser_page.get_by_role("radio", name="a pattern").check(force=True)
    browser_page.get_by_label("Pattern", exact=True).fill("(1 or 2) and not 3")
    expect(
        browser_page.get_by_text("(Rating is empty or Company is empty) and not (City is empty)")
    ).to_be_visible()
    browser_page.get_by_role("button", name="Remove condition 1").click()
    expect(browser_page.get_by_label("Pattern", exact=True)).to_have_value("1 and not 2")
    expect(browser_page.get_by_role("button", name="Remove condition 1")).to_be_focused()
    expect(browser_page.get_by_text("If Company is empty and not (City is empty).")).to_be_visible()


def test_people_are_added_one_by_one(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto("/leads/filter/")
    browser_page.get_by_role("combobox", name="Field").focus()
    choose(browser_page, "owner")
    row = condition(browser_page, 1)
    row.get_by_label("Operator").select_option("is any of")
    for name in ("Ada Adler", "Ben Berg"):
        row.get_by_role("combobox", name="Another").press_sequentially(name[:3])
        browser_page.get_by_role("option", name=re.compile(name)).click()
        expect(row.get_by_role("checkbox", name=name)).to_be_checked()
    expect(browser_page.get_by_text("If Owner is any of Ada Adler or Ben Berg.")).to_be_visible()
    row.get_by_role("checkbox", name="Ada Adler").uncheck()
    expect(browser_page.get_by_text("If Owner is any of Ben Berg.")).to_be_visible()
    assert findings(browser_page) == []


def test_the_wrong_person_finds_nothing_by_the_same_filter(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    log_in(browser_page, company.cleo)
    browser_page.goto("/leads/filter/")
    browser_page.get_by_role("combobox", name="Field").focus()
    choose(browser_page, "rating")
    condition(browser_page, 1).get_by_label("Value").select_option("Low")
    expect(browser_page.get_by_text("0 records match now")).to_be_visible()
    answer = browser_page.goto(f"/criteria/leads/{desk.lead}/explain/")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_explanation_is_accessible_and_fits_a_phone(
    browser_page: Page, desk: Desk, company: Company, theme: str
) -> None:
    browser_page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    browser_page.set_viewport_size({"width": 360, "height": 740})
    log_in(browser_page, company.ada)
    criteria = json.dumps(conditions(("rating", "is", "high"), ("company", "is_not_empty")))
    browser_page.goto(f"/criteria/leads/{desk.lead}/explain/?{urlencode({'criteria': criteria})}")
    expect(browser_page.get_by_text("No, they do not hold for this record.")).to_be_visible()
    assert findings(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 360
    browser_page.goto("/leads/filter/")
    browser_page.get_by_role("combobox", name="Field").click()
    expect(browser_page.get_by_role("option", name="Rating", exact=True)).to_be_visible()
    assert findings(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_works_without_javascript(
    browser: Browser, browser_page: Page, live_server: LiveServer, desk: Desk, company: Company
) -> None:
    make("leads", company.ada, last_name="Other", rating="high")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, company.ada)
    page.goto("/leads/filter/")
    page.get_by_label("Field").select_option("Rating")
    page.get_by_role("button", name="Check", exact=True).last.click()
    condition(page, 1).get_by_label("Value").select_option("Low")
    page.get_by_label("Field").nth(1).select_option("Company")
    page.get_by_role("button", name="Check", exact=True).last.click()
    expect(page.get_by_text("Not complete yet.")).to_be_visible()
    page.get_by_role("button", name="Remove condition 2").click()
    expect(page.get_by_text("If Rating is Low.")).to_be_visible()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="王小明")).to_be_visible()
    expect(page.get_by_role("link", name="Other")).to_have_count(0)
    context.close()
