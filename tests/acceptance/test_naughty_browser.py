"""Strings that break software in a real browser: shown as texts, and nothing of them runs."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, Response, expect

from crm.door.attach import add_file, add_note
from crm.door.tags import add_tags
from crm.lists.saving import MOST, Shape, create_view
from crm.models import User
from crm.modules.loading import module
from tests.acceptance.naughty import (
    change_accounts,
    change_wide,
    kept,
    make_accounts,
    make_wide,
    tame,
    wide_values,
)
from tests.crm.pages.conftest import log_in
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TEXTS = "selector => [...document.querySelectorAll(selector)].map(element => element.textContent)"
VALUES = "selector => [...document.querySelectorAll(selector)].map(element => element.value)"
MARKED_UP = 4  # one of the lots with many strings that try to be HTML
GLOBALS = "Object.getOwnPropertyNames(window)"


@pytest.fixture
def chief(db: None) -> User:
    """Somebody who sees everything and can log in."""
    return User.objects.create_superuser("chief@example.com", PASSWORD, name="Chief")


@pytest.fixture
def findings(browser_page: Page) -> list[str]:
    """What a string did that a text doesn't do: dialogs, errors in the console, requests that fail."""
    found: list[str] = []

    def answered(response: Response) -> None:
        if response.status >= 400:
            found.append(f"{response.status}: {response.url}")

    def opened(dialog: Any) -> None:
        found.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    browser_page.on("dialog", opened)
    browser_page.on("response", answered)
    browser_page.on("console", lambda message: message.type == "error" and found.append(message.text))
    browser_page.on("popup", lambda other: found.append(f"window: {other.url}"))
    browser_page.on("download", lambda download: found.append(f"download: {download.url}"))
    return found


def texts(page: Page, selector: str) -> list[str]:
    """The texts of elements, with the template's blanks around them taken away."""
    return [text.strip() for text in page.evaluate(TEXTS, selector)]


def visit(page: Page, address: str) -> set[str]:
    """Opens a page, waits for its pictures, and moves the focus; the names of global variables."""
    page.goto(address)
    for _ in range(3):
        page.keyboard.press("Tab")
    return set(page.evaluate(GLOBALS))


def attach(chief: User, pk: int, texts: list[str]) -> None:
    """Puts the texts on an account, as notes, tags and names of files, and gives them to views."""
    for text in texts[::2]:
        add_note("accounts", pk, text, actor=chief)
        add_file("accounts", pk, f"{text[:100]}.txt", ContentFile(b"x"), actor=chief)
    add_tags("accounts", [pk], [text[:60] for text in texts], actor=chief).or_raise()
    names = {" ".join(text.split())[:80].casefold() for text in texts}
    for name in sorted(names)[:MOST]:
        create_view(actor=chief, module=module("accounts"), name=name, shape=Shape())


def change_in_place(page: Page, text: str) -> None:
    """Gives an account's street another text, which is then put into the page by script."""
    page.locator("#cell-street dd").click()
    page.locator("#id_street").fill(text)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#cell-street dd")).to_contain_text(text)


def test_nothing_runs(
    browser_page: Page,
    findings: list[str],
    strings: list[str],
    chief: User,
    wide: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for place in ("lists.SIZE", "record_side.NOTES", "record_side.FILES", "timeline.SIZE"):
        monkeypatch.setattr(f"crm.views.{place}", 1000)
    harmless = tame(strings)
    accounts, lots = make_accounts(chief, harmless), list(make_wide(chief, wide, harmless))
    log_in(browser_page, chief)
    listed = "/accounts/?columns=name,street,description&sort=id"
    addresses = [listed, f"/accounts/{accounts[0]}/", f"/{wide}/{lots[0]}/", f"/{wide}/{lots[0]}/edit/"]
    known = set().union(*(visit(browser_page, address) for address in addresses))

    change_accounts(chief, accounts, strings)
    change_wide(chief, wide, lots, strings)
    attach(chief, accounts[0], [text for text in strings if "<" in text])
    assert visit(browser_page, listed) <= known
    browser_page.wait_for_load_state("networkidle")
    names = texts(browser_page, "table.records tbody th a")
    assert names == [kept(text[:200]) for text in strings]
    assert visit(browser_page, addresses[1]) <= known
    assert texts(browser_page, "h1") == [kept(strings[0][:200])]
    change_in_place(browser_page, 'in place <img src=x onerror="alert(1)">')
    for text in ("<script>alert(1)</script>", "<a href=javascript:alert(1)>"):
        browser_page.locator("#search").fill(text)
        expect(browser_page.locator("#search-all")).to_contain_text(text)
    for pk, values in zip(lots, wide_values(strings), strict=True):
        wanted = [kept(text) for text in values.values()]
        assert visit(browser_page, f"/{wide}/{pk}/") <= known
        assert texts(browser_page, "[id^=cell-text_] dd")[: len(wanted)] == wanted
    assert visit(browser_page, f"/{wide}/{lots[MARKED_UP]}/edit/") <= known
    typed = browser_page.evaluate(VALUES, "[name^=text_]")
    assert typed == [kept(text) for text in wide_values(strings)[MARKED_UP].values()]
    assert any("<script" in text for text in typed)
    browser_page.wait_for_load_state("networkidle")
    assert findings == []
