"""The stories of duplicates, merging, converting, the bin and product lines, in a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from crm.door import Change, Source, Verb, apply
from crm.door.reading import read_records
from crm.modules.loading import module
from tests.crm.pages.conftest import Desk, edit, log_in, make
from tests.crm.pages.test_browser import findings
from tests.people import Company

pytestmark = pytest.mark.django_db(transaction=True)


def double(company: Company) -> int:
    """Another lead of Ada's with the same phone number."""
    given = {"first_name": "Lukasz", "phone": "+48221234567", "title": "Head of IT", "rating": "high"}
    return make("leads", company.ada, last_name="Wang", company="Isdom GmbH", **given)


def test_a_duplicate_is_warned_of_while_typing_saved_anyway_and_merged(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto("/leads/new/")
    browser_page.get_by_label("Last name").fill("Wang")
    browser_page.get_by_label("Phone").fill("+48 22 123 45 67")
    browser_page.get_by_label("Rating").select_option("High")
    warning = browser_page.locator(".alike")
    expect(warning).to_contain_text("There may be already:")
    expect(warning.get_by_role("link", name="Łukasz 王小明")).to_be_visible()
    assert findings(browser_page) == []
    browser_page.get_by_role("button", name="Create Lead").click()
    expect(browser_page.get_by_role("alert")).to_contain_text("Not saved yet.")
    expect(browser_page.get_by_label("Rating")).to_have_value("high")
    assert findings(browser_page) == []
    browser_page.get_by_role("button", name="Save anyway").click()
    expect(browser_page.get_by_role("heading", name="Wang", exact=True)).to_be_visible()
    browser_page.get_by_label("More actions").click()
    browser_page.get_by_role("link", name="Merge…").click()
    browser_page.get_by_role("link", name="Łukasz 王小明").click()
    browser_page.wait_for_load_state("networkidle")  # the preview follows once the scripts are there
    expect(browser_page.get_by_role("button", name="Keep this one")).to_have_count(0)
    browser_page.get_by_role("radio", name="Łukasz 王小明", exact=True).check()
    preview = browser_page.locator(".preview")
    expect(preview).to_contain_text("“Łukasz 王小明” stays.")
    expect(browser_page.get_by_label("Last name: 王小明")).to_be_checked()
    browser_page.get_by_label("Rating: High").check()
    expect(preview).to_contain_text("It takes over from “Wang”: Rating.")
    assert findings(browser_page) == []
    browser_page.get_by_role("button", name="Merge records").click()
    expect(browser_page.get_by_role("status")).to_contain_text("“Wang” was merged into Łukasz 王小明")
    assert read_records(module("leads"), [desk.lead])[desk.lead].values["rating"] == "high"


def test_a_lead_is_converted_with_what_is_there_already(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    edit("leads", desk.lead, company.ada, company="Isdom GmbH")
    log_in(browser_page, company.ada)
    browser_page.goto(f"/leads/{desk.lead}/")
    browser_page.get_by_role("link", name="Convert", exact=True).click()
    expect(browser_page.get_by_label("Use “Isdom GmbH”, which is there already")).to_be_checked()
    expect(browser_page.get_by_label("Amount")).to_be_hidden()
    browser_page.get_by_label("Make a deal too").check()
    browser_page.get_by_label("Amount").fill("much")
    assert findings(browser_page) == []
    browser_page.get_by_role("button", name="Convert lead").click()
    browser_page.get_by_role("link", name="Amount: Enter a number").click()
    expect(browser_page.get_by_label("Amount")).to_be_focused()
    browser_page.get_by_label("Amount").fill("12,500")
    browser_page.get_by_role("button", name="Convert lead").click()
    expect(browser_page.get_by_role("heading", name="is converted")).to_be_visible()
    assert findings(browser_page) == []
    browser_page.get_by_role("main").get_by_role("link", name="Isdom GmbH").last.click()
    expect(browser_page.get_by_text("12,500.00 EUR").first).to_be_visible()


def test_what_was_deleted_comes_back_by_undo_and_goes_for_good_after_a_question(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    log_in(browser_page, company.ada)
    browser_page.goto(f"/leads/{desk.lead}/delete/")
    browser_page.get_by_role("button", name="Delete Lead").click()
    expect(browser_page.get_by_role("button", name="Undo")).to_be_visible()
    assert findings(browser_page) == []
    browser_page.get_by_role("button", name="Undo").click()
    expect(browser_page.get_by_role("heading", name="Łukasz 王小明")).to_be_visible()
    browser_page.goto(f"/leads/{desk.lead}/delete/")
    browser_page.get_by_role("button", name="Delete Lead").click()
    browser_page.get_by_role("link", name="Open the bin").click()
    browser_page.get_by_label("All on this page").check()
    expect(browser_page.get_by_label("Łukasz 王小明", exact=True)).to_be_checked()
    assert findings(browser_page) == []
    browser_page.get_by_role("button", name="Delete chosen for good…").click()
    expect(browser_page.get_by_text("1 note")).to_be_visible()
    assert findings(browser_page) == []
    browser_page.get_by_role("button", name="Delete for good").click()
    expect(browser_page.get_by_role("status")).to_contain_text("1 record was deleted for good.")
    assert not module("leads").rows().filter(pk=desk.lead).exists()


def test_a_chosen_product_fills_its_line_and_another_one_replaces_that(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    make("products", company.ada, name="GTX Max", price="1250.5", tax="19", description="Carbon")
    company.ada.language = "de"
    company.ada.save()
    log_in(browser_page, company.ada)
    browser_page.goto("/quotes/new/")
    line = browser_page.locator(".line").first
    price, text = line.locator('[name$="-price"]'), line.locator('[name$="-text"]')
    product = line.get_by_role("combobox")
    product.press_sequentially("GTX M")
    browser_page.get_by_role("option", name="GTX Max").click()
    expect(price).to_have_value("1250,50")
    expect(text).to_have_value("Carbon")
    text.fill("Mine")
    product.fill("")
    product.press_sequentially("GTX P")
    browser_page.get_by_role("option", name="GTX Pro").click()
    expect(price).to_have_value("100,00")
    expect(text).to_have_value("Mine")


def test_leaving_a_form_asks_only_when_something_was_typed(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    log_in(browser_page, company.ada)
    browser_page.goto(f"/leads/{desk.lead}/edit/")
    browser_page.on("dialog", stay)
    browser_page.get_by_label("City").focus()
    browser_page.get_by_role("link", name="Cancel").click()
    browser_page.wait_for_url(f"**/leads/{desk.lead}/")
    browser_page.get_by_role("link", name="Edit", exact=True).click()
    browser_page.get_by_label("City").fill("Kraków")
    browser_page.get_by_role("link", name="Cancel").click()
    expect(browser_page.get_by_label("City")).to_have_value("Kraków")
    assert asked == ["beforeunload"]
    browser_page.get_by_role("button", name="Save", exact=True).last.click()
    expect(browser_page.get_by_role("status")).to_contain_text("Saved.")
    assert asked == ["beforeunload"]


def test_a_stranger_is_refused_every_verb(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.cleo)
    for verb in ("merge", "convert", "delete"):
        answer = browser_page.goto(f"/leads/{desk.lead}/{verb}/")
        assert answer is not None
        assert answer.status == 404


@pytest.fixture
def addresses(desk: Desk, company: Company) -> Callable[[], list[str]]:
    """The pages of the verbs, each with something on it."""

    def made() -> list[str]:
        edit("leads", desk.lead, company.ada, title="x" * 120)
        other, gone = double(company), make("leads", company.ada, last_name="w" * 80)
        apply([Change(Verb.BIN, "leads", gone)], actor=company.ada, source=Source.PAGE).or_raise()
        return [
            f"/leads/{desk.lead}/merge/",
            f"/leads/{desk.lead}/merge/?with={other}",
            f"/leads/{desk.lead}/convert/",
            f"/leads/{desk.lead}/delete/",
            "/leads/bin/",
            "/contacts/bin/",
            f"/leads/bin/delete/?ids={gone}",
            f"/quotes/{desk.quote}/invoice/",
            "/leads/new/",
        ]

    return made


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(
    browser_page: Page, desk: Desk, company: Company, theme: str, addresses: Callable[[], list[str]]
) -> None:
    browser_page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    browser_page.set_viewport_size({"width": 360, "height": 740})
    log_in(browser_page, company.ada)
    found = {}
    for address in addresses():
        browser_page.goto(address)
        found[address] = findings(browser_page)
        width = browser_page.evaluate("document.documentElement.scrollWidth")
        found[address] += ["scrolls sideways"] if width > 360 else []
    assert {address: seen for address, seen in found.items() if seen} == {}
