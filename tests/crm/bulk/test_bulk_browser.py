"""Bulk actions in a browser: tick, choose, preview, do, undo; by keyboard, and refused to a stranger."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from crm.jobs.running import drain
from tests.crm.door.making import value
from tests.crm.pages.conftest import log_in, make
from tests.people import Company

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rep_ticks_two_leads_changes_them_and_takes_it_back(browser_page: Page, company: Company) -> None:
    ids = [make("leads", company.ada, last_name=name, rating="low") for name in ("Łęcka", "王小明", "Third")]
    page = browser_page
    log_in(page, company.ada)
    page.goto("/leads/")
    expect(page.get_by_role("button", name="Change fields")).to_be_hidden()
    for name in ("Łęcka", "王小明"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Change fields").click()
    page.get_by_label("Field to change").select_option("rating")
    page.get_by_role("button", name="Choose").click()
    page.get_by_label("Rating", exact=True).select_option("high")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="What would happen")).to_contain_text("王小明")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Change fields").click()
    expect(page.get_by_role("status").first).to_contain_text("2 records were changed.")
    assert [value("leads", pk, "rating") for pk in ids] == ["high", "high", "low"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undo: Change fields")).to_be_visible()
    drain()
    assert [value("leads", pk, "rating") for pk in ids] == ["low", "low", "low"]


def test_the_keyboard_ticks_rows_and_lists_its_keys(browser_page: Page, company: Company) -> None:
    make("leads", company.ada, last_name="Only")
    page = browser_page
    log_in(page, company.ada)
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/leads/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_a_stranger_has_nothing_to_tick(browser_page: Page, company: Company) -> None:
    make("leads", company.ada, last_name="Hidden")
    log_in(browser_page, company.cleo)
    browser_page.goto("/leads/")
    expect(browser_page.get_by_text("Hidden")).to_have_count(0)
    expect(browser_page.get_by_role("button", name="Change fields")).to_have_count(0)
