"""Lists in a browser: a view is made and found again, rows by keyboard, columns, the phone, accessibility."""

import csv
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from crm.lists.saving import Shape, create_view
from tests.crm.pages.conftest import Desk, log_in, make
from tests.people import Company
from tests.rows import leads, make_rows

pytestmark = pytest.mark.django_db(transaction=True)
WIDE = "name,company,status,rating,phone,owner,tags,email,city,source,industry,annual_revenue,created_at"


def findings(page: Page) -> list[str]:
    """What axe says about the page, when all of it is there."""
    page.wait_for_load_state("networkidle")
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in violations for node in v["nodes"]]


@pytest.fixture
def leads_of_ada(company: Company) -> None:
    """Three leads, two of them hot."""
    given = [("One", "high"), ("Two", "low"), ("Three", "high")]
    make_rows(
        "leads", [{"name": n, "rating": r, "status": "attempted", "owner": company.ada} for n, r in given]
    )


def test_a_rep_filters_saves_the_view_and_finds_it_again(
    browser_page: Page, leads_of_ada: None, company: Company
) -> None:
    page = browser_page
    log_in(page, company.ada)
    page.goto("/leads/")
    page.get_by_role("link", name="Filter", exact=True).click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Filter")).to_be_focused()
    panel.get_by_role("combobox", name="Field").fill("rating")
    page.get_by_role("option", name="Rating", exact=True).click()
    panel.get_by_label("Value").select_option("High")
    assert findings(page) == []
    panel.get_by_role("button", name="Apply").click()
    expect(page.locator("#count")).to_have_text("2")
    expect(page.get_by_text("Rating is High")).to_be_visible()
    page.get_by_role("link", name="Save view…").click()
    panel.get_by_label("Name").fill("Hot")
    panel.get_by_label("Everyone").check()
    panel.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("status")).to_contain_text("The view “Hot” is saved.")
    page.goto("/leads/")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Hot").click()
    expect(page.get_by_role("rowheader")).to_have_text(["Three", "One"])
    page.get_by_role("link", name="Remove: Rating is High").click()
    expect(page.get_by_role("rowheader")).to_have_count(3)
    expect(page.get_by_role("button", name="Save changes")).to_be_visible()
    page.get_by_role("link", name="Reset").click()
    expect(page.get_by_role("rowheader")).to_have_count(2)
    page.get_by_role("button", name="This view").click()
    page.get_by_role("button", name="Begin with this view").click()
    page.goto("/leads/")
    expect(page.get_by_role("rowheader")).to_have_count(2)
    assert findings(page) == []


def test_a_stranger_sees_the_shared_view_without_its_rows(
    browser_page: Page, leads_of_ada: None, company: Company
) -> None:
    view = create_view(actor=company.ada, module=leads(), name="Hot", shape=Shape(), sharing="everyone")
    log_in(browser_page, company.cleo)
    browser_page.goto(f"/leads/?view={view.pk}")
    expect(browser_page.get_by_text("No Leads here yet")).to_be_visible()
    answer = browser_page.goto(f"/leads/views/{view.pk}/")
    assert answer is not None
    assert answer.status == 403


def test_rows_by_keyboard(browser_page: Page, leads_of_ada: None, company: Company) -> None:
    page = browser_page
    log_in(page, company.ada)
    page.goto("/leads/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Three")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label("Select Two")).to_be_checked()
    expect(page.get_by_label("Select this page")).not_to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.get_by_label("Select One").check()
    expect(page.get_by_label("Select this page")).to_be_checked()
    page.get_by_label("Select this page").uncheck()
    expect(page.get_by_label("Select Two")).not_to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Three")


def test_columns_are_moved_by_buttons_and_by_mouse(
    browser_page: Page, leads_of_ada: None, company: Company
) -> None:
    page = browser_page
    log_in(page, company.ada)
    page.goto("/leads/")
    page.get_by_role("link", name="Columns", exact=True).click()
    panel = page.locator("#panel")
    panel.get_by_label("City", exact=True).check()
    panel.get_by_label("Phone", exact=True).uncheck()
    up = panel.get_by_role("button", name="City up")
    for _step in range(2):
        up.click()
    expect(up).to_be_focused()
    shown = panel.locator("[data-columns-shown] li")
    shown.filter(has_text="Rating").locator(".drag").drag_to(shown.filter(has_text="Company"))
    assert findings(page) == []
    panel.get_by_role("button", name="Apply").click()
    page.wait_for_url("**columns=**")
    heads = [text.strip() for text in page.get_by_role("columnheader").all_inner_texts()]
    assert heads == ["Name", "Rating", "Company", "Status", "City", "Owner"]


