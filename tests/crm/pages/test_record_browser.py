"""The record page in a browser: edited in place, with keyboard and on a phone, by two people at once."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from crm.modules.loading import module
from tests.crm.pages.conftest import Desk, edit, log_in, make
from tests.crm.pages.test_browser import findings
from tests.people import Company, grant
from tests.workflows import rules

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lead(browser_page: Page, desk: Desk, company: Company) -> Page:
    """Ada looks at her lead; a rule waits for a high rating."""
    rules.live_rule(
        "high_priority",
        rules.when(("rating", "is", "high")),
        [rules.update("status", "contacted"), rules.task("Call {{name}}", owner="owner")],
        name="High priority",
    )
    log_in(browser_page, company.ada)
    browser_page.goto(f"/leads/{desk.lead}/")
    return browser_page


def control(page: Page, key: str) -> Locator:
    """The control of a field that is being edited."""
    return page.locator(f"#id_{key}")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def told(page: Page, text: str) -> None:
    expect(page.locator("#messages")).to_contain_text(text)


def test_a_value_is_clicked_and_what_rules_did_is_seen_at_once(lead: Page) -> None:
    lead.locator("#cell-rating dd").click()
    expect(control(lead, "rating")).to_be_focused()
    control(lead, "rating").select_option("High")
    save(lead)
    told(lead, "Rating was saved.")
    expect(lead.locator("#edit-rating")).to_be_focused()
    expect(lead.locator("#cell-status")).to_contain_text("changed with it")
    expect(lead.locator("#record-head")).to_contain_text("Contacted")
    expect(lead.get_by_role("region", name="Tasks")).to_contain_text("Call Łukasz 王小明")
    timeline = lead.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text(re.compile(r"Rating:\s*Low\s*→\s*to\s*High"))
    expect(timeline.get_by_text("by hand: Ada Adler")).to_be_hidden()
    timeline.get_by_text("rule: High priority").first.click()
    expect(timeline.get_by_text("by hand: Ada Adler")).to_be_visible()
    expect(timeline.get_by_text("Status: New → Contacted")).to_be_visible()
    assert findings(lead) == []


def test_the_keyboard_opens_cancels_and_saves(lead: Page) -> None:
    pencil = lead.get_by_role("link", name="Edit City")
    pencil.focus()
    lead.keyboard.press("e")
    field = control(lead, "city")
    expect(field).to_be_focused()
    assert findings(lead) == []
    field.fill("Gdańsk")
    lead.keyboard.press("Escape")
    expect(pencil).to_be_focused()
    expect(lead.locator("#cell-city")).not_to_contain_text("Gdańsk")
    lead.keyboard.press("Enter")
    control(lead, "city").fill("Kraków")
    lead.keyboard.press("Enter")
    told(lead, "City was saved.")
    expect(pencil).to_be_focused()
    assert module("leads").rows().get().city == "Kraków"


def test_what_is_typed_elsewhere_stays_when_a_field_is_saved(lead: Page) -> None:
    lead.get_by_label("New note").fill("Half a note")
    lead.get_by_role("link", name="Edit City").click()
    control(lead, "city").fill("Half a city")
    lead.get_by_role("link", name="Edit Rating").click()
    control(lead, "rating").select_option("Medium")
    lead.locator("#cell-rating").get_by_role("button", name="Save").click()
    told(lead, "Rating was saved.")
    expect(lead.get_by_label("New note")).to_have_value("Half a note")
    expect(control(lead, "city")).to_have_value("Half a city")
    control(lead, "city").press("Enter")
    told(lead, "City was saved.")
    lead.get_by_role("button", name="Add note").click()
    told(lead, "The note was added.")
    expect(lead.get_by_label("New note")).to_have_value("")
    expect(lead.get_by_role("region", name="Notes")).to_contain_text("Half a note")


def test_a_wrong_value_is_told_and_gets_the_focus(lead: Page) -> None:
    lead.get_by_role("link", name="Edit E-mail").click()
    control(lead, "email").fill("nobody")
    save(lead)
    expect(lead.locator("#id_email-error")).to_contain_text("Enter an e-mail address")
    expect(control(lead, "email")).to_be_focused()
    expect(control(lead, "email")).to_have_value("nobody")
    assert findings(lead) == []


def test_two_people_at_once_choose_what_stays(lead: Page, desk: Desk, company: Company) -> None:
    lead.get_by_role("link", name="Edit Rating").click()
    expect(control(lead, "rating")).to_have_value("low")
    edit("leads", desk.lead, company.ben, rating="high")
    control(lead, "rating").select_option("Medium")
    save(lead)
    expect(lead.get_by_text("Ben Berg changed this to “High” while you were editing.")).to_be_visible()
    assert findings(lead) == []
    assert module("leads").rows().get().rating == "high"
    lead.get_by_label("Use mine, as it is above").check()
    save(lead)
    told(lead, "Rating was saved.")
    assert module("leads").rows().get().rating == "medium"


def test_an_owner_is_looked_up_in_place(lead: Page, company: Company) -> None:
    lead.get_by_role("link", name="Edit Owner").click()
    field = lead.get_by_role("combobox", name="Owner")
    field.fill("")
    field.press_sequentially("ben")
    expect(lead.get_by_role("option", name="Ben Berg")).to_be_visible()
    field.press("Enter")
    field.press("Enter")
    expect(lead.get_by_role("heading", name="Leads")).to_be_visible()
    told(lead, "You no longer see this record.")
    lead.wait_for_load_state("networkidle")
    assert module("leads").rows().get().owner_id == company.ben.pk


def test_tags_come_and_go(lead: Page) -> None:
    lead.get_by_role("link", name="Tag", exact=True).click()
    expect(lead.get_by_label("New tag")).to_be_focused()
    lead.keyboard.press("Escape")
    expect(lead.get_by_role("link", name="Tag", exact=True)).to_be_focused()
    lead.keyboard.press("Enter")
    lead.get_by_label("New tag").fill("大客户")
    lead.keyboard.press("Enter")
    expect(lead.locator(".tag-text")).to_have_text("大客户")
    lead.get_by_role("button", name="Remove the tag 大客户").click()
    expect(lead.locator(".tag-text")).to_have_count(0)


def test_sharing_in_the_dialog_and_back(lead: Page, company: Company) -> None:
    more = lead.locator("summary", has=lead.locator("svg")).and_(lead.get_by_label("More actions"))
    more.click()
    lead.get_by_role("link", name="Share…").click()
    dialog = lead.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Person")).to_be_focused()
    assert findings(lead) == []
    dialog.get_by_role("combobox", name="Person").press_sequentially("cleo")
    expect(lead.get_by_role("option", name="Cleo Cole")).to_be_visible()
    lead.keyboard.press("Enter")
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_role("listitem")).to_contain_text("Cleo Cole")
    lead.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(more).to_be_focused()
    expect(lead.get_by_role("region", name="Timeline")).to_contain_text("shared this record with Cleo Cole")


def test_files_are_added_refused_and_deleted(lead: Page, tmp_path: Path) -> None:
    for name, content in (("offer.txt", b"hello"), ("setup.exe", b"MZ"), ("large.bin", b"x" * 30 * 2**20)):
        (tmp_path / name).write_bytes(content)
    files = lead.get_by_role("region", name="Files")
    files.locator("input[type=file]").set_input_files([tmp_path / "offer.txt", tmp_path / "setup.exe"])
    expect(files.get_by_role("link", name="offer.txt", exact=True)).to_be_visible()
    expect(files).to_contain_text("setup.exe: Programs and scripts are not taken")
    files.locator("input[type=file]").set_input_files(tmp_path / "large.bin")
    expect(files.get_by_text("Files have at most 25.0")).to_be_visible()
    expect(files).to_contain_text("large.bin")
    with lead.expect_download() as download:
        files.get_by_role("link", name="offer.txt", exact=True).click()
    assert Path(download.value.path()).read_bytes() == b"hello"
    files.get_by_role("link", name="Delete offer.txt").click()
    expect(lead.get_by_role("dialog")).to_contain_text("cannot be brought back")
    assert findings(lead) == []
    lead.get_by_role("button", name="Delete file").click()
    expect(files.get_by_role("link", name="offer.txt", exact=True)).to_have_count(0)
    expect(lead.get_by_role("dialog")).to_be_hidden()


def test_the_own_note_is_changed_in_place(lead: Page) -> None:
    lead.get_by_label("New note").fill("First")
    lead.get_by_role("button", name="Add note").click()
    told(lead, "The note was added.")
    lead.get_by_role("link", name="Edit note").click()
    expect(lead.get_by_role("textbox", name="Note", exact=True)).to_be_focused()
    lead.keyboard.type(" and more")
    lead.keyboard.press("Control+Enter")
    told(lead, "The note was changed.")
    expect(lead.get_by_role("region", name="Notes")).to_contain_text("First and more")


def test_a_form_on_a_page_of_its_own_leads_back_to_the_record(lead: Page, desk: Desk) -> None:
    record = lead.url
    lead.goto(f"{record}tags/")
    lead.get_by_label("New tag").fill("b2b")
    lead.get_by_role("button", name="Add", exact=True).click()
    expect(lead.locator(".tag-text")).to_have_text("b2b")
    lead.goto(f"{record}notes/{desk.note}/delete/")
    lead.get_by_role("button", name="Delete note").click()
    told(lead, "The note was deleted.")
    expect(lead).to_have_url(record)


def test_related_lists_come_when_they_are_scrolled_to(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    make("deals", company.ada, name="Great deal", account=desk.account)
    log_in(browser_page, company.ada)
    browser_page.goto(f"/accounts/{desk.account}/")
    deals = browser_page.get_by_role("region", name="Deals")
    browser_page.keyboard.press("End")
    expect(deals.get_by_role("link", name="Great deal")).to_be_visible()
    browser_page.keyboard.press("End")
    expect(browser_page.get_by_role("link", name="New Case")).to_be_visible()
    expect(browser_page.locator("[hx-trigger=revealed]")).to_have_count(0)
    assert findings(browser_page) == []
    browser_page.get_by_role("link", name="New Deal").click()
    expect(browser_page.get_by_role("combobox", name="Account")).to_have_value("Isdom GmbH")


def test_a_stranger_sees_no_record_and_no_fragment(browser_page: Page, desk: Desk, company: Company) -> None:
    log_in(browser_page, company.cleo)
    for part in ("", "fields/rating/", "shares/", "tags/", "notes/"):
        answer = browser_page.goto(f"/leads/{desk.lead}/{part}")
        assert answer is not None
        assert answer.status == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_is_accessible_with_everything_on_it(lead: Page, desk: Desk, theme: str) -> None:
    lead.emulate_media(color_scheme=theme, reduced_motion="reduce")
    lead.get_by_role("link", name="Edit Rating").click()
    control(lead, "rating").select_option("High")
    save(lead)
    told(lead, "Rating was saved.")
    lead.get_by_text("rule: High priority").first.click()
    lead.get_by_label("More actions").click()
    assert findings(lead) == []


def test_on_a_phone_nothing_scrolls_sideways(lead: Page, desk: Desk, company: Company) -> None:
    edit("leads", desk.lead, company.ada, title="x" * 200, tags=["很长的标签" * 10, "y" * 60])
    lead.set_viewport_size({"width": 360, "height": 740})
    lead.reload()
    lead.get_by_role("link", name="Edit Rating").click()
    expect(control(lead, "rating")).to_be_focused()
    lead.get_by_role("link", name="Edit Job title").click()
    assert lead.evaluate("document.documentElement.scrollWidth") == 360
    lead.get_by_label("More actions").click()
    lead.get_by_role("link", name="Share…").click()
    expect(lead.get_by_role("dialog").get_by_role("combobox", name="Person")).to_be_focused()
    assert lead.evaluate("document.documentElement.scrollWidth") == 360
    assert findings(lead) == []


def test_title_head_related_lists_and_timeline_follow_a_change(
    browser_page: Page, desk: Desk, company: Company
) -> None:
    grant(company.staff, "contacts", "view")
    log_in(browser_page, company.ada)
    browser_page.goto(f"/accounts/{desk.account}/")
    quotes = browser_page.get_by_role("region", name="Quotes")
    quotes.scroll_into_view_if_needed()
    expect(quotes).to_contain_text("Renewal")
    contacts = browser_page.locator("#related-contacts-account")
    expect(contacts).to_be_hidden()
    make("quotes", company.ada, name="Made by a rule", account=desk.account)
    make("contacts", company.admin, last_name="Engel", account=desk.account, owner=company.ada.pk)
    browser_page.get_by_role("link", name="Edit Name").click()
    control(browser_page, "name").fill("Isdom Holding")
    save(browser_page)
    told(browser_page, "Name was saved.")
    expect(browser_page).to_have_title("Isdom Holding · Signalbox")
    expect(browser_page.get_by_role("heading", level=1)).to_have_text("Isdom Holding")
    expect(browser_page.get_by_role("region", name="Timeline")).to_contain_text("Isdom Holding")
    expect(quotes).to_contain_text("Made by a rule")
    expect(contacts).to_contain_text("Engel")
    expect(browser_page.locator("#edit-name")).to_be_focused()
    make("quotes", company.ada, name="And another one", account=desk.account)
    browser_page.get_by_role("link", name="Edit Phone").click()
    control(browser_page, "phone").fill("+48 22 555")
    save(browser_page)
    expect(quotes).to_contain_text("And another one")
    assert findings(browser_page) == []
