"""The OpenAPI 3.1 document: `@endpoint` on a view's method says what it takes and returns; the rest is
derived.

Forms and JSON carry the same parameters, so each request body lists both. Idempotency, versions, errors and
security are the same everywhere and are added here once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, is_typeddict

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, resolve_type_hint
from drf_spectacular.utils import OpenApiParameter, extend_schema_field

from foundation.http.parsers import FORM, JSON, MULTIPART
from foundation.http.serializers import (
    CreatedFilterField,
    DecimalField,
    InputSerializer,
    MetadataField,
    TimestampField,
)
from foundation.http.structures import MAX_METADATA_KEYS, MAX_METADATA_VALUE

F = TypeVar("F", bound=Callable[..., Any])
Schema = dict[str, Any]

LIST = "list"
SEARCH = "search_result"
ERROR = {"$ref": "#/components/schemas/Error"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    summary: str
    input: type[InputSerializer]
    returns: Any
    page: str | None
    status: int


def endpoint(
    summary: str,
    *,
    input: type[InputSerializer] = InputSerializer,
    returns: Any,
    page: str | None = None,
    status: int = 200,
) -> Callable[[F], F]:
    """Document a method of an ApiView; self.input() without an argument then takes `input`.

    returns: the name of an object ("refund"), a TypedDict of its fields, or a JSON schema.
    page: "list" or "search_result" when the method answers with many of them.
    """

    def mark(method: F) -> F:
        method.endpoint = Endpoint(summary, input, returns, page, status)  # type: ignore[attr-defined]
        return method

    return mark


def endpoint_of(method: Any) -> Endpoint | None:
    """What @endpoint said about a method, if it was used."""
    return getattr(method, "endpoint", None)


class ApiSchema(AutoSchema):
    """Reads @endpoint; methods without it are described by their parameters' absence."""

    @property
    def _endpoint(self) -> Endpoint | None:
        return endpoint_of(getattr(self.view, self.method.lower(), None))

    def get_operation_id(self) -> str:
        parts = [part.strip("{}") for part in self.path.removeprefix("/v1/").split("/") if part]
        return "_".join([self.method.lower(), *parts])

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/v1/").split("/")[0].replace("_", " ").capitalize()]

    def get_summary(self) -> str | None:
        return self._endpoint.summary if self._endpoint else None

    def get_description(self) -> str:  # type: ignore[override]
        return ""

    def get_request_serializer(self) -> Any:
        if self._endpoint is None or self.method != "POST":
            return None
        return self._endpoint.input()

    def get_override_parameters(self) -> list[Any]:
        if self._endpoint is None or self.method == "POST":
            return []
        return [_query_parameter(self, name, field) for name, field in self._endpoint.input().fields.items()]

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_response_serializers(self) -> Any:
        return None

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False

    def map_parsers(self) -> list[str]:
        types = [FORM, JSON]
        return [*types, MULTIPART] if getattr(self.view, "accepts_uploads", False) else types

    def map_renderers(self, attribute: str) -> list[str]:
        return [JSON]

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        found = self._endpoint
        content = _returned(self, found) if found else {"type": "object"}
        return {
            str(found.status if found else 200): {
                "description": "The answer.",
                "content": {JSON: {"schema": content}},
            },
            "default": {"description": "A refusal.", "content": {JSON: {"schema": ERROR}}},
        }


def _query_parameter(schema: AutoSchema, name: str, field: Any) -> OpenApiParameter:
    described = dict(schema._map_serializer_field(field, "request") or {})
    is_object = "anyOf" in described or described.get("type") == "object"
    return OpenApiParameter(
        name=f"{name}[]" if described.get("type") == "array" else name,
        location=OpenApiParameter.QUERY,
        required=field.required,
        type=described,
        style="deepObject" if is_object else None,
        explode=True if is_object else None,
    )


def _returned(schema: AutoSchema, found: Endpoint) -> Schema:
    one = _object_schema(schema, found.returns)
    if found.page is None:
        return one
    properties: Schema = {
        "object": {"const": found.page},
        "url": {"type": "string"},
        "has_more": {"type": "boolean"},
        "data": {"type": "array", "items": one},
    }
    if found.page == SEARCH:
        properties["next_page"] = {"type": ["string", "null"]}
    return {"type": "object", "required": sorted(properties), "properties": properties}


def _object_schema(schema: AutoSchema, returns: Any) -> Schema:
    if isinstance(returns, dict):
        return returns
    if is_typeddict(returns):
        name = returns.__name__.removesuffix("Shape")
        described = resolve_type_hint(returns)
    else:
        name = "".join(part.capitalize() for part in str(returns).replace(".", "_").split("_"))
        described = {
            "type": "object",
            "required": ["object"],
            "properties": {"object": {"const": str(returns)}, "id": {"type": "string"}},
            "additionalProperties": True,
        }
    component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=described)
    schema.registry.register_on_missing(component)
    reference: Schema = component.ref
    return reference


