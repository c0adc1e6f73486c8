"""A label in each language beside English, as one form field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from crm.languages import LANGUAGES

OTHERS = [(code, name) for code, name in LANGUAGES if code != "en"]


def _shown(language: str, names: int) -> list[Any]:
    """What the inputs of a language are called, in the reader's language."""
    if names == 1:
        return [language]
    return [format_lazy("{}: {}", language, word) for word in (gettext_lazy("one"), gettext_lazy("many"))]


class TranslationsWidget(forms.MultiWidget):
    """One input per language and name, each with the language's own name."""

    def __init__(self, names: int = 1) -> None:
        self.names = names
        inputs = {
            f"{code}_{place}": UnfoldAdminTextInputWidget(
                attrs={"placeholder": shown, "aria-label": shown, "lang": code, "class": "mb-1"}
            )
            for code, language in OTHERS
            for place, shown in enumerate(_shown(language, names))
        }
        super().__init__(inputs)

    def decompress(self, value: Any) -> list[Any]:
        """The stored labels as a list of inputs."""
        labels = value or {}
        found: list[Any] = []
        for code, _language in OTHERS:
            texts = labels.get(code) or [None] * self.names
            found += [texts] if isinstance(texts, str) else list(texts)
        return found


class TranslationsField(forms.MultiValueField):
    """Labels by language, as the model keeps them: a text, or a list where there are more names."""

    def __init__(self, names: int = 1, **kwargs: Any) -> None:
        self.names = names
        parts = [forms.CharField(required=False, max_length=120) for _one in OTHERS for _name in range(names)]
        kwargs.setdefault("label", gettext_lazy("In other languages"))
        kwargs.setdefault("help_text", gettext_lazy("Where it is empty, people see the English label."))
        super().__init__(
            parts, require_all_fields=False, required=False, widget=TranslationsWidget(names), **kwargs
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compares what is stored with what was typed."""
        return self.compress([text or "" for text in data or []]) != (initial or {})

    def compress(self, data_list: list[str]) -> dict[str, Any]:
        """What is stored of what was typed; half a pair is kept for the service to refuse."""
        labels: dict[str, Any] = {}
        for place, (code, _language) in enumerate(OTHERS):
            texts = [text.strip() for text in data_list[place * self.names : (place + 1) * self.names]]
            if any(texts):
                labels[code] = texts if self.names > 1 else texts[0]
        return labels
