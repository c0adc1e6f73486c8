"""What all tests share: a private database, quick passwords, files in a temporary folder, a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Condition
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import connection
from django.utils import translation
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from tests.people import *  # noqa: F403 — the people that all tests share

# Playwright's synchronous calls keep an event loop in the test's thread, where Django would refuse queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ON_POSTGRES = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


def pytest_report_header() -> list[str]:
    """Name what the tests run on."""
    return [f"database: {'PostgreSQL' if ON_POSTGRES else 'SQLite'}, browser: {CHROMIUM or 'none'}"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the browser, and skip what this machine or database can't run, with the reason."""
    for item in items:
        if "browser_page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("browser") and not CHROMIUM and os.environ.get("REQUIRE_BROWSER") != "1":
            item.add_marker(pytest.mark.skip(reason="no Chromium here (CHROMIUM=/path names one)"))
        if item.get_closest_marker("postgres") and not ON_POSTGRES:
            item.add_marker(pytest.mark.skip(reason="runs on PostgreSQL only"))


@pytest.fixture(scope="session", autouse=True)
def quick_and_private(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Cheap password hashes, and uploads in a folder of this run; pytest-django keeps mail in memory."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = str(tmp_path_factory.mktemp("files"))


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Each test begins in English: Django leaves the last request's language on its thread."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give each run its own database, so that two runs on one machine don't meet.

    On SQLite it is a file: the live server's threads then have connections of their own, as in real life.
    """
    run = "reused" if pytestconfig.getoption("reuse_db") else str(os.getpid())
    name = f"test_signalbox_{run}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    if ON_POSTGRES:  # a test's commit need not survive the server's machine
        settings.DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
    else:
        name = str(tmp_path_factory.mktemp("database") / f"{name}.sqlite3")
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Add what migrations make beside tables, which tests build from the models: ten times as quick."""
    with django_db_blocker.unblock(), connection.schema_editor() as schema_editor:
        for name in ("0002_record_ids", "0005_search"):
            import_module(f"crm.migrations.{name}").create(None, schema_editor)


@pytest.fixture
def acceptance_data() -> Path:
    """The folder with real data, named by ACCEPTANCE_DATA; without it the test is skipped."""
    folder = os.environ.get("ACCEPTANCE_DATA")
    if not folder:
        pytest.skip("ACCEPTANCE_DATA names no folder")
    return Path(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium per test module; per session, its event loop would be in the way of other tests."""
    if not CHROMIUM:
        pytest.fail("no Chromium here, and REQUIRE_BROWSER=1")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A new page on the live server; asking another host and script errors fail the test."""
    findings: list[str] = []

    def only_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname in {"127.0.0.1", "localhost"}:
            return route.continue_()
        findings.append(f"asked another host: {route.request.url}")
        return route.abort()

    def console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            findings.append(message.text)

    context = browser.new_context(base_url=live_server.url, service_workers="block")
    context.route("**/*", only_here)
    page = context.new_page()
    page.set_default_timeout(10_000)
    expect.set_options(timeout=10_000)
    page.on("pageerror", lambda error: findings.append(f"script error: {error}"))
    page.on("console", console)
    with answered():
        yield page
        context.close()
    assert findings == []


@contextmanager
def answered() -> Iterator[None]:
    """Ends when the live server has answered everything: the database is emptied after a test.

    SQLite has crashed where a request still read from it then.
    """
    changed, under_way = Condition(), 0

    def begun(**_given: object) -> None:
        nonlocal under_way
        with changed:
            under_way += 1

    def ended(**_given: object) -> None:
        nonlocal under_way
        with changed:
            under_way -= 1
            changed.notify_all()

    request_started.connect(begun)
    request_finished.connect(ended)
    try:
        yield
        with changed:
            changed.wait_for(lambda: under_way <= 0, timeout=10)
    finally:
        request_started.disconnect(begun)
        request_finished.disconnect(ended)
