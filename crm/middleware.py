"""Sets language and time zone of the person, and holds the configuration's generation, for each request."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from crm.documents.generation import held_generation
from crm.models import User


class PersonMiddleware:
    """What is asked and answered in one request is in one language, one time zone and one configuration."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or not user.is_authenticated:
            return self.get_response(request)
        # Not undone here: LocaleMiddleware, further out, names the language in the answer's header.
        translation.activate(user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(zone_of(user)), held_generation():
            return self.get_response(request)


def zone_of(user: User) -> ZoneInfo | None:
    """The person's time zone; None, which stands for the installation's, where the name is unknown."""
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
