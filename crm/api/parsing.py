"""Reading JSON that anybody may have sent."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

DEEPEST = 16  # levels; the deepest body that the API knows has eight


def load_json(text: str | bytes) -> Any:
    """What the JSON says; raises ValueError, also for NaN and for what is nested too deeply."""
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level, depth = [found], 0
    while level:
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
        level = [part for one in level if isinstance(one, dict | list) for part in _parts(one)]
        depth += 1
    return found


def _parts(one: dict[str, Any] | list[Any]) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class StrictParser(Parser):
    """Reads bodies for the API."""

    def parse_body(self, request: HttpRequest) -> Any:
        return load_json(request.body)
