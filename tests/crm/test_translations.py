"""Every text that people see is there in every language."""

import re

import pytest
from babel.messages.pofile import read_po
from django.utils.translation import override

from crm.modules.loading import module
from crm.translation import catalogue_path, languages, untranslated

PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|%%|\{\{\w*\}\}")


@pytest.mark.parametrize("folder", sorted(languages()))
def test_nothing_is_left_in_english(folder: str) -> None:
    assert untranslated(folder) == [], "run `manage.py messages`, then translate"


@pytest.mark.parametrize("folder", sorted(languages()))
def test_a_translation_has_the_placeholders_of_the_text(folder: str) -> None:
    with catalogue_path(folder).open("rb") as file:
        for message in read_po(file, locale=folder):
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            for place, text in enumerate(texts if ids[0] else ()):
                of_one = len(texts) > 1 and place == 0  # a form for one alone need not say the number
                wanted = [sorted(PLACEHOLDER.findall(one)) for one in (ids if of_one else ids[-1:])]
                assert sorted(PLACEHOLDER.findall(text)) in wanted, text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "name"), [("de", "Leads"), ("pl", "Leady"), ("zh-hans", "线索"), ("fr", "Prospects")]
)
def test_built_in_modules_are_named_in_the_language_of_the_person(language: str, name: str) -> None:
    with override(language):
        assert module("leads").label_plural == name
