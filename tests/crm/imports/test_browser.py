"""Story 1 in a browser: 2,500 leads to James, with progress, bad rows, and undo; and nobody else sees it."""

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page, expect

from crm.jobs.running import drain, run_job
from crm.models import Job, Lead, Task
from tests.crm.pages.conftest import log_in
from tests.people import Company, new_person
from tests.workflows import rules

pytestmark = pytest.mark.django_db(transaction=True)
ROWS, BAD = 2500, 5


def findings(page: Page) -> list[str]:
    """What axe says about the page."""
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in violations for node in v["nodes"]]


@pytest.fixture
def leads_file(tmp_path: Path) -> Path:
    """2,500 leads, of which 5 have no e-mail address that can be one, and every fifth is hot."""
    path = tmp_path / "2500 leads.csv"
    lines = ["Surname;Firma;E-mail;Priority"]
    for number in range(ROWS):
        mail = "none" if number % (ROWS // BAD) == 0 else f"lead{number}@x.example"
        lines.append(f"Lead {number};Company {number % 300};{mail};{'Hihg' if number % 5 == 0 else 'Low'}")
    path.write_text("\n".join(lines), encoding="cp1252")
    return path


def upload(page: Page, path: Path) -> None:
    """As far as the columns."""
    page.goto("/leads/")
    page.get_by_role("button", name="This view").click()
    page.get_by_role("link", name="Import…").click()
    page.get_by_label("CSV or Excel file").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/file/")
    page.get_by_role("button", name="Next").last.click()
    page.wait_for_url("**/columns/")


def next_step(page: Page, name: str) -> None:
    page.get_by_role("button", name="Next").last.click()
    page.wait_for_url(f"**/{name}/")


def test_2500_leads_go_to_james(
    browser_page: Page, company: Company, leads_file: Path, settings: Any, tmp_path: Path
) -> None:
    settings.CRM_CHUNK_SIZE = {connection.vendor: 500}
    james = new_person("James Okoro", company.staff, company.reps)
    rules.live_assignment("to_james", {"users": [james], "kind": "user"}, on_create=False)
    rules.live_rule("hot", rules.when(("rating", "is", "high")), [rules.task("Call {{name}}", owner="owner")])
    page = browser_page
    log_in(page, company.ben)
    upload(page, leads_file)
    expect(page.get_by_label("Field for Surname")).to_have_value("last_name")
    expect(page.get_by_label("Field for Firma")).to_have_value("company")
    page.get_by_label("Field for Priority").select_option("rating")
    assert findings(page) == []
    next_step(page, "values")
    expect(page.get_by_label("What Hihg becomes")).to_have_value("use:High")
    assert findings(page) == []
    next_step(page, "options")
    page.get_by_label("Assignment rule", exact=True).select_option("to_james")
    expect(page.get_by_role("radio", name="An assignment rule", exact=True)).to_be_checked()
    assert findings(page) == []
    next_step(page, "preview")
    expect(page.get_by_text("is created").first).to_be_visible()
    expect(page.get_by_text("Task “Call Lead 5” is created by Hot (James Okoro)")).to_be_visible()
    assert findings(page) == []
    assert not Lead.objects.exists()
    page.get_by_role("button", name="Start import").last.click()
    page.wait_for_url("**/jobs/*/")
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    job = Job.objects.get(kind="import")
    run_job(job.pk, seconds=0)
    expect(page.get_by_text("500 of 2,500 done")).to_be_visible()
    assert findings(page) == []
    drain()
    expect(page.get_by_text("2,500 of 2,500 done")).to_be_visible()
    expect(page.locator(".job-figures")).to_contain_text("2,495")
    expect(page.get_by_role("row")).to_have_count(1 + BAD)
    assert findings(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    file = tmp_path / "refused.csv"
    download.value.save_as(file)
    assert len(file.read_text(encoding="utf-8-sig").splitlines()) == 1 + BAD
    assert Lead.objects.filter(owner=james).count() == ROWS - BAD
    assert Task.objects.filter(owner=james).count() == 500 - BAD
    page.get_by_role("link", name="Show the records").click()
    expect(page.get_by_role("link", name="Lead 1", exact=True)).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Undo…").click()
    page.get_by_role("button", name=re.compile("^Undo “2500")).click()
    page.wait_for_url("**/jobs/*/")
    expect(page.get_by_text("Undo: 2500 leads.csv").first).to_be_visible()
    drain()
    expect(page.locator(".job-state")).to_contain_text("Done")
    assert (Lead.objects.live().count(), Task.objects.live().count()) == (0, 0)
    log_in_again(page, company)
    answer = page.goto(f"/jobs/{job.pk}/")
    assert answer is not None
    assert answer.status == 404


def log_in_again(page: Page, company: Company) -> None:
    """As Cleo, who has nothing to do with it."""
    page.context.clear_cookies()
    log_in(page, company.cleo)


def test_it_works_without_javascript_and_on_a_phone(
    browser_page: Page, company: Company, leads_file: Path, live_server: Any
) -> None:
    browser = browser_page.context.browser
    assert browser is not None
    size = {"width": 360, "height": 740}
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    log_in(page, company.ada)
    page.goto("/leads/import/")
    page.get_by_label("CSV or Excel file").set_input_files(leads_file)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Next").last.click()
    page.get_by_label("Field for Priority").select_option("rating")
    for name in ("values", "options", "preview"):
        next_step(page, name)
    page.get_by_role("button", name="Back").click()
    page.wait_for_url("**/options/")
    next_step(page, "preview")
    page.get_by_role("button", name="Start import").last.click()
    page.wait_for_url("**/jobs/*/")
    drain()
    page.reload()
    expect(page.locator(".job-state")).to_contain_text("Done")
    context.close()
    assert Lead.objects.count() == ROWS - BAD


def test_nothing_scrolls_sideways_on_a_phone_and_dark_is_accessible(
    browser_page: Page, company: Company, tmp_path: Path
) -> None:
    path = tmp_path / f"{'long name ' * 12}.csv"
    path.write_text(f"Last name,Account,{'Heading' * 20}\n王小明,Nowhere,{'x' * 300}\n", encoding="utf-8")
    page = browser_page
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    log_in(page, company.ada)
    page.goto("/contacts/import/")
    wide, bad = [], []

    def look(name: str) -> None:
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(name)
        bad.extend(findings(page))

    look("upload")
    page.get_by_label("CSV or Excel file").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/file/")
    for name in ("columns", "values", "options", "preview"):
        look(name)
        next_step(page, name)
    look("preview")
    page.get_by_role("button", name="Start import").last.click()
    page.wait_for_url("**/jobs/*/")
    drain()
    expect(page.locator(".job-state")).to_contain_text("Done")
    look("job")
    page.goto("/jobs/")
    look("jobs")
    assert wide == []
    assert bad == []


def test_a_file_above_the_limit_is_told_before_it_is_sent(
    browser_page: Page, company: Company, tmp_path: Path, settings: Any
) -> None:
    settings.IMPORT_MAX_MB = 1
    path = tmp_path / "big.csv"
    path.write_bytes(b"x" * (1024 * 1024 + 1))
    log_in(browser_page, company.ada)
    browser_page.goto("/leads/import/")
    browser_page.get_by_label("CSV or Excel file").set_input_files(path)
    expect(browser_page.get_by_text("larger than 1 MB")).to_be_visible()
    browser_page.get_by_role("button", name="Upload").click()
    browser_page.wait_for_timeout(300)
    assert browser_page.url.endswith("/leads/import/")
    assert not Job.objects.exists()
