"""The API's description as people read it: operations in groups, each with parameters and an example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import responses
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.api.site import api

Schema = Mapping[str, Any]
SAMPLE_PATH = {"module": "leads", "record_id": "17", "file_id": "5"}
SAMPLE_QUERY = {
    "list_records": "?sort=-created_at&limit=20",
    "count_records": "?q=meier",
    "delete_record": "?automation=none",
}
SAMPLE_BODY: dict[str, Any] = {
    "create_record": {"values": {"last_name": "Meier", "company": "Isdom GmbH", "rating": "high"}},
    "edit_record": {"values": {"status": "contacted", "owner": "ada@example.com"}, "version": 3},
    "change_many": {
        "mode": "each",
        "changes": [
            {"do": "create", "values": {"last_name": "Meier"}},
            {"do": "edit", "id": 17, "values": {"rating": "low"}},
            {"do": "delete", "id": 18},
        ],
    },
    "write_note": {"text": "Called back; wants an offer by Friday."},
}


@dataclass(frozen=True)
class Input:
    """A parameter, or a part of the body."""

    name: str
    kind: str
    required: bool
    text: SafeString


@dataclass(frozen=True)
class Operation:
    """One operation."""

    key: str
    method: str
    path: str
    summary: str
    text: SafeString
    inputs: list[Input]
    answers: list[tuple[int, str]]
    example: str


@dataclass(frozen=True)
class Group:
    """Operations that belong together."""

    key: str
    label: str
    operations: list[Operation]


@cache
def description() -> dict[str, Any]:
    """The OpenAPI description; the same for everybody, since it names no module and no field."""
    return dict(api.get_openapi_schema(path_prefix="/api/"))


def groups(site: str) -> list[Group]:
    """All operations; examples ask the installation at this address."""
    found: dict[str, list[Operation]] = {}
    for path, methods in description()["paths"].items():
        for method, told in methods.items():
            found.setdefault(told["tags"][0], []).append(_operation(site, path, method, told))
    return [Group(label.lower().replace(" ", "-"), label, operations) for label, operations in found.items()]


def _operation(site: str, path: str, method: str, told: Schema) -> Operation:
    key = told["operationId"]
    return Operation(
        key=key,
        method=method.upper(),
        path=path,
        summary=told["summary"],
        text=marked(told.get("description", "")),
        inputs=[*_parameters(told), *_body(told)],
        answers=[(int(status), responses.get(int(status), "")) for status in sorted(told["responses"])],
        example=_example(site, path, method.upper(), key),
    )


def marked(text: str) -> SafeString:
    """Text in which what stands between backticks is code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", [(format_html("<code>{}</code>", p) if n % 2 else p,) for n, p in parts]
    )


def _parameters(told: Schema) -> Iterator[Input]:
    for one in told["parameters"]:
        yield Input(one["name"], _kind(one["schema"]), one["required"], marked(one.get("description", "")))


def _body(told: Schema) -> Iterator[Input]:
    for content in told.get("requestBody", {}).get("content", {}).values():
        schema = _resolved(content["schema"])
        for name, part in schema["properties"].items():
            found = _resolved(part)
            text = part.get("description") or found.get("description", "")
            yield Input(name, _kind(part), name in schema.get("required", ()), marked(text))


def _resolved(schema: Schema) -> Schema:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return description()["components"]["schemas"][name] if name else schema


def _kind(schema: Schema) -> str:
    """The form of a value in a word or two."""
    choices = schema.get("enum")
    if choices:
        return " | ".join(str(choice) for choice in choices)
    for part in schema.get("anyOf", ()):
        if part.get("type") != "null":
            return _kind(part)
    if schema.get("format") == "binary":
        return "file"
    return str(_resolved(schema).get("type", "any"))


def _example(site: str, path: str, method: str, key: str) -> str:
    """The operation as a curl command."""
    for name, value in SAMPLE_PATH.items():
        path = path.replace("{" + name + "}", value)
    lines = ['curl -H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        lines[0] += f" -X {method}"
    body = SAMPLE_BODY.get(key)
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{json.dumps(body)}'"]
    lines += {"upload_file": ["-F file=@offer.pdf"], "download_file": ["-OJ"]}.get(key, [])
    lines.append(f'"{site}{path}{SAMPLE_QUERY.get(key, "")}"')
    return " \\\n  ".join(lines)