def test_escape_closes_a_panel_and_gives_the_focus_back(
    browser_page: Page, leads_of_ada: None, company: Company
) -> None:
    page = browser_page
    log_in(page, company.ada)
    page.goto("/leads/")
    button = page.get_by_role("link", name="Export", exact=True)
    button.click()
    expect(page.get_by_role("button", name="Download")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Download")).to_have_count(0)
    expect(button).to_be_focused()


def test_the_file_is_downloaded(browser_page: Page, leads_of_ada: None, company: Company) -> None:
    page = browser_page
    log_in(page, company.ada)
    page.goto("/leads/?sort=name")
    page.get_by_role("link", name="Export", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert re.fullmatch(r"Leads \d{4}-\d\d-\d\d\.csv", waiting.value.suggested_filename)
    with open(waiting.value.path(), encoding="utf-8-sig", newline="") as file:
        assert [row["Name"] for row in csv.DictReader(file)] == ["One", "Three", "Two"]


def test_wide_lists_scroll_in_their_frame_and_badges_are_whole(
    browser_page: Page, leads_of_ada: None, company: Company
) -> None:
    page = browser_page
    log_in(page, company.ada)
    for width, columns in ((1400, ""), (1024, ""), (700, ""), (1400, WIDE), (800, WIDE)):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"/leads/?columns={columns}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        badge = page.locator(".cell-badge .badge", has_text="Attempted to contact").first
        assert badge.evaluate(
            "b => b.getBoundingClientRect().right <= b.parentElement.getBoundingClientRect().right"
        )
        assert badge.evaluate("b => b.parentElement.scrollWidth <= b.parentElement.clientWidth")
    assert findings(page) == []


def test_the_heading_stays_in_sight(browser_page: Page, company: Company) -> None:
    make_rows("leads", [{"name": f"N{n}", "owner": company.ada} for n in range(50)])
    page = browser_page
    page.set_viewport_size({"width": 1400, "height": 700})
    log_in(page, company.ada)
    for columns in ("", WIDE):
        page.goto(f"/leads/?columns={columns}")
        page.get_by_role("link", name="N3", exact=True).scroll_into_view_if_needed()
        expect(page.get_by_role("columnheader", name="Company")).to_be_in_viewport()


def test_lists_on_a_phone(browser_page: Page, desk: Desk, company: Company) -> None:
    page = browser_page
    make(
        "deals",
        company.ada,
        name="Ein außergewöhnlich langer Name für ein Geschäft " * 3,
        amount="12345678.90",
    )
    long = create_view(actor=company.ada, module=leads(), name="View " * 15, shape=Shape())
    page.set_viewport_size({"width": 360, "height": 740})
    log_in(page, company.ada)
    addresses = [
        "/leads/",
        "/deals/?columns=name,amount,stage,owner,tags",
        "/leads/filter/",
        "/leads/columns/",
        "/leads/export/",
        f"/leads/views/{long.pk}/",
        "/leads/views/new/?sort=company",
        "/leads/?sort=nonsense",
        "/leads/?view=my_open&q=nothing",
    ]
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
        assert findings(page) == [], address
    page.goto("/leads/")
    tick = page.get_by_label("Select Łukasz 王小明").bounding_box()
    assert tick
    assert tick["x"] > 280  # beside the name, not over it
    page.get_by_label("View", exact=True).select_option("My Leads")
    page.wait_for_url("**view=mine**")
    page.get_by_role("link", name="Łukasz 王小明").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Łukasz")


def test_the_list_in_the_dark_has_no_findings(browser_page: Page, desk: Desk, company: Company) -> None:
    for stage in ("won", "lost", "proposal"):
        make("deals", company.ada, name=stage, stage=stage, amount="5")
    browser_page.emulate_media(color_scheme="dark")
    log_in(browser_page, company.ada)
    for address in ("/deals/?view=mine", "/leads/filter/", "/leads/columns/"):
        browser_page.goto(address)
        expect(browser_page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        assert findings(browser_page) == []


def test_sums_come_below_the_columns(browser_page: Page, company: Company) -> None:
    for amount in ("10.50", "0.25"):
        make("deals", company.ada, name=amount, stage="won", amount=amount, currency="EUR")
    log_in(browser_page, company.ada)
    browser_page.goto("/deals/")
    expect(browser_page.locator("tfoot")).to_contain_text("10.75 EUR")


def test_a_filter_is_explained_for_a_record_by_name(
    browser_page: Page, leads_of_ada: None, company: Company
) -> None:
    page = browser_page
    log_in(page, company.ada)
    page.goto('/leads/?filter={"conditions":[{"field":"rating","operator":"is","value":"high"}]}')
    page.get_by_role("link", name="Filter 1", exact=True).click()
    entry = page.get_by_role("combobox", name="Why is a record in this list, or not?")
    entry.press_sequentially("tw")
    page.get_by_role("option", name="Two").click()
    assert findings(page) == []
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why is “Two” in a list, or not?")
    expect(page.get_by_text("No, they do not hold for this record.")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("View").select_option("My Leads")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text("Yes, they hold for this record.")).to_be_visible()


def test_views_are_ordered_by_mouse_and_by_keyboard(browser_page: Page, company: Company) -> None:
    for name in ("One", "Two", "Three"):
        create_view(actor=company.ada, module=leads(), name=name, shape=Shape())
    page = browser_page
    log_in(page, company.ada)
    page.goto("/leads/")
    page.get_by_role("button", name="This view").click()
    page.get_by_role("link", name="Order of my views…").click()
    names = page.locator("#panel li .view-name")
    expect(names).to_have_text(["One", "Two", "Three"])
    assert findings(page) == []
    up = page.get_by_role("button", name="Three up")
    up.focus()
    page.keyboard.press("Enter")
    expect(names).to_have_text(["One", "Three", "Two"])
    expect(up).to_be_focused()
    handles = page.locator("#panel .drag")
    handles.nth(2).drag_to(handles.nth(0))
    expect(names).to_have_text(["Two", "One", "Three"])
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("status")).to_contain_text("Your views are in the new order.")
    tabs = page.get_by_role("navigation", name="Views").get_by_role("link")
    expect(tabs).to_contain_text(["All Leads", "Two"])
    page.goto("/leads/views/order/")
    expect(names).to_have_text(["Two", "One", "Three"])
