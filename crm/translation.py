"""Finds the texts to translate in Python and templates, and keeps the catalogue of each language complete."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from crm.languages import LANGUAGES

FOLDERS = ("crm", "workflows", "approvals", "blueprints", "territories", "sandbox", "templates")
KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "gettext_lazy": None,
    "_": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
SOURCE_LANGUAGE = "en"


def languages() -> dict[str, str]:
    """The languages to translate into: Django's name by folder name, such as zh_Hans by zh-hans."""
    names = (code for code, _name in LANGUAGES if code != SOURCE_LANGUAGE)
    return {_folder(code): code for code in names}


def _folder(code: str) -> str:
    language, _dash, script = code.partition("-")
    return f"{language}_{script.capitalize()}" if script else language


def catalogue_path(folder: str) -> Path:
    """Where a language's catalogue is; one for the whole project."""
    return Path(settings.BASE_DIR) / "crm" / "locale" / folder / "LC_MESSAGES" / "django.po"


def _sources() -> Iterator[tuple[str, bytes]]:
    """Every Python file and template, as Python source in which the texts are calls."""
    for folder in FOLDERS:
        root = Path(settings.BASE_DIR) / folder
        for path in sorted((*root.rglob("*.py"), *root.rglob("*.html"), *root.rglob("*.txt"))):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            if "/migrations/" in name:
                continue
            source = path.read_text()
            if path.suffix != ".py":
                source = "\n".join(line.strip() for line in templatize(source, origin=name).splitlines())
            yield name, source.encode()


def template_catalogue() -> Catalog:
    """All texts of the project, without translations."""
    catalogue = Catalog(project="Signalbox", charset="utf-8")
    for name, source in _sources():
        found = extract(
            "python", BytesIO(source), KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        )
        for _line, message, comments, context in found:
            catalogue.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalogue


def read_catalogue(folder: str) -> Catalog:
    """A language's catalogue; an empty one if there is none yet."""
    path = catalogue_path(folder)
    if not path.exists():
        return Catalog(
            locale=folder,
            project="Signalbox",
            version="1",
            header_comment="# Signalbox; `manage.py messages` brings this file up to date.",
            msgid_bugs_address="signalbox@localhost",
            last_translator="Signalbox contributors",
            language_team="Signalbox contributors",
            creation_date=datetime(2026, 11, 21, tzinfo=UTC),
            revision_date=datetime(2026, 11, 21, tzinfo=UTC),
            charset="utf-8",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=folder)


def untranslated(folder: str) -> list[str]:
    """Texts of the project that the language lacks, or that it has marked as unsure."""
    catalogue = read_catalogue(folder)
    missing = []
    for message in template_catalogue():
        if not message.id:
            continue
        known = catalogue.get(message.id, context=message.context)
        texts = known.string if known is not None else ""
        complete = all(texts) if isinstance(texts, tuple) else bool(texts)
        if known is None or known.fuzzy or not complete:
            missing.append(str(message.id))
    return missing


def update_catalogues() -> dict[str, int]:
    """Brings every catalogue up to date with the source; how many texts each lacks."""
    template = template_catalogue()
    counts = {}
    for folder in languages():
        catalogue = read_catalogue(folder)
        made = catalogue.creation_date
        catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
        catalogue.creation_date = made  # or every run would change every file
        catalogue.obsolete.clear()
        path = catalogue_path(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, no_location=True, sort_output=True, omit_header=False, width=110)
        counts[folder] = len(untranslated(folder))
    return counts


def compile_catalogues() -> None:
    """Writes the binary catalogues that Django reads; each appears whole or not at all."""
    for folder in languages():
        path = catalogue_path(folder).with_suffix(".mo")
        if not catalogue_path(folder).exists():
            continue
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
            write_mo(file, read_catalogue(folder))
        Path(file.name).replace(path)
