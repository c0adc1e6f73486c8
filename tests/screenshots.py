"""`make screenshots` takes the pictures of the user guide, from a demo company made for it.

They show what the guide speaks of: each is a person, a page, what is done there, and a size.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "user" / "images"
PASSWORD = "signalbox-demo"
PORT = 8399
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
SECONDS = 120


@dataclass(frozen=True)
class Shot:
    """One picture."""

    name: str
    person: str
    path: str
    prepare: Callable[[Page], None] = lambda page: None
    size: dict[str, int] | None = None
    dark: bool = False


def tick_two(page: Page) -> None:
    """Ticks two rows of a list."""
    for place in (0, 1):
        page.locator('input[name="record"]').nth(place).check()


def first_record(page: Page) -> None:
    """Opens the first record of a list."""
    page.locator(".records tbody th a").first.click()
    page.wait_for_load_state("networkidle")


def open_filter(page: Page) -> None:
    """Opens the filter above the rows."""
    page.get_by_text("Filter", exact=True).first.click()
    page.get_by_role("button", name="Add condition").wait_for()


def search(page: Page) -> None:
    """Types into the box at the top."""
    page.locator(".topbar input[type=search]").first.fill("gmbh")
    page.wait_for_timeout(1500)


SHOTS = [
    Shot("home", "james", "/"),
    Shot("list", "james", "/leads/"),
    Shot("list-filter", "james", "/leads/", open_filter),
    Shot("list-bulk", "james", "/leads/", tick_two),
    Shot("record", "james", "/leads/", first_record),
    Shot("record-phone", "james", "/leads/", first_record, PHONE),
    Shot("record-dark", "marta", "/deals/", first_record, dark=True),
    Shot("import", "marta", "/leads/import/"),
    Shot("search", "marta", "/", search),
    Shot("list-phone", "james", "/leads/", size=PHONE),
]


def main() -> int:
    """Starts a server with a fresh demo company, takes the pictures, and stops it."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("No Chromium here (CHROMIUM=/path names one)\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/demo.sqlite3"
        environment = {**os.environ, "VAR_DIR": folder, "DATABASE_URL": database}
        command = [sys.executable, "manage.py", "serve", "--port", str(PORT)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            if any("Ctrl-C" in line for line in server.stdout):
                take_all(chromium)
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(SECONDS)
    return 0


def take_all(chromium: str) -> None:
    """Every picture of the list."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        for shot in SHOTS:
            take(browser, shot)
        browser.close()


def take(browser: Browser, shot: Shot) -> None:
    """Logs in as the person, goes there, and takes the picture."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{PORT}",
        viewport=shot.size or DESKTOP,  # type: ignore[arg-type]
        color_scheme="dark" if shot.dark else "light",
        locale="en-GB",
    )
    page = context.new_page()
    page.goto("/login/")
    page.get_by_label("E-mail").fill(f"{shot.person}@larkfield.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")
    page.goto(shot.path)
    page.wait_for_load_state("networkidle")
    shot.prepare(page)
    page.screenshot(path=FOLDER / f"{shot.name}.png")
    context.close()


if __name__ == "__main__":
    sys.exit(main())
