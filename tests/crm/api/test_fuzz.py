"""Whatever somebody sends: no server error, and no answer that the description does not know."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm.api.reference import description
from crm.criteria import operators_for
from crm.door.attach import add_note
from crm.models import Module, User
from crm.modules.loading import module as module_by_key
from crm.wsgi import application
from tests.crm.api.conftest import Asker
from tests.crm.pages.conftest import Desk

pytestmark = pytest.mark.django_db
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much,
         HealthCheck.data_too_large]  # fmt: skip
FEW = examples(max_examples=8, derandomize=True, deadline=None, database=None, suppress_health_check=QUIET)
MANY = examples(max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=QUIET)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def all_operations() -> dict[str, APIOperation]:
    schema = schemathesis.openapi.from_dict(description())
    schema.app = application
    schema.config.update(base_url="http://127.0.0.1")
    found = (result.ok() for result in schema.get_all_operations())
    return {operation.definition.raw["operationId"]: operation for operation in found}


@pytest.fixture(autouse=True)
def without_limit(settings: Settings) -> Iterator[None]:
    """So many requests a minute are more than one token has; and all are in the test's transaction."""
    settings.API_REQUESTS_PER_MINUTE = 0
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


OPERATIONS = all_operations()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_answers_as_described(
    name: str, mode: GenerationMode, asker: Asker, desk: Desk, ada: User
) -> None:
    operation = OPERATIONS[name]
    there = {"module": "leads", "record_id": desk.lead, "file_id": 1}
    known = {one["name"]: there[one["name"]] for one in operation.definition.raw["parameters"]
             if one["in"] == "path"}  # fmt: skip
    real = operation.as_strategy(generation_mode=mode, path_parameters=known or None)

    @FEW
    @given(case=st.one_of(real, operation.as_strategy(generation_mode=mode)))
    def ask(case: Any) -> None:
        headers = {"Authorization": f"Bearer {asker.secret}"}
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


TEXTS = st.text(st.characters(categories=None), max_size=20) | st.sampled_from(
    ["\x00", "\ud800", "1e999999999", "-0", "NaN", "9" * 400, "a@b", "a\x00@b.example", "2026-02-30",
     "1:1", ":", "leads:", "99999-01-01T00:00:00+23:59", "0001-01-01T00:00:00+14:00", "=1+1", "١٢", "١"]
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
KEYS = st.sampled_from(
    ["id", "module", "product", "text", "quantity", "price", "discount", "tax", "net", "x"]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


def fields_of_modules(*keys: str) -> dict[str, list[str]]:
    return {key: list(module_by_key(key).fields) for key in keys}


@pytest.mark.parametrize("key", ["quotes", "tasks", "leads", "device_requests"])
def test_no_value_of_any_field_breaks_a_create_or_an_edit(
    key: str, asker: Asker, desk: Desk, device_requests: Module
) -> None:
    keys = list(module_by_key(key).fields)
    one = {"quotes": desk.quote, "tasks": desk.task, "leads": desk.lead}.get(key)
    if one is None:
        body = {"values": {"name": "X"}}
        one = asker.ask("post", f"{key}/records", body).json()["id"]

    @MANY
    @given(values=st.dictionaries(st.sampled_from(keys), JSON, min_size=1, max_size=4))
    def ask(values: dict[str, Any]) -> None:
        for method, path in (("post", f"{key}/records"), ("patch", f"{key}/records/{one}")):
            response = asker.ask(method, path, {"values": values})
            assert response.status_code < 500, (values, response.content)

    ask()


@pytest.mark.parametrize("key", ["quotes", "device_requests"])
def test_no_filter_breaks_a_list(key: str, asker: Asker, desk: Desk, device_requests: Module) -> None:
    fields = module_by_key(key).fields
    pairs = [(info.key, one.key) for info in fields.values() for one in operators_for(info, events=True)]
    condition = st.sampled_from(pairs).flatmap(
        lambda pair: st.fixed_dictionaries({"field": st.just(pair[0]), "operator": st.just(pair[1])},
                                           optional={"value": JSON})
    )  # fmt: skip
    told = st.fixed_dictionaries(
        {"conditions": st.lists(condition, max_size=3)},
        optional={"pattern": st.sampled_from(["1", "not 1", "1 or 2", "(1 and 2", "((((1))))"]) | TEXTS},
    )

    @MANY
    @given(criteria=told)
    def ask(criteria: dict[str, Any]) -> None:
        query = {"filter": json.dumps(criteria)}
        headers = {"Authorization": f"Bearer {asker.secret}"}
        response = asker.client.get(f"/api/{key}/records", query, headers=headers)
        assert response.status_code in (200, 422), (criteria, response.content)

    ask()


def test_no_note_breaks_the_notes(asker: Asker, desk: Desk, ada: User, ask_as: Callable[..., Asker]) -> None:
    add_note("leads", desk.lead, "First", actor=ada)

    @FEW
    @given(text=JSON)
    def ask(text: Any) -> None:
        response = asker.ask("post", f"leads/records/{desk.lead}/notes", {"text": text})
        assert response.status_code in (201, 422), (text, response.content)

    ask()
