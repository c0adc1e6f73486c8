"""Claims about the project as a whole: what its files hold, and that it answers load balancers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

APPS = ["crm", "workflows", "approvals", "blueprints", "territories", "sandbox"]
LOCK_FILES = ["requirements.txt", "requirements-dev.txt", "package-lock.json"]
LOADED_FROM_ELSEWHERE = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//"""
    r"""|@import\s+["'](?:https?:)?//|url\(["']?(?:https?:)?//"""
)


def files(folders: list[str], *suffixes: str) -> Iterator[Path]:
    """The project's own files with these endings."""
    for folder in folders:
        for path in (settings.BASE_DIR / folder).rglob("*"):
            if path.suffix in suffixes and "vendor" not in path.relative_to(settings.BASE_DIR).parts[:-1]:
                yield path


@pytest.mark.parametrize("name", LOCK_FILES)
def test_lock_file_names_no_host(name: str) -> None:
    text = (settings.BASE_DIR / name).read_text()
    assert not re.search(r'https?:|"resolved"', text)


@pytest.mark.parametrize("name", LOCK_FILES)
def test_lock_file_pins_by_content(name: str) -> None:
    text = (settings.BASE_DIR / name).read_text()
    assert text.count("sha512-" if name.endswith("json") else "--hash=sha256:") > 5


def test_npm_leaves_download_addresses_out() -> None:
    assert "omit-lockfile-registry-resolved=true" in (settings.BASE_DIR / ".npmrc").read_text().split()


@pytest.mark.parametrize(
    "text",
    [
        '<script defer src="https://cdn.example/x">',
        "<link rel=stylesheet href=//cdn.example/x.css>",
        "@import 'https://fonts.example/x.css'",
        "background: url(//cdn.example/x.png)",
    ],
)
def test_what_comes_from_another_host_is_recognised(text: str) -> None:
    assert LOADED_FROM_ELSEWHERE.search(text)


def test_pages_load_nothing_from_other_hosts() -> None:
    own = files(["templates", "static", *APPS], ".html", ".css", ".js", ".svg")
    assert [str(path) for path in own if LOADED_FROM_ELSEWHERE.search(path.read_text())] == []


def test_every_setting_from_the_environment_is_in_the_readme() -> None:
    names = re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', (settings.BASE_DIR / "crm/settings.py").read_text())
    readme = (settings.BASE_DIR / "README.md").read_text()
    assert "DATABASE_URL" in names
    assert [name for name in names if f"| `{name}` |" not in readme] == []


def test_no_python_file_is_longer_than_400_lines() -> None:
    own = [path for path in files([*APPS, "tests"], ".py") if path.parent.name != "migrations"]
    assert [str(path) for path in own if len(path.read_text().splitlines()) > 400] == []


@pytest.mark.django_db
def test_health_is_answered_whatever_host_is_asked_for(client: Client) -> None:
    response = client.get("/health/", headers={"host": "10.0.0.7:8000"})
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok"}


@pytest.mark.django_db
def test_health_is_answered_without_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/").status_code == 200


@pytest.mark.django_db
def test_health_is_503_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("could not connect")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "unavailable"}
