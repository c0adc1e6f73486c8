"""A claim that needs a browser: hours are typed and saved, and the country's holidays are shown."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.crm.admin.test_browser import log_in, shoot
from tests.people import Company
from workflows.models import BusinessHours

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_week_is_typed_and_the_holidays_are_shown(browser_page: Page, company: Company) -> None:
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:workflows_businesshours_add"))
    browser_page.locator("#id_name").fill("Office")
    for weekday in ("monday", "tuesday", "wednesday", "thursday", "friday"):
        browser_page.locator(f"#id_{weekday}").fill("9-17")
    browser_page.locator("#id_monday").fill("17-9")
    browser_page.locator("#id_country").select_option("DE", force=True)
    browser_page.get_by_role("button", name="Save", exact=True).click()
    expect(browser_page.get_by_text("17:00–09:00 ends before it begins")).to_be_visible()
    shoot(browser_page, "hours_error")
    browser_page.locator("#id_monday").fill("9-12:30, 13-17")
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was added successfully")).to_be_visible()
    expect(browser_page.locator("#id_monday")).to_have_value("09:00–12:30, 13:00–17:00")
    browser_page.locator("#id_region").select_option("BY", force=True)
    browser_page.get_by_role("link", name="Add another Special day").click()
    browser_page.locator("#id_special_days-0-day").fill("2026-12-24")
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was changed successfully")).to_be_visible()
    expect(browser_page.get_by_text("Epiphany").first).to_be_visible()
    shoot(browser_page, "hours")
    hours = BusinessHours.objects.get()
    assert (hours.region, hours.special_days.get().kind) == ("BY", "closed")
    found = Axe().run(browser_page, context="#businesshours_form").response["violations"]
    html = [(one["id"], node["html"]) for one in found for node in one["nodes"]]
    # Unfold's column of buttons has no heading, and select2's search boxes no label, on any page.
    known = ("empty-table-header", "select2-search__field")
    assert [one for one in html if not any(name in " ".join(one) for name in known)] == []
