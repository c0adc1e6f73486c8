"""The pages in a browser: the thinnest path, the keyboard, the phone, and accessibility."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from crm.modules.loading import module
from tests.crm.pages.conftest import Desk, edit, log_in
from tests.people import Company
from tests.workflows import rules

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = [
    "/",
    "/notifications/",
    "/leads/",
    "/leads/?q=nothing",
    "/campaigns/",
    "/leads/{lead}/",
    "/quotes/{quote}/",
    "/leads/{lead}/edit/",
    "/quotes/{quote}/edit/",
    "/tasks/new/",
    "/leads/{lead}/delete/",
    "/unknown/",
]


def address(pattern: str, desk: Desk) -> str:
    return pattern.format(lead=desk.lead, quote=desk.quote)


def findings(page: Page) -> list[str]:
    """What axe says about the page, when all of it is there."""
    page.wait_for_load_state("networkidle")
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in violations for node in v["nodes"]]


def test_a_rep_logs_in_opens_a_lead_and_edits_it(browser_page: Page, desk: Desk, company: Company) -> None:
    rules.live_rule(
        "high_priority",
        rules.when(("rating", "is", "high")),
        [rules.update("status", "contacted"), rules.task("Call {{name}}", owner="owner")],
        name="High priority",
    )
    log_in(browser_page, company.ada)
    browser_page.get_by_role("link", name="Leads", exact=True).click()
    browser_page.get_by_role("link", name="Łukasz 王小明").click()
    browser_page.get_by_role("link", name="Edit", exact=True).click()
    browser_page.get_by_label("Rating").select_option("High")
    browser_page.get_by_role("button", name="Save", exact=True).last.click()
    expect(browser_page.get_by_role("status")).to_contain_text("Saved.")
    expect(browser_page.get_by_text("Contacted").first).to_be_visible()
    expect(browser_page.get_by_role("link", name="Call Łukasz 王小明")).to_be_visible()
    timeline = browser_page.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text(re.compile(r"Rating:\s*Low\s*→\s*to\s*High"))
    expect(timeline).to_contain_text("rule: High priority")


def test_the_wrong_person_is_refused(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.cleo)
    answer = browser_page.goto(f"/leads/{desk.lead}/edit/")
    assert answer is not None
    assert answer.status == 404
    expect(browser_page.get_by_role("heading", name="Not found")).to_be_visible()


def test_a_record_is_looked_up_by_keyboard(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto("/contacts/new/")
    browser_page.get_by_label("Last name").fill("Kowalski")
    field = browser_page.get_by_role("combobox", name="Account")
    field.press_sequentially("isd")
    expect(browser_page.get_by_role("option", name="Isdom GmbH")).to_be_visible()
    assert findings(browser_page) == []
    field.press("Enter")
    expect(field).to_have_value("Isdom GmbH")
    field.press("Enter")
    expect(browser_page.get_by_role("heading", name="Kowalski")).to_be_visible()
    assert module("contacts").rows().get().account_id == desk.account


def test_lines_are_added_and_removed_in_the_browser(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto(f"/quotes/{desk.quote}/edit/")
    browser_page.get_by_role("group", name="Line 1").get_by_label("Remove").check()
    browser_page.get_by_role("button", name="Add line").click()
    row = browser_page.get_by_role("group", name="Line 3")
    expect(row.get_by_role("combobox", name="Product")).to_be_focused()
    row.get_by_label("Text").fill("Setup")
    row.get_by_label("Price").fill("50")
    browser_page.get_by_role("button", name="Save", exact=True).last.click()
    expect(browser_page.get_by_role("rowheader", name="Setup")).to_be_visible()
    assert [line["text"] for line in module("quotes").rows().get().lines] == ["Setup"]


def test_enter_in_a_form_saves_and_errors_get_the_focus(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto(f"/quotes/{desk.quote}/edit/")
    browser_page.get_by_label("Name").fill("")
    browser_page.get_by_label("Name").press("Enter")
    expect(browser_page.get_by_role("alert")).to_be_focused()
    browser_page.get_by_role("link", name="Name: Name is required.").click()
    expect(browser_page.get_by_label("Name")).to_be_focused()
    assert findings(browser_page) == []


def test_two_people_at_once_choose_what_stays(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto(f"/leads/{desk.lead}/edit/")
    edit("leads", desk.lead, company.ben, rating="high")
    browser_page.get_by_label("Rating").select_option("Medium")
    save = browser_page.get_by_role("button", name="Save", exact=True).last
    save.click()
    expect(browser_page.get_by_text("Keep what Ben Berg entered: High")).to_be_visible()
    assert findings(browser_page) == []
    browser_page.get_by_label("Use mine, as it is above").check()
    save.click()
    expect(browser_page.get_by_role("status")).to_contain_text("Saved.")
    assert module("leads").rows().get().rating == "medium"


def test_older_entries_come_without_leaving_the_page(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    for number in range(22):
        edit("leads", desk.lead, company.ada, city=f"Town {number}.")
    log_in(browser_page, company.ada)
    browser_page.goto(f"/leads/{desk.lead}/")
    timeline = browser_page.get_by_role("region", name="Timeline")
    expect(timeline).not_to_contain_text("created this record")
    timeline.get_by_role("link", name="Older").click()
    expect(timeline).to_contain_text("created this record")
    expect(timeline.get_by_role("link", name="Older")).to_have_count(0)


def test_the_keys(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto("/leads/")
    browser_page.keyboard.press("/")
    expect(browser_page.get_by_role("searchbox")).to_be_focused()
    expect(browser_page.locator("#count")).to_have_text("1")
    browser_page.goto(f"/leads/{desk.lead}/")
    browser_page.keyboard.press("e")
    browser_page.wait_for_url("**/edit/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_kind_of_page_is_accessible(
    browser_page: Page, desk: Desk, company: Company, theme: str
) -> None:
    browser_page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    browser_page.goto("/login/")
    assert findings(browser_page) == []
    log_in(browser_page, company.ada)
    found = {}
    for pattern in PAGES:
        browser_page.goto(address(pattern, desk))
        assert browser_page.locator("html").get_attribute("data-bs-theme") == theme
        found[pattern] = findings(browser_page)
    assert {page: seen for page, seen in found.items() if seen} == {}


def test_nothing_scrolls_sideways_on_a_phone(browser_page: Page, desk: Desk, company: Company) -> None:
    edit("leads", desk.lead, company.ada, title="x" * 200, email=f"{'y' * 60}@example.com")
    browser_page.set_viewport_size({"width": 360, "height": 740})
    log_in(browser_page, company.ada)
    wide = []
    for pattern in PAGES:
        browser_page.goto(address(pattern, desk))
        if browser_page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(pattern)
    assert wide == []
    browser_page.goto("/")
    expect(browser_page.get_by_role("link", name="Leads", exact=True)).to_be_hidden()
    browser_page.get_by_role("button", name="Menu").click()
    assert findings(browser_page) == []
    browser_page.get_by_role("link", name="Leads", exact=True).click()
    browser_page.wait_for_url("**/leads/")


def test_the_theme_is_chosen_in_the_menu_and_kept(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.ada)
    browser_page.get_by_role("button", name="Ada Adler").click()
    browser_page.get_by_role("button", name="Dark", exact=True).click()
    browser_page.goto("/leads/")
    expect(browser_page.locator("html")).to_have_attribute("data-bs-theme", "dark")
