"""What tests of the API share: tokens, and a client that sends one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from crm.api.tokens import make_token
from crm.models import User
from tests.crm.pages.conftest import as_person, desk, edit, make
from tests.modules import device_requests

__all__ = ["Asker", "as_person", "ask_as", "asker", "desk", "device_requests", "edit", "make"]


class Asker:
    """Asks the API with a token, or without one."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.secret = secret

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """The answer to a request; a body is sent as JSON, and bytes as they are."""
        if self.secret:
            headers.setdefault("Authorization", f"Bearer {self.secret}")
        return getattr(self.client, method)(
            f"/api/{path}",
            **({"data": body, "content_type": "application/json"} if body is not None else {}),
            headers=headers,
        )

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a successful answer."""
        response = self.client.get(
            f"/api/{path}", query or None, headers={"Authorization": f"Bearer {self.secret}"}
        )
        assert response.status_code == 200, response.content
        return response.json()


@pytest.fixture
def ask_as() -> Callable[..., Asker]:
    """Makes somebody who asks with a new token of a person's."""
    made = iter(range(1000))

    def asker_of(person: User | None, *, may_write: bool = True, modules: tuple[str, ...] = ()) -> Asker:
        if person is None:
            return Asker()
        _token, secret = make_token(
            actor=person, name=f"Robot {next(made)}", may_write=may_write, modules=modules
        )
        return Asker(secret)

    return asker_of


@pytest.fixture
def asker(ask_as: Callable[..., Asker], ada: User) -> Asker:
    """Ada's program, which may write."""
    return ask_as(ada)
