"""Strings that break software, asked for: in filters, in the search boxes, and as names of views."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.test import Client

from crm.lists.saving import Shape, create_view
from crm.models import ListView, User
from crm.modules.loading import module
from tests.acceptance.naughty import EVERY, Page, came_to_life, flat, kept, lots_of, make_accounts, tame
from tests.crm.pages.form_reading import form_of

pytestmark = pytest.mark.django_db
AT_ONCE = 25  # conditions of a filter
LONGEST_SEARCH = 100  # characters
HTMX = {"HX-Request": "true"}
SUGGESTING = HTMX | {"HX-Target": "search-list"}


def folded(text: str) -> str:
    """A text as criteria compare it."""
    return text.lower().replace("ς", "σ")


def any_of(operator: str, texts: list[str]) -> str:
    """A filter that asks for descriptions that fit one of the texts, as an address has it."""
    conditions = [{"field": "description", "operator": operator, "value": text} for text in texts]
    pattern = " or ".join(str(number) for number in range(1, len(texts) + 1))
    return json.dumps({"conditions": conditions, "pattern": pattern})


def filtered(client: Client, condition: str) -> Page:
    """The list with a filter."""
    return Page(client.get("/accounts/", {"filter": condition, "columns": "name", "sort": "-id"}))


def listed(page: Page) -> set[int]:
    """The ids of the records that a list shows."""
    return {int(one.attributes["value"]) for one in page.find("input", name="record")}


@pytest.mark.parametrize("operator", ["is", "contains"])
def test_a_filter_finds_each_and_tells_it(
    strings: list[str], chief: User, chief_client: Client, monkeypatch: pytest.MonkeyPatch, operator: str
) -> None:
    monkeypatch.setattr("crm.views.lists.SIZE", 1000)
    ids = dict(zip(make_accounts(chief, strings), strings, strict=True))
    for some in lots_of(strings, AT_ONCE):
        page = filtered(chief_client, any_of(operator, some))
        wanted = {folded(kept(text)) for text in some}
        assert listed(page) == {pk for pk, text in ids.items() if fits(folded(kept(text)), wanted, operator)}
        (words,) = page.texts("li", class_="filter-chip")
        assert all(f"“{kept(text)}”" in words for text in some)
        assert page.foreign == []


def fits(text: str, wanted: set[str], operator: str) -> bool:
    return text in wanted if operator == "is" else any(one in text for one in wanted)


def test_the_criteria_editor_gives_each_back_as_it_was(
    strings: list[str], chief: User, chief_client: Client
) -> None:
    harmless: dict[int, Page] = {}
    for some in lots_for_addresses(strings):
        if len(some) not in harmless:
            data = {"filter": any_of("is", tame(some))}
            harmless[len(some)] = Page(chief_client.get("/accounts/filter/", data, headers=HTMX))
        response = chief_client.get("/accounts/filter/", {"filter": any_of("is", some)}, headers=HTMX)
        assert came_to_life(Page(response), harmless[len(some)]) == []
        applied = chief_client.post("/accounts/filter/", form_of(response.content.decode()))
        assert applied.status_code == 302, (some, Page(applied).texts("div", class_="alert-danger"))
        conditions = asked_of(applied)["conditions"]
        assert [one["value"] for one in conditions] == [kept(text) for text in some]


def lots_for_addresses(texts: list[str]) -> list[list[str]]:
    """The texts, as many at once as go into an address."""
    lots: list[list[str]] = [[]]
    for text in texts:
        if len(quote("".join([*lots[-1], text]))) > 1500 or len(lots[-1]) == 12:
            lots.append([])
        lots[-1].append(text)
    return lots


def asked_of(response: Any) -> dict[str, Any]:
    """The filter of the list that a form leads to."""
    found: dict[str, Any] = json.loads(QueryDict(response["Location"].partition("?")[2])["filter"])
    return found


def typed(text: str) -> str:
    """What of a text goes into a search box."""
    return kept(text)[:LONGEST_SEARCH]


def is_searched_for(text: str) -> bool:
    """Whether there is a letter or a digit to look for, such as “⒯”."""
    plain = unicodedata.normalize("NFKC", typed(text))
    return any(character.isalnum() for character in plain)


def test_the_box_over_a_list_finds_each(strings: list[str], chief: User, chief_client: Client) -> None:
    make_accounts(chief, strings)
    equals = Counter(folded(kept(text)) for text in strings)
    for number, text in enumerate(strings):
        among_equals = {"q": text, "filter": any_of("is", [text]), "columns": "name"}
        count = chief_client.get("/accounts/count/", among_equals).content.decode()
        wanted = equals[folded(kept(text))] if is_searched_for(text) else 0
        assert count.strip() == str(wanted), text
        if number % EVERY == 0:
            page = Page(chief_client.get("/accounts/", among_equals))
            assert [one.attributes["value"] for one in page.find("input", id="q")] == [typed(text)]
            assert len(listed(page)) == wanted
            assert page.foreign == []


def test_search_in_everything_finds_each(strings: list[str], chief: User, chief_client: Client) -> None:
    ids = make_accounts(chief, strings)
    names = {f"/accounts/{pk}/": kept(text[:200]) for pk, text in zip(ids, strings, strict=True)}
    alive: Counter[str] = Counter()
    for text in strings:
        page = Page(chief_client.get("/search/", {"q": text}, headers=SUGGESTING))
        found = {one.attributes["href"]: one for one in page.find("a", class_="search-option")}
        every = found.pop(f"/search/?q={quote(typed(text))}", None)
        assert bool(found) is (every is not None) is is_searched_for(text), text
        assert page.texts("span", class_="search-name") == [names[address] for address in found]
        assert every is None or every.text == f"All results for “{typed(text)}”"
        alive.update(one.tag for one in page.elements)
    assert alive.keys() == {"div", "svg", "use", "a", "span", "mark"}


def test_the_page_of_results_shows_what_was_typed(
    strings: list[str], chief: User, chief_client: Client
) -> None:
    make_accounts(chief, strings)
    for text in strings[::EVERY]:
        page = Page(chief_client.get("/search/", {"q": text}))
        assert [one.attributes["value"] for one in page.find("input", id="search-again")] == [typed(text)]
        (heading,) = page.texts("h1")
        assert heading == (f"Results for “{typed(text)}”" if is_searched_for(text) else "Search")
        assert page.foreign == []


def test_views_are_called_so(strings: list[str], chief: User, chief_client: Client) -> None:
    names = {flat(text).casefold(): text for text in strings if len(text) <= 80}
    harmless: dict[int, Page] = {}
    for some in lots_of(list(names.values()), 100):
        page = with_views(chief_client, chief, some)
        if len(some) not in harmless:
            harmless[len(some)] = with_views(chief_client, chief, tame(some))
        assert came_to_life(page, harmless[len(some)]) == []
        assert page.texts("span", class_="view-name")[-len(some) :] == [flat(name) for name in some]
        assert page.texts("option")[-len(some) :] == [flat(name) for name in some]
        told = [one.text for one in page.find("div") if not one.attributes and "” is saved" in one.text]
        assert told == [f"The view “{flat(name)}” is saved." for name in some[::EVERY]]


def with_views(client: Client, chief: User, names: list[str]) -> Page:
    """The list, after views of these names, and no others, were saved there, some of them with the form."""
    ListView.objects.all().delete()
    for number, name in enumerate(names):
        if number % EVERY:
            create_view(actor=chief, module=module("accounts"), name=name, shape=Shape())
        else:
            made = client.post("/accounts/views/new/", {"name": name, "sharing": "nobody"})
            assert made.status_code == 302, name
    return Page(client.get("/accounts/"))
