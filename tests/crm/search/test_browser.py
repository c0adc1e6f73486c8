"""Search in a browser: by keyboard, on a phone, and without findings of axe."""

import pytest
from playwright.sync_api import Page, expect

from tests.crm.pages.conftest import log_in, make
from tests.crm.pages.test_browser import findings
from tests.crm.search.conftest import Records
from tests.people import Company

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_record_is_found_and_opened_by_keyboard(
    browser_page: Page, records: Records, company: Company
) -> None:
    log_in(browser_page, company.ada)
    browser_page.keyboard.press("/")
    box = browser_page.get_by_role("combobox", name="Search all modules")
    expect(box).to_be_focused()
    browser_page.keyboard.type("小明")
    option = browser_page.get_by_role("option", name="Łukasz 王小明")
    expect(option).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    browser_page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", f"search-leads-{records.lead}")
    assert findings(browser_page) == []
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(f"**/leads/{records.lead}/")


def test_enter_alone_leads_to_the_page_of_results(
    browser_page: Page, records: Records, company: Company
) -> None:
    log_in(browser_page, company.ada)
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("isdom")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("heading", name="Results for “isdom”")).to_be_visible()
    browser_page.get_by_role("main").get_by_role("link", name="Isdom GmbH").click()
    browser_page.wait_for_url(f"**/accounts/{records.account}/")


def test_escape_closes_the_suggestions_and_keeps_what_was_typed(
    browser_page: Page, records: Records, company: Company
) -> None:
    log_in(browser_page, company.ada)
    box = browser_page.get_by_role("combobox", name="Search all modules")
    box.press_sequentially("isd")
    expect(browser_page.get_by_role("option", name="Isdom GmbH")).to_be_visible()
    box.press("Escape")
    expect(browser_page.get_by_role("listbox", name="Suggestions")).to_be_hidden()
    expect(box).to_have_value("isd")
    box.press("ArrowDown")
    expect(browser_page.get_by_role("option", name="Isdom GmbH")).to_be_visible()


def test_the_wrong_person_is_told_that_there_is_nothing(
    browser_page: Page, records: Records, company: Company
) -> None:
    log_in(browser_page, company.cleo)
    box = browser_page.get_by_role("combobox", name="Search all modules")
    box.press_sequentially("isdom")
    expect(browser_page.get_by_role("option", name="Nothing found for “isdom”")).to_be_visible()
    box.press("Enter")
    expect(browser_page.get_by_text("Nothing found for “isdom”").first).to_be_visible()
    expect(browser_page.get_by_role("link", name="Isdom GmbH")).to_have_count(0)


def test_more_come_without_leaving_the_page(browser_page: Page, company: Company) -> None:
    for number in range(27):
        make("leads", company.ada, last_name=f"Zolc {number}")
    log_in(browser_page, company.ada)
    browser_page.goto("/search/?q=zolc&module=leads")
    rows = browser_page.get_by_role("region", name="Leads").get_by_role("listitem")
    expect(rows).to_have_count(26)  # 25 and the way to the others
    browser_page.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(27)
    assert browser_page.url.endswith("/search/?q=zolc&module=leads")


def test_a_list_s_own_search_has_the_key_where_there_is_one(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto("/leads/")
    browser_page.keyboard.press("/")
    expect(browser_page.get_by_role("combobox", name="Search all modules")).not_to_be_focused()
    expect(browser_page.locator('[data-key="/"]')).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 360])
def test_search_is_accessible_and_fits(
    browser_page: Page, records: Records, company: Company, theme: str, width: int
) -> None:
    make("accounts", company.ada, name="x" * 200 + " Isdom")
    browser_page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    browser_page.set_viewport_size({"width": width, "height": 800})
    log_in(browser_page, company.ada)
    for query in ("", "?q=isdom", "?q=isdom&module=accounts", "?q=qwxyz", "?q=qwxyz&module=leads"):
        browser_page.goto(f"/search/{query}")
        assert findings(browser_page) == [], query
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= width, query


def test_a_phone_leads_to_the_page_with_its_own_box(
    browser_page: Page, records: Records, company: Company
) -> None:
    browser_page.set_viewport_size({"width": 360, "height": 740})
    log_in(browser_page, company.ada)
    expect(browser_page.get_by_role("combobox", name="Search all modules")).to_be_hidden()
    browser_page.get_by_role("link", name="Search", exact=True).click()
    browser_page.get_by_role("main").get_by_label("Search all modules").fill("小明")
    browser_page.get_by_role("button", name="Search").click()
    browser_page.get_by_role("link", name="Łukasz 王小明").click()
    browser_page.wait_for_url(f"**/leads/{records.lead}/")
