"""The OpenAPI document describes what is served; a change that breaks clients is noticed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from foundation.http import docs
from foundation.http.openapi_changes import breaking_changes


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    generator: Any = SchemaGenerator()
    schema = generator.get_schema(request=None, public=True)
    made: dict[str, Any] = json.loads(json.dumps(schema, default=str))
    return made


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_document_is_openapi_3_1_of_the_served_release(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"] == "2026-10-28.endive"
    assert all(path.startswith("/v1/") for path in document["paths"])
    assert {"/v1/account", "/v1/events", "/v1/webhook_endpoints/{endpoint_id}"} <= document["paths"].keys()


def test_every_reference_leads_somewhere_and_every_schema_is_one(document: dict[str, Any]) -> None:
    for reference in references(document):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_names_its_summary_its_errors_and_its_security(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation.get("summary"), f"{method} {path} is not marked with @endpoint"
        assert operation["responses"]["default"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/Error"
        }
        assert operation["security"] == [{"bearerAuth": []}, {"basicAuth": []}]


def test_every_write_takes_an_idempotency_key_and_both_kinds_of_body(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        takes_key = {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
        assert takes_key == (method in ("post", "delete")), f"{method} {path}"
        if "requestBody" in operation:
            assert {"application/json", "application/x-www-form-urlencoded"} <= operation["requestBody"][
                "content"
            ].keys()


def test_the_committed_document_is_served(client: Client) -> None:
    response = client.get("/v1/openapi.json")

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.content == docs.document_path().read_bytes()


def test_the_pages_load_nothing_from_elsewhere_and_no_inline_script(client: Client) -> None:
    for path in ("/docs/api", "/docs/errors", "/docs/errors/pan_refused"):
        response = client.get(path)
        text = response.content.decode()

        assert response.status_code == 200
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert re.findall(r"<script(?![^>]*\ssrc=\"/static/)", text) == []
        assert re.findall(r"<style|\sstyle=|\son\w+=", text) == []
        assert re.findall(r"(?:src|href)=\"(?:https?:)?//", text) == []


BEFORE: dict[str, Any] = {
    "info": {"version": "v1"},
    "paths": {
        "/v1/a": {
            "get": {"parameters": [{"name": "limit", "in": "query"}]},
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}
                }
            },
        }
    },
    "components": {"schemas": {"A": {"required": ["x"], "properties": {"x": {"enum": ["p", "q"]}, "y": {}}}}},
}


def changed(**edits: Any) -> dict[str, Any]:
    after = copy.deepcopy(BEFORE)
    for path, value in edits.items():
        *parents, last = path.split("__")
        target: Any = after
        for parent in parents:
            target = target["/v1/a" if parent == "a" else parent]
        if value is None:
            del target["/v1/a" if last == "a" else last]
        else:
            target[last] = value
    return after


@pytest.mark.parametrize(
    ("after", "sentences"),
    [
        (changed(), []),
        (changed(paths__a=None), ["GET /v1/a is gone.", "POST /v1/a is gone."]),
        (changed(paths__a__post=None), ["POST /v1/a is gone."]),
        (changed(paths__a__get__parameters=[]), ["GET /v1/a no longer takes limit."]),
        (
            changed(paths__a__get__parameters=[{"name": "limit", "required": True}]),
            ["GET /v1/a now requires limit."],
        ),
        (changed(components__schemas__A__properties__y=None), ["A no longer has y."]),
        (changed(components__schemas__A__required=["x", "y"]), ["A now requires y."]),
        (changed(components__schemas__A__properties__x={"enum": ["p"]}), ["A.x no longer knows q."]),
        (changed(components__schemas__A__properties__z={}), []),
        (changed(info={"version": "v2"}, paths__a=None), []),
    ],
)
def test_what_would_break_a_client_is_named(after: dict[str, Any], sentences: list[str]) -> None:
    assert breaking_changes(BEFORE, after) == sentences


def test_an_outdated_document_fails_the_check_and_a_breaking_one_is_not_written(
    tmp_path: Any, settings: Any
) -> None:
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="outdated"):
        call_command("write_openapi", "--check")
    call_command("write_openapi")
    call_command("write_openapi", "--check")
    path = docs.document_path()
    document = json.loads(path.read_text())
    document["paths"]["/v1/removed"] = {"get": {}}
    path.write_text(json.dumps(document))

    with pytest.raises(CommandError, match="GET /v1/removed is gone"):
        call_command("write_openapi")
    call_command("write_openapi", "--accept-breaking")

    assert "/v1/removed" not in json.loads(path.read_text())["paths"]
