"""Real data through the commands; the folder is named by ACCEPTANCE_DATA."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from crm.criteria import Context, compile_criteria
from crm.models import User
from crm.modules.loading import module
from tests.acceptance.naughty import make_wide_module, read_strings

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(db: None, tmp_path: Path) -> Run:
    """Calls a command and gives its JSON; a keyword `mapping` is written to a file for it."""

    def called(*arguments: Any, mapping: Any = None) -> dict[str, Any]:
        out = StringIO()
        more: list[str] = []
        if mapping is not None:
            path = tmp_path / "mapping.json"
            path.write_text(json.dumps(mapping))
            more = ["--mapping", str(path)]
        call_command(*map(str, arguments), *more, stdout=out)
        told: dict[str, Any] = json.loads(out.getvalue())
        return told

    return called


@pytest.fixture
def chief(db: None) -> User:
    """Somebody who sees everything."""
    return User.objects.create_superuser("chief@example.com", name="Chief")


@pytest.fixture
def chief_client(chief: User) -> Client:
    """The chief, logged in."""
    client = Client()
    client.force_login(chief, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def strings(acceptance_data: Path) -> list[str]:
    """The naughty strings."""
    return read_strings(acceptance_data)


@pytest.fixture
def wide(chief: User) -> str:
    """The key of a module whose records hold many texts each."""
    return make_wide_module(chief)


def matching(key: str, *conditions: tuple[str, str, Any]) -> Any:
    """The condition for a query over a module, from criteria of the product's own language."""
    data = {"conditions": [{"field": f, "operator": o, "value": v} for f, o, v in conditions]}
    return compile_criteria(data, module(key)).q(Context(timezone.now(), "UTC", None))
