"""Public holidays of countries and their regions, by the `holidays` package; names in the active language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache

import holidays
from babel import Locale
from django.utils.translation import get_language

from crm.fields.numbers import babel_locale

Choices = list[tuple[str, str]]


@cache
def regions() -> Mapping[str, tuple[str, ...]]:
    """The codes of all countries, each with the codes of its regions that have holidays of their own."""
    found = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(codes) for country, codes in found.items()}


def country_name(country: str) -> str:
    """The name in the active language, or the code where there is none."""
    return str(Locale.parse(babel_locale()).territories.get(country, country))


def country_choices() -> Choices:
    """Codes and names of all countries, by name."""
    return sorted(((code, country_name(code)) for code in regions()), key=lambda choice: choice[1])


def region_choices(country: str) -> Choices:
    """Codes and names of a country's regions, by name; none for an unknown country."""
    codes = regions().get(country, ())
    aliases = holidays.country_holidays(country).subdivisions_aliases if codes else {}
    names = {code: name for name, code in aliases.items()}
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda choice: choice[1])


def public_holidays(country: str, region: str, year: int) -> dict[date, str]:
    """The days off with their names, in order; none for an unknown country or region."""
    return dict(_public_holidays(country, region, year, get_language() or "en"))


@lru_cache(maxsize=1024)
def _public_holidays(country: str, region: str, year: int, language: str) -> Mapping[date, str]:
    if country not in regions() or (region and region not in regions()[country]):
        return {}
    plain = holidays.country_holidays(country)
    wanted = [name for name in (language, "en") for name in _spoken(plain.supported_languages, name)]
    found = holidays.country_holidays(
        country, subdiv=region or None, years=year, language=wanted[0] if wanted else None
    )
    return dict(sorted(found.items()))


def _spoken(languages: tuple[str, ...], language: str) -> list[str]:
    """Those of a country's languages that are this one, whatever its region."""
    return [name for name in languages if name.split("_")[0] == language.split("-")[0]]
