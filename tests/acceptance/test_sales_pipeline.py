"""A company's sales: people and superiors, accounts with parents, products, 8,800 deals in two formats."""

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from crm.models import Account, Deal, Module, Product, Role, User
from crm.modules.field_editing import create_field
from crm.modules.loading import module
from crm.people.hierarchy import people_below, superior_of
from crm.visibility import visible_to
from tests.acceptance.conftest import matching

pytestmark = pytest.mark.django_db
Run = Callable[..., dict[str, Any]]
REGIONS = {"central": 3_346_293, "east": 3_090_594, "west": 3_568_647}
DEALS = {
    "columns": {
        "opportunity_id": "name", "sales_agent": "owner", "deal_stage": "stage", "close_value": "amount",
    },
    "values": {"deal_stage": {"Engaging": "Qualification"}},
}  # fmt: skip
FIXED = {**DEALS, "values": {**DEALS["values"], "product": {"GTXPro": "GTX Pro"}}}
ACCOUNTS = {
    "columns": {
        "account": "name", "sector": "industry", "revenue": "annual_revenue", "office_location": "country",
        "subsidiary_of": "parent",
    },
    "values": {"sector": {"technolgy": "Technology"}},
}  # fmt: skip


@pytest.fixture
def folder(acceptance_data: Path) -> Path:
    """The company's files."""
    return acceptance_data / "crm_sales_opportunities"


@pytest.fixture
def _company(folder: Path, run: Run) -> None:
    """People, accounts and products are in, and deals have the fields for product and date of engagement."""
    people = run("import_people", folder / "sales_teams.csv")
    assert (people["people_created"], people["roles_created"]) == (41, 10)
    accounts = run("import_records", "accounts", folder / "accounts.csv", "--create-fields", mapping=ACCOUNTS)
    assert (accounts["created"], accounts["refused"], accounts["incomplete"]) == (85, 0, 0)
    names = ["--map", "product=name", "--map", "series=category", "--map", "sales_price=price"]
    products = run("import_records", "products", folder / "products.csv", *names)
    assert (products["created"], Product.objects.count()) == (7, 7)
    deals = Module.objects.get(key="deals")
    create_field(module=deals, label="Product", type="link", options={"module": "products"}, actor=None)
    create_field(module=deals, label="Engage date", type="date", actor=None)


@pytest.mark.usefixtures("_company")
def test_people_have_their_superiors_and_accounts_their_parents(folder: Path) -> None:
    with (folder / "sales_teams.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            agent = User.objects.get(name=row["sales_agent"])
            superior = superior_of(agent)
            assert superior is not None
            assert superior.name == row["manager"]
            assert agent.role.parent.name == row["regional_office"]
    with (folder / "accounts.csv").open(newline="") as file:
        expected = {row["account"]: row["subsidiary_of"] or None for row in csv.DictReader(file)}
    assert dict(Account.objects.values_list("name", "parent__name")) == expected
    assert sum(parent is not None for parent in expected.values()) == 15


def won(chief: User, *conditions: tuple[str, str, Any]) -> Decimal:
    """The value of the deals won that match."""
    where = matching("deals", ("stage", "is", "won"), *conditions)
    total: Decimal = visible_to(chief, module("deals")).filter(where).aggregate(total=Sum("amount"))["total"]
    return total


def teams_of(region: str) -> list[str]:
    """Keys of the roles below a regional office."""
    return list(Role.objects.filter(parent__key=region).values_list("key", flat=True))


@pytest.mark.usefixtures("_company")
@pytest.mark.parametrize("name", ["sales_pipeline.csv", "sales_pipeline.excel_resaved.csv"])
def test_the_pipeline_goes_in_and_its_sums_are_right(folder: Path, run: Run, chief: User, name: str) -> None:
    told = run("import_records", "deals", folder / name, "--as", chief.email, mapping=FIXED)
    assert (told["rows"], told["created"], told["refused"]) == (8800, 8800, 0)
    assert won(chief) == 10_005_534
    by_region = {region: won(chief, ("owner.role", "is_any_of", teams_of(region))) for region in REGIONS}
    assert by_region == REGIONS
    for region, total in REGIONS.items():
        heads = User.objects.filter(heads__parent__key=region)
        below = [person for head in heads for person in people_below(head)]
        owned = Deal.objects.filter(stage="won", owner__in=below)
        assert owned.aggregate(total=Sum("amount"))["total"] == total
    stages = {
        key: Deal.objects.filter(stage=key).count() for key in ("won", "lost", "qualification", "prospecting")
    }
    assert stages == {"won": 4238, "lost": 2473, "qualification": 1589, "prospecting": 500}
    assert Deal.objects.filter(account__isnull=True).count() == 1425
    dates_are_those_of_the_file(folder)


def dates_are_those_of_the_file(folder: Path) -> None:
    with (folder / "sales_pipeline.csv").open(newline="") as file:
        expected = {
            row["opportunity_id"]: (row["close_date"], row["engage_date"]) for row in csv.DictReader(file)
        }
    for name, close, custom in Deal.objects.values_list("name", "close_date", "custom"):
        assert ((close.isoformat() if close else ""), custom.get("engage_date", "")) == expected[name]


@pytest.mark.usefixtures("_company")
def test_without_a_mapping_the_misspelt_product_is_reported_with_what_is_meant(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.csv"
    path = folder / "sales_pipeline.csv"
    told = run("import_records", "deals", path, "--errors", errors, mapping=DEALS)
    assert (told["created"], told["refused"]) == (8800 - 1480, 1480)
    (reason,) = told["reasons"]
    assert (reason["column"], reason["rows"]) == ("product", 1480)
    assert "“GTXPro”" in reason["message"]
    assert "“GTX Pro”" in reason["message"]
    told = run("import_records", "deals", errors, mapping=FIXED)
    assert (told["created"], told["refused"]) == (1480, 0), "the error file goes in once the value is mapped"
    assert won(User.objects.create_superuser("boss@example.com", name="Boss")) == 10_005_534


@pytest.mark.usefixtures("_company")
def test_an_unknown_sector_is_reported_with_the_closest_one(folder: Path, run: Run) -> None:
    told = run(
        "import_records", "accounts", folder / "accounts.csv", mapping={"columns": ACCOUNTS["columns"]}
    )
    sector = next(reason for reason in told["reasons"] if reason["column"] == "sector")
    assert sector["rows"] == told["refused"] == 12
    assert "The closest is “Technology”" in sector["message"]
