"""Strings that break software, typed into forms and shown on pages: the same text, and nothing but text."""

from __future__ import annotations

import pytest
from django.test import Client

from crm.models import Notification, User
from crm.modules.loading import module
from tests.acceptance.naughty import (
    Page,
    came_to_life,
    change_accounts,
    change_wide,
    flat,
    in_one_line,
    kept,
    make_accounts,
    make_wide,
    tame,
    wide_values,
)
from tests.crm.pages.form_reading import form_of
from tests.workflows import rules

pytestmark = pytest.mark.django_db
LONGEST = 160  # characters of a text in a row of a list


def as_kept(values: dict[str, str]) -> dict[str, str]:
    """The values as they are kept."""
    return {key: kept(text) for key, text in values.items()}


def stored(key: str) -> dict[int, dict[str, str]]:
    """What the wide module's records hold."""
    return {row.pk: row.custom for row in module(key).rows().order_by("pk")}


def test_a_list_shows_each(
    strings: list[str], chief: User, chief_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.views.lists.SIZE", 1000)
    ids = make_accounts(chief, tame(strings))
    address = "/accounts/?columns=name,street,description&sort=-id"
    harmless = Page(chief_client.get(address))
    change_accounts(chief, ids, strings)
    page = Page(chief_client.get(address))
    assert came_to_life(page, harmless) == []
    shown = {
        one.attributes["href"]: one.text
        for one in page.find("a")
        if one.attributes.get("href", "").startswith("/accounts/") and one.attributes.keys() == {"href"}
    }
    cells = {label: list(page.find("td", **{"data-label": label})) for label in ("Street", "Description")}
    picks = [one.attributes["aria-label"] for one in page.find("input", name="record")]
    for place, (pk, text) in enumerate(zip(reversed(ids), reversed(strings), strict=True)):
        assert shown[f"/accounts/{pk}/"] == kept(text[:200])
        assert picks[place] == f"Select {kept(text[:200])}"
        for label, value in (("Street", text[:200]), ("Description", text)):
            cell = cells[label][place]
            assert cell.attributes["title"] == flat(value)
            assert cell.text == shortened(flat(value))


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"


def test_a_form_takes_each_and_the_record_page_shows_it(
    strings: list[str], chief: User, chief_client: Client, wide: str
) -> None:
    given = wide_values(strings)
    for number, values in enumerate(given):
        refused = chief_client.post(f"/{wide}/new/", values)
        assert refused.status_code == 422, "a name is missing"
        assert {key: form_of(refused.content.decode())[key] for key in values} == values
        made = chief_client.post(f"/{wide}/new/", {**values, "name": f"Lot {number}"})
        assert made.status_code == 302
    rows = stored(wide)
    assert list(rows.values()) == [as_kept(values) for values in given]
    harmless = make_wide(chief, wide, tame(strings))
    chief_client.get("/notifications/")  # shows what was said about the forms
    for pk, other in zip(rows, harmless, strict=True):
        page = Page(chief_client.get(f"/{wide}/{pk}/"))
        assert came_to_life(page, Page(chief_client.get(f"/{wide}/{other}/"))) == []
        assert {key: shown_in_place(page, key) for key in rows[pk]} == rows[pk]


def shown_in_place(page: Page, key: str) -> str:
    """What the record page says of a field."""
    (cell,) = page.find("div", id=f"cell-{key}")
    (label,) = (one for one in page.find("dt") if one.text == key.replace("_", " ").capitalize())
    return cell.text.removeprefix(label.text).strip()


def test_a_form_gives_each_back_as_it_was(
    strings: list[str], chief: User, chief_client: Client, wide: str
) -> None:
    ids = make_wide(chief, wide, strings)
    others = make_wide(chief, wide, tame(strings))
    before = stored(wide)
    forms = [chief_client.get(f"/{wide}/{pk}/edit/") for pk in ids]
    for form, other in zip(forms, others, strict=True):
        assert came_to_life(Page(form), Page(chief_client.get(f"/{wide}/{other}/edit/"))) == []
    for form, pk in zip(forms, ids, strict=True):
        sent = form_of(form.content.decode())
        assert chief_client.post(f"/{wide}/{pk}/edit/", sent).status_code == 302
    assert stored(wide) == before
    assert set(module(wide).rows().values_list("version", flat=True)) == {1}


def test_each_is_edited_in_place(strings: list[str], chief: User, chief_client: Client) -> None:
    ids = make_accounts(chief, tame(strings))
    long = [number % 2 or len(text) > 255 for number, text in enumerate(strings)]
    keys = ["description" if is_long else "street" for is_long in long]
    for pk, key, text in zip(ids, keys, strings, strict=True):
        answer = chief_client.post(f"/accounts/{pk}/fields/{key}/", {key: text, "version": "1"})
        assert answer.status_code == 302, (key, text)
        chief_client.cookies.pop("messages")  # what was said would add up until it is shown
    rows = module("accounts").rows().in_bulk()
    edited = [getattr(rows[pk], key) for pk, key in zip(ids, keys, strict=True)]
    assert edited == [kept(text) for text in strings]


def test_the_timeline_tells_each(strings: list[str], chief: User, chief_client: Client, wide: str) -> None:
    harmless = tame(strings)
    ids, others = (make_wide(chief, wide, harmless) for _ in range(2))
    for texts, other_texts in ((strings, [f"{text}." for text in harmless]), (harmless, harmless)):
        change_wide(chief, wide, ids, texts)
        change_wide(chief, wide, others, other_texts)
    given = wide_values(strings)
    for pk, other, values in zip(ids, others, given, strict=True):
        page = Page(chief_client.get(f"/{wide}/{pk}/timeline/"))
        assert came_to_life(page, Page(chief_client.get(f"/{wide}/{other}/timeline/"))) == []
        wanted = [kept(text) for text in values.values()]
        changed = list(page.find("div", class_="move"))
        assert len(changed) == 2 * len(wanted)
        assert page.texts("strong")[-len(wanted) - 1 : -1] == wanted, "before the last: who made the record"
        assert page.texts("span", class_="before")[: len(wanted)] == wanted


def test_the_bell_tells_each(
    strings: list[str], chief: User, chief_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.views.notifications.SHOWN", 1000)
    told = rules.notify({"to": "person", "person": chief.email}, text="{{name}} | {{description}}")
    rules.live_rule("tell", {}, [told], module_key="accounts")
    make_accounts(chief, tame(strings))
    harmless = Page(chief_client.get("/notifications/"))
    Notification.objects.all().delete()
    make_accounts(chief, strings)
    page = Page(chief_client.get("/notifications/"))
    assert came_to_life(page, harmless) == []
    shown = [one.removeprefix("Unread:").strip() for one in page.texts("button", class_="message-text")]
    assert shown[::-1] == [in_one_line(f"{kept(text[:200])} | {kept(text)}") for text in strings]
