"""A claim that needs a browser: a template is written, put right, and previewed."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.crm.admin.test_browser import log_in, shoot
from tests.people import Company
from tests.workflows import rules as r

pytestmark = pytest.mark.django_db(transaction=True)


def violations(page: Page, context: str) -> list[str]:
    """What axe finds wrong."""
    found = Axe().run(page, context=context).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


def test_a_template_is_written_and_previewed(browser_page: Page, company: Company) -> None:
    r.create(company.ada, first_name="Grace", last_name="Hopper", owner=company.ada.pk).or_raise()
    log_in(browser_page, company.admin)
    browser_page.goto(reverse("admin:workflows_emailtemplate_add"))
    browser_page.locator("#id_name").fill("Welcome")
    browser_page.locator("#id_module").select_option("leads", force=True)
    browser_page.locator("#id_subject").fill("Hello {{nmae}}")
    browser_page.locator("#id_form").select_option("html", force=True)
    browser_page.locator("#id_body").fill('<p style="color: green">Dear {{first_name|customer}},</p>')
    browser_page.get_by_role("button", name="Save", exact=True).click()
    expect(browser_page.get_by_text("Merge field {{nmae}}")).to_be_visible()
    shoot(browser_page, "email_template_error")
    browser_page.locator("#id_subject").fill("Hello {{name}}")
    browser_page.get_by_role("button", name="Save and continue editing").click()
    expect(browser_page.get_by_text("was added successfully")).to_be_visible()
    expect(browser_page.get_by_text("{{first_name}}", exact=True)).to_be_visible()
    shoot(browser_page, "email_template")
    assert violations(browser_page, "#emailtemplate_form") == []
    browser_page.get_by_role("link", name="Preview…").click()
    expect(browser_page.get_by_role("heading", name="Hello Grace Hopper")).to_be_visible()
    text = browser_page.frame_locator("iframe").get_by_text("Dear Grace,")
    expect(text).to_have_css("color", "rgb(0, 128, 0)")
    shoot(browser_page, "email_preview")
    assert violations(browser_page, "#content") == []
