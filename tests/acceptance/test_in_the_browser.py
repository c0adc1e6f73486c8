"""The two companies' data through the browser's steps, with the same totals as by command."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.jobs.running import drain
from crm.models import Account, Deal, Job, JobState, Lead, Module, Product, User
from crm.modules.field_editing import create_field
from tests.acceptance.test_education_leads import share_out
from tests.acceptance.test_sales_pipeline import REGIONS, teams_of, won
from tests.crm.pages.conftest import log_in
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
Run = Callable[..., dict[str, Any]]
NEW, OUT = "+", ""


@pytest.fixture
def boss(db: None) -> User:
    """Somebody who sees everything and may make fields."""
    return User.objects.create_superuser("boss@example.com", PASSWORD, name="Boss")


@pytest.fixture
def page(browser_page: Page, boss: User) -> Page:
    """A browser in which the boss is logged in; big files take their time."""
    browser_page.set_default_timeout(60_000)
    log_in(browser_page, boss)
    return browser_page


def next_step(page: Page, name: str) -> None:
    page.get_by_role("button", name="Next").last.click()
    page.wait_for_url(f"**/{name}/")


def bring_in(
    page: Page,
    module: str,
    path: Path,
    columns: dict[str, str],
    *,
    others: str | None = None,
    empty: str = "",
    values: dict[str, str] | None = None,
    options: Callable[[Page], None] = lambda page: None,
) -> Job:
    """Imports a file step by step; `others` is chosen for columns for which nothing is proposed."""
    page.goto(f"/{module}/import/")
    page.get_by_label("CSV or Excel file").set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/file/")
    next_step(page, "columns")
    for select in page.locator("select[name^=field-]").all():
        if others is not None and select.input_value() == OUT:
            select.select_option(others)
    for column, key in columns.items():
        page.get_by_label(f"Field for {column}", exact=True).select_option(key)
    page.get_by_label("Texts that count as empty").fill(empty)
    next_step(page, "values")
    for text, label in (values or {}).items():
        page.get_by_label(f"What {text} becomes", exact=True).select_option(label=label)
    next_step(page, "options")
    options(page)
    next_step(page, "preview")
    expect(page.get_by_text("is created").first).to_be_visible()
    page.get_by_role("button", name="Start import").last.click()
    page.wait_for_url("**/jobs/*/")
    drain(600)
    expect(page.locator(".job-state")).to_contain_text("Done")
    job = Job.objects.filter(kind="import").latest("pk")
    assert job.state == JobState.DONE
    assert page.locator(".job-now").inner_text().replace(",", "").count(str(job.total)) == 2
    return job


def no_automation(page: Page) -> None:
    page.get_by_label("None: no mails, no tasks, no changes by rules").check()


def test_9240_leads_find_their_owners(page: Page, acceptance_data: Path) -> None:
    path = acceptance_data / "x_education_leads" / "Leads.csv"
    names = {"Lead Number": "last_name", "Lead Source": NEW}
    job = bring_in(page, "leads", path, names, others=NEW, empty="Select", options=no_automation)
    assert job.tally == {"created": 9240}
    share_out()

    def by_rule(page: Page) -> None:
        page.get_by_label("Don’t look: create a record for every row").check()
        page.get_by_label("All rules, as for records that people make").check()
        page.get_by_label("Assignment rule", exact=True).select_option("education")

    again = bring_in(page, "leads", path, {}, empty="Select", options=by_rule)
    assert again.tally["created"] == 9240
    assert "refused" not in again.tally
    given = Lead.objects.exclude(owner__name="Boss")
    owners = Counter(given.values_list("owner__name", flat=True))
    assert owners.pop("James") == 3561
    assert sum(owners.values()) == 9240 - 3561
    assert max(owners.values()) - min(owners.values()) <= 1


@pytest.mark.parametrize("name", ["sales_pipeline.csv", "sales_pipeline.excel_resaved.csv"])
def test_the_pipelines_sums_are_right(
    page: Page, boss: User, acceptance_data: Path, run: Run, name: str
) -> None:
    folder = acceptance_data / "crm_sales_opportunities"
    run("import_people", folder / "sales_teams.csv")
    accounts = {
        "account": "name", "sector": "industry", "revenue": "annual_revenue", "office_location": "country",
        "subsidiary_of": "parent",
    }  # fmt: skip
    job = bring_in(page, "accounts", folder / "accounts.csv", accounts, others=NEW)
    assert job.tally == {"created": 85}
    assert Account.objects.filter(parent__isnull=False).count() == 15
    assert Account.objects.filter(industry="technology").count() == 12
    products = {"product": "name", "series": "category", "sales_price": "price"}
    bring_in(page, "products", folder / "products.csv", products)
    assert Product.objects.count() == 7
    deals = Module.objects.get(key="deals")
    create_field(module=deals, label="Product", type="link", options={"module": "products"}, actor=None)
    create_field(module=deals, label="Engage date", type="date", actor=None)
    columns = {
        "opportunity_id": "name", "sales_agent": "owner", "deal_stage": "stage", "close_value": "amount",
    }  # fmt: skip
    job = bring_in(page, "deals", folder / name, columns, values={"Engaging": "Qualification"})
    assert job.tally == {"created": 8800}
    assert won(boss) == 10_005_534
    assert {region: won(boss, ("owner.role", "is_any_of", teams_of(region))) for region in REGIONS} == REGIONS
    assert Deal.objects.filter(account__isnull=True).count() == 1425
    assert Deal.objects.filter(custom__product__isnull=False).count() == 8800
