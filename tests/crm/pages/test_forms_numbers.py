"""Claims about forms: numbers in the person's own notation, prices from products, currency, save and new."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from crm.company import save_currency, save_rate
from crm.door.reading import read_records
from crm.fields import ValueProblem
from crm.forms.numbers import read_number, write_number
from crm.models import Currency, ExchangeRate, Field, FieldRight, Module, User
from crm.modules.loading import module
from crm.people.remembered import forget_everything
from tests.crm.pages.conftest import Desk, make
from tests.crm.pages.test_forms import TYPED, shown
from tests.people import Company

pytestmark = pytest.mark.django_db


def values(key: str, pk: int) -> dict[str, Any]:
    return read_records(module(key), [pk])[pk].values


def speak(user: User, language: str) -> None:
    user.language = language
    user.save()


@pytest.mark.parametrize(
    ("language", "typed", "number"),
    [
        ("en", "1,234.56", "1234.56"),
        ("en", "1234.5", "1234.5"),
        ("en", "1,234", "1234"),
        ("de", "1.234,56", "1234.56"),
        ("de", "1.234", "1234"),
        ("de", "1234,5", "1234.5"),
        ("de", "-0,5", "-0.5"),
        ("de", "−1.234.567,8", "-1234567.8"),
        ("pl", "1 234,56", "1234.56"),
        ("pl", "1\u00a0234,56", "1234.56"),
        ("fr", "1\u202f234,56", "1234.56"),
        ("zh-hans", "１２３４．５", "1234.5"),
        ("zh-hans", "1,234.5", "1234.5"),
        ("en", "  ", ""),
    ],
)
def test_a_number_is_read_as_the_person_writes_it(language: str, typed: str, number: str) -> None:
    with override(language):
        assert read_number(typed) == number


@pytest.mark.parametrize(
    ("language", "typed", "told"),
    [
        ("de", "1.5", "1,5?"),
        ("de", "1,234.56", "1.234,56?"),
        ("pl", "1.234", "1,234?"),
        ("en", "1,5", "1.5?"),
        ("en", "1.234,56", "1,234.56?"),
        ("en", "1,23,456", "1234.5."),
        ("de", "1.23.456", "1234,5."),
        ("de", "12,50 €", "1234,5."),
        ("en", "1e3", "1234.5."),
        ("en", "NaN", "1234.5."),
        ("en", "--1", "1234.5."),
        ("en", ".", "1234.5."),
    ],
)
def test_what_is_wrong_or_could_mean_two_things_is_refused(language: str, typed: str, told: str) -> None:
    with override(language), pytest.raises(ValueProblem) as refused:
        read_number(typed)
    assert told in refused.value.message


@pytest.mark.parametrize("language", ["en", "de", "fr", "pl", "zh-hans"])
@pytest.mark.parametrize("number", ["0", "1234.50", "-0.001", "999999999999999"])
def test_what_a_form_shows_is_what_it_reads(language: str, number: str) -> None:
    with override(language):
        assert Decimal(read_number(write_number(Decimal(number)))) == Decimal(number)


def test_a_german_form_goes_through_and_back_without_a_change(
    device_requests: Module, desk: Desk, ada: User, ada_client: Client
) -> None:
    speak(ada, "de")
    typed = TYPED | {"weight": "1,5", "price": "1.234,5", "rebate": "12,5 %"}
    response = ada_client.post(f"/{device_requests.key}/new/", typed)
    pk = int(response["Location"].strip("/").split("/")[-1])
    stored = values(device_requests.key, pk)
    assert [str(stored[key]) for key in ("weight", "price", "rebate")] == ["1.500", "1234.50", "12.50"]
    form = shown(ada_client.get(f"/{device_requests.key}/{pk}/edit/").content.decode())
    assert [form[key] for key in ("weight", "price", "rebate")] == ["1,500", "1234,50", "12,5"]
    data = {"version": "1", "weight": "1,500", "price": "1234,50", "rebate": "12,5"}
    ada_client.post(f"/{device_requests.key}/{pk}/edit/", data)
    assert module(device_requests.key).rows().get(pk=pk).version == 1


def test_a_number_in_another_notation_is_never_guessed(
    device_requests: Module, desk: Desk, ada: User, ada_client: Client
) -> None:
    speak(ada, "de")
    response = ada_client.post(f"/{device_requests.key}/new/", TYPED | {"price": "12.5", "weight": "1,5"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "12,5?" in page
    assert shown(page)["price"] == "12.5"
    assert not module(device_requests.key).rows().exists()


def test_an_address_fills_the_form_in_the_person_s_notation(
    desk: Desk, ada: User, ada_client: Client
) -> None:
    speak(ada, "de")
    form = shown(ada_client.get("/deals/new/?amount=1234.5&name=Big").content.decode())
    assert (form["amount"], form["name"]) == ("1234,50", "Big")


def test_lines_are_read_in_the_person_s_notation_and_wrong_ones_named_by_line(
    desk: Desk, ada: User, ada_client: Client
) -> None:
    speak(ada, "de")
    address = f"/quotes/{desk.quote}/edit/"
    form = shown(ada_client.get(address).content.decode())
    assert (form["lines-0-quantity"], form["lines-0-price"]) == ("2", "100")
    form |= {"status": "draft", "lines-1-text": "Setup", "lines-1-price": "1.050,5", "lines-1-tax": "7,5%"}
    assert ada_client.post(address, form).status_code == 302
    line = values("quotes", desk.quote)["lines"][1]
    assert (line["price"], line["tax"]) == ("1050.50", "7.50")
    ada.language = "en"
    ada.save()
    response = ada_client.post(address, form | {"lines-1-price": "cheap", "version": "2"})
    assert "Line 2, Price: Enter a number, such as 1234.5." in response.content.decode()


class TestProducts:
    """A chosen product fills its line."""

    @pytest.fixture
    def product(self, company: Company) -> int:
        given = {"price": "1250.5", "tax": "19", "description": "Carbon frame\nand more"}
        return make("products", company.ada, name="GTX Max", **given)

    def lines(self, **row: str) -> dict[str, str]:
        own = {f"lines-0-{key}": text for key, text in row.items()}
        return {"name": "Offer", "status": "draft", "lines-rows": "1"} | own

    def made(self, client: Client, data: dict[str, str]) -> dict[str, Any]:
        response = client.post("/quotes/new/", data)
        assert response.status_code == 302, response.content.decode()
        line: dict[str, Any] = module("quotes").rows().order_by("-id")[0].lines[0]
        return line

    def test_its_terms_come_in_the_person_s_notation(
        self, product: int, ada: User, ada_client: Client
    ) -> None:
        terms = {"price": "1250.50", "tax": "19", "text": "Carbon frame"}
        assert ada_client.get(f"/products/{product}/line/").json() == terms
        speak(ada, "de")
        assert ada_client.get(f"/products/{product}/line/").json() == terms | {"price": "1250,50"}

    def test_a_stranger_is_told_no_price(self, product: int, company: Company, ada_client: Client) -> None:
        other = Client()
        other.force_login(company.cleo, backend="django.contrib.auth.backends.ModelBackend")
        assert other.get(f"/products/{product}/line/").status_code == 404
        field = Field.objects.get(module__key="products", key="price")
        FieldRight.objects.create(profile=company.staff, field=field, access="hidden")
        forget_everything()
        assert "price" not in ada_client.get(f"/products/{product}/line/").json()

    def test_without_javascript_an_empty_price_is_filled_on_saving(
        self, product: int, ada_client: Client
    ) -> None:
        line = self.made(ada_client, self.lines(product="GTX Max"))
        assert (line["product"], line["price"], line["tax"], line["text"]) == (
            product, "1250.50", "19.00", "Carbon frame",
        )  # fmt: skip

    def test_what_was_entered_stays_also_a_price_of_nothing(self, product: int, ada_client: Client) -> None:
        line = self.made(ada_client, self.lines(product="GTX Max", price="0", text="A gift"))
        assert (line["price"], line["text"], line["tax"]) == ("0.00", "A gift", "0.00")

    def test_a_price_in_another_currency_is_not_taken(
        self, product: int, company: Company, ada_client: Client
    ) -> None:
        dollars = save_currency(currency=Currency(code="USD"), actor=company.admin)
        save_rate(
            rate=ExchangeRate(currency=dollars, day="2020-01-01", rate=Decimal("0.9")), actor=company.admin
        )
        terms = ada_client.get(f"/products/{product}/line/?currency=USD").json()
        assert terms == {"tax": "19", "text": "Carbon frame"}
        line = self.made(ada_client, self.lines(product="GTX Max") | {"currency": "USD"})
        assert (line["price"], line["tax"]) == ("0.00", "19.00")


def test_the_currency_is_asked_only_where_there_is_a_choice(
    desk: Desk, company: Company, ada_client: Client
) -> None:
    assert 'name="currency"' not in ada_client.get("/leads/new/").content.decode()
    save_currency(currency=Currency(code="USD"), actor=company.admin)
    page = ada_client.get("/leads/new/").content.decode()
    assert page.index('name="industry"') < page.index('name="currency"') < page.index('name="annual_revenue"')
    assert 'name="currency"' not in ada_client.get("/tasks/new/").content.decode()


def test_the_form_begins_with_what_the_record_is_about(desk: Desk, ada_client: Client) -> None:
    page = ada_client.get("/leads/new/").content.decode()
    assert page.index('name="first_name"') < page.index('name="company"') < page.index('name="owner"')


def test_save_and_new_leads_to_the_next_form_with_a_link_to_what_was_made(
    desk: Desk, ada_client: Client
) -> None:
    response = ada_client.post("/accounts/new/", {"name": "<b>First</b>", "and_new": "1"}, follow=True)
    pk = module("accounts").rows().order_by("-id")[0].pk
    page = response.content.decode()
    assert response.redirect_chain == [("/accounts/new/", 302)]
    assert f'<a href="/accounts/{pk}/">&lt;b&gt;First&lt;/b&gt;</a> was created.' in page
    assert 'name="and_new"' not in ada_client.get(f"/accounts/{pk}/edit/").content.decode()