def only_public_routes(endpoints: list[Any], **_: Any) -> list[Any]:
    """Preprocessing hook: the document describes /v1 alone, without itself."""
    return [item for item in endpoints if item[0].startswith("/v1/") and item[0] != "/v1/openapi.json"]


def describe_contract(result: Schema, generator: Any, **_: Any) -> Schema:
    """Postprocessing hook: the parts that every operation shares."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Error"] = _error_schema()
    components["parameters"] = _shared_parameters()
    # Relative, so that the committed document is the same wherever it is generated.
    result["servers"] = [{"url": "/"}]
    for schema in schemas.values():
        if schema.get("description") == inspect.getdoc(InputSerializer):
            del schema["description"]
    for operations in result["paths"].values():
        for method, operation in operations.items():
            _describe_operation(method, operation, schemas)
    return result


def _describe_operation(method: str, operation: Schema, schemas: Schema) -> None:
    # Either will do; drf-spectacular would ask for both at once.
    operation["security"] = [{"bearerAuth": []}, {"basicAuth": []}]
    parameters = operation.setdefault("parameters", [])
    parameters.append({"$ref": "#/components/parameters/StripeVersion"})
    parameters.append({"$ref": "#/components/parameters/StripeAccount"})
    if method in ("post", "delete"):
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if method == "post":
        for media in operation.get("requestBody", {}).get("content", {}).values():
            name = media["schema"].get("$ref", "").rpartition("/")[2]
            if name in schemas:
                schemas[name].setdefault("properties", {})["expand"] = _EXPAND
                schemas[name]["additionalProperties"] = False
    else:
        parameters.append(
            {"name": "expand[]", "in": "query", "style": "form", "explode": True, "schema": _EXPAND}
        )


_EXPAND: Schema = {
    "type": "array",
    "items": {"type": "string", "maxLength": 500},
    "maxItems": 20,
    "description": "Properties to expand, to a depth of four.",
}


def _shared_parameters() -> Schema:
    return {
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key and request have one effect and get the same answer for 30 days.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        },
        "StripeVersion": {
            "name": "Stripe-Version",
            "in": "header",
            "schema": {"type": "string", "enum": list(settings.API_VERSIONS)},
        },
        "StripeAccount": {
            "name": "Stripe-Account",
            "in": "header",
            "description": "A platform's key acts for this connected merchant.",
            "schema": {"type": "string", "maxLength": 64},
        },
    }


def _error_schema() -> Schema:
    text = {"type": "string"}
    types = ["api_error", "card_error", "idempotency_error", "invalid_request_error"]
    return {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["type", "code", "message", "doc_url"],
                "properties": {
                    "type": {"type": "string", "enum": types},
                    "code": text,
                    "message": text,
                    "param": text,
                    "decline_code": text,
                    "payment_intent": {"type": "object"},
                    "request_id": text,
                    "doc_url": {"type": "string", "format": "uri"},
                },
            }
        },
    }


_TIMESTAMP: Schema = {"type": "integer", "format": "unix-time", "minimum": 0}

extend_schema_field(_TIMESTAMP)(TimestampField)
extend_schema_field({"type": "string", "format": "decimal"})(DecimalField)
extend_schema_field(
    {
        "type": "object",
        "maxProperties": MAX_METADATA_KEYS,
        "additionalProperties": {"type": "string", "maxLength": MAX_METADATA_VALUE},
    }
)(MetadataField)
extend_schema_field(
    {
        "anyOf": [
            _TIMESTAMP,
            {"type": "object", "properties": dict.fromkeys(CreatedFilterField.LOOKUPS, _TIMESTAMP)},
        ]
    }
)(CreatedFilterField)


class PublicIdSchema(OpenApiSerializerFieldExtension):
    target_class = "foundation.http.fields.PublicIdField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Schema:
        shown = " or ".join(f"{prefix}_…" for prefix in self.target.prefixes)
        return {"type": "string", "description": f"The id of a {self.target.kind or 'resource'}: {shown}."}


class SecretKeyScheme(OpenApiAuthenticationExtension):
    """Bearer and Basic, as the client libraries send the key."""

    target_class = "foundation.tenancy.authentication.ApiKeyAuthentication"
    name = ["bearerAuth", "basicAuth"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[Schema]:
        return [{"type": "http", "scheme": "bearer"}, {"type": "http", "scheme": "basic"}]
