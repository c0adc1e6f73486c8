"""Claims about the columns of a list: who chooses what, in which order, and how values look."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.criteria import register_virtual_field
from crm.criteria.virtual import forget_virtual_field
from crm.lists.cells import tone_of
from crm.lists.columns import usual_keys
from crm.models import Module, User
from crm.modules.loading import module
from tests.crm.criteria.virtual import SCORE
from tests.crm.lists.conftest import hide, page_of
from tests.crm.pages.conftest import Desk
from tests.people import Company
from tests.rows import leads, make_row

pytestmark = pytest.mark.django_db


def heads(page: str) -> list[str]:
    """The headings of a list."""
    texts = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page, re.DOTALL)
    return [re.sub(r"<.*?>", "", text, flags=re.DOTALL).strip() for text in texts]


def cells(page: str) -> list[str]:
    """The values of the first row, behind the name."""
    row = page.split("<tbody>")[1].split("</tr>")[0]
    texts = re.findall(r"<td data-label.*?>(.*?)</td>", row, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<.*?>", "", text)).strip() for text in texts]


def test_the_address_says_which_columns_and_the_name_comes_first(desk: Desk, ada_client: Client) -> None:
    page = page_of(ada_client, "/leads/?columns=rating,phone,name,rating")
    assert heads(page) == ["Name", "Rating", "Phone"]
    assert cells(page) == ["Low", "+48 22 123 45 67"] or cells(page) == ["Low", "+48221234567"]


@pytest.mark.parametrize("columns", ["nothing", "name,nothing", "custom", "id", "rating,%00"])
def test_an_unknown_column_is_refused(desk: Desk, ada_client: Client, columns: str) -> None:
    response = ada_client.get(f"/leads/?columns={columns}")
    assert response.status_code == 400
    assert "There is no column" in response.content.decode()


def test_a_hidden_column_is_refused_and_not_offered(desk: Desk, company: Company, ada_client: Client) -> None:
    assert 'value="company"' in page_of(ada_client, "/leads/columns/")
    hide(company, "leads", "company")
    assert ada_client.get("/leads/?columns=name,company").status_code == 400
    assert 'value="company"' not in page_of(ada_client, "/leads/columns/")
    assert "company" not in usual_keys(company.ada, leads())


def test_numbers_give_the_order_without_javascript(desk: Desk, ada_client: Client) -> None:
    sent = ada_client.post(
        "/leads/columns/",
        {"show": ["rating", "phone", "city"], "order-rating": "3", "order-phone": "1", "order-city": "x"},
    )
    assert sent["Location"] == "/leads/?columns=name,phone,rating,city"
    assert heads(page_of(ada_client, sent["Location"])) == ["Name", "Phone", "Rating", "City"]


def test_the_columns_of_the_view_need_no_address(desk: Desk, ada: User, ada_client: Client) -> None:
    sent = ada_client.post("/leads/columns/", {"show": usual_keys(ada, leads()), "sort": "company"})
    assert sent["Location"] == "/leads/?sort=company"


def test_nothing_ticked_leaves_the_name(desk: Desk, ada_client: Client) -> None:
    assert heads(page_of(ada_client, ada_client.post("/leads/columns/")["Location"])) == ["Name"]


def test_a_wrong_choice_keeps_the_panel_open(desk: Desk, ada_client: Client) -> None:
    sent = ada_client.post("/leads/columns/", {"show": ["nothing"]})
    assert sent.status_code == 422
    assert "There is no column" in sent.content.decode()


@pytest.fixture
def score() -> Iterator[None]:
    """A virtual field, registered as a higher floor does it."""
    register_virtual_field(SCORE)
    yield
    forget_virtual_field(SCORE.key)


def test_a_virtual_field_is_a_column_like_any_other(
    score: None, desk: Desk, ada_client: Client, django_assert_max_num_queries: Any
) -> None:
    page = page_of(ada_client, "/leads/?columns=name,v_score")
    assert heads(page) == ["Name", "Score"]
    assert cells(page) == [f"{desk.lead / 100 - 1:.2f}"]
    assert 'value="v_score"' in page_of(ada_client, "/leads/columns/")
    assert ada_client.get("/leads/?sort=v_score").status_code == 400


def test_every_type_of_field_can_be_a_column(device_requests: Module, ada: User, ada_client: Client) -> None:
    key = device_requests.key
    info = module(key)
    values = {
        "serial": "S-1", "reason": "Because\nit is old", "pieces": 3, "weight": 12500, "price": 12300,
        "urgent": True, "status": "ordered", "extras": ["bag", "mouse"], "needed_on": "2020-02-03",
        "call_at": "2020-02-03 10:00:00", "contact_email": "a@example.com", "website": "https://example.com/",
        "helper": ada.pk, "contact_phone": "+48221234567", "rebate": 1250,
    }  # fmt: skip
    make_row(key, name="Laptop", owner=ada, currency="EUR", custom=values, tags=["a", "b", "c"])
    shown = [field for field in info.fields if field not in ("rate",)][:29]
    page = page_of(ada_client, f"/{key}/?columns={','.join(shown)}")
    text = " | ".join(cells(page))
    for part in ("S-1", "Because it is old", "12.500", "Ordered", "Bag Mouse", "Feb 3, 2020", "a b +1", "Yes",
                 "a@example.com", "example.com", "Ada Adler"):  # fmt: skip
        assert part in text, part


def test_days_around_today_and_moments_of_this_week_are_words(ada: User, ada_client: Client) -> None:
    today, now = timezone.localdate(), timezone.now()
    for name, day in (
        ("t", today),
        ("y", today - timedelta(1)),
        ("n", today + timedelta(1)),
        ("o", date(2020, 1, 5)),
    ):
        make_row("tasks", name=name, owner=ada, due_date=day, created_at=now - timedelta(hours=2, minutes=5))
    page = page_of(ada_client, "/tasks/?columns=name,due_date,created_at")
    for words in ("Today", "Yesterday", "Tomorrow", "Jan 5, 2020", "2 hours ago"):
        assert re.search(rf">{words}\s*<", page), words
    exact = re.search(r'title="([^"]*)" class=" +cell-text">2 hours ago', page)
    assert exact
    assert (
        str((now - timedelta(hours=2, minutes=5)).astimezone(timezone.get_current_timezone()).year)
        in exact[1]
    )


def test_old_moments_are_dates(ada: User, ada_client: Client) -> None:
    old = datetime(2020, 1, 5, 12, tzinfo=timezone.get_current_timezone())
    make_row("tasks", name="t", owner=ada, created_at=old)
    assert cells(page_of(ada_client, "/tasks/?columns=name,created_at")) == ["Jan 5, 2020"]


def test_picklist_values_have_the_colour_of_what_they_mean() -> None:
    stages = module("deals").fields["stage"].choices
    assert [tone_of(stages[key]) for key in ("won", "lost", "proposal")] == ["good", "bad", "open"]
    assert tone_of(module("leads").fields["status"].choices["junk"]) == "closed"
    assert tone_of(module("leads").fields["rating"].choices["high"]) == tone_of(None) == ""


def test_columns_of_a_module_without_preferences_follow_its_layout(
    device_requests: Module, ada: User
) -> None:
    keys = usual_keys(ada, module(device_requests.key))
    assert keys[0] == "name"
    assert keys[-1] == "owner"
    assert "status" in keys
    assert len(keys) <= 6
