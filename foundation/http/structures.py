"""Fields of input serializers that hold several values: arrays, metadata, ranges of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from foundation import clock
from foundation.errors import DomainError
from foundation.http import errors
from foundation.http.fields import MAX_TIMESTAMP, TimestampField, shown, within
from foundation.http.parsers import IndexedList

MAX_METADATA_KEYS = 50
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500


class CreatedFilterField(serializers.Field[Any, Any, Any, Any]):
    """`created=…` or `created[gte]=…`; the validated value maps Django's lookups to datetimes.

    >>> queryset.filter(**{f"created_at__{lookup}": at for lookup, at in params["created"].items()})
    """

    LOOKUPS = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte"}
    _timestamp = TimestampField()

    def to_internal_value(self, data: Any) -> dict[str, datetime]:
        if not isinstance(data, Mapping):
            # Ids are made at sub-second instants; created=… means that whole second.
            at = self._timestamp.run_validation(data)
            return {"gte": at, "lt": clock.from_timestamp(clock.to_timestamp(at) + 1)}
        found = {}
        for name, value in data.items():
            if name not in self.LOOKUPS:
                raise errors.ParameterNotEnum(
                    f"{shown(name)} is not one of gt, gte, lt, lte", param=shown(name)
                )
            try:
                found[self.LOOKUPS[name]] = self._timestamp.run_validation(value)
            except errors.TimestampInvalid as error:
                raise errors.TimestampInvalid(error.text, param=name) from None
        return _whole_seconds(found)

    def to_representation(self, value: Any) -> Any:
        return value


def _whole_seconds(found: dict[str, datetime]) -> dict[str, datetime]:
    # A row of 12:00:00.5 shows created 12:00:00: lte 12:00:00 includes it and gt 12:00:00 does not.
    shifted: dict[str, datetime] = {}
    for lookup, at in found.items():
        later = clock.from_timestamp(min(clock.to_timestamp(at) + 1, MAX_TIMESTAMP))
        if lookup == "lte":
            shifted["lt"] = min(later, shifted.get("lt", later))
        elif lookup == "gt":
            shifted["gte"] = max(later, shifted.get("gte", later))
        elif lookup == "lt":
            shifted["lt"] = min(at, shifted.get("lt", at))
        else:
            shifted["gte"] = max(at, shifted.get("gte", at))
    return shifted


class ArrayField(serializers.ListField):
    """A list of a child field or input serializer: JSON, `a[]=`, or `a[0]=` with any ascending numbers."""

    def __init__(self, *, child: Any, min_length: int = 0, max_length: int = 100, **kwargs: Any) -> None:
        super().__init__(child=child, **kwargs)
        self.shortest = min_length
        self.longest = max_length

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        items = _items_of(data)
        if not self.shortest <= len(items) <= self.longest:
            raise errors.ParameterNotArray(
                f"An array of {self.shortest} to {self.longest} elements is expected."
            )
        validated = []
        for index, item in enumerate(items):
            try:
                validated.append(_validated_item(self.child, item))
            except DomainError as error:
                error.param = within(str(index), error.param)
                raise
        return validated


def _items_of(data: Any) -> list[Any]:
    if isinstance(data, list):
        return data
    if isinstance(data, dict) and data and all(name.isascii() and name.isdigit() for name in data):
        return [data[name] for name in sorted(data, key=int)]
    raise errors.ParameterNotArray("Invalid array")


def _validated_item(child: Any, item: Any) -> Any:
    if item == "" or item is None:
        raise errors.ParameterEmpty("An element of an array cannot be empty.")
    return child.run_validation(item)


class MetadataField(serializers.Field[Any, Any, Any, Any]):
    """Up to 50 keys of 40 characters with values of 500. A value of "" unsets its key, an empty field all
    keys (the validated value is then None); merged into what is there by merge_metadata."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, IndexedList):
            data = {str(index): value for index, value in enumerate(data)}
        if not isinstance(data, dict):
            raise errors.ParameterNotHash("Invalid object: metadata must be an object of names and values.")
        return {_metadata_key(name): _metadata_value(name, value) for name, value in data.items()}

    def to_representation(self, value: Any) -> Any:
        return value


def merge_metadata(present: Mapping[str, str], changes: Mapping[str, str] | None) -> dict[str, str]:
    """What metadata becomes: None clears it, "" removes a key. Raises MetadataInvalid beyond 50 keys."""
    if changes is None:
        return {}
    merged = {**present, **changes}
    merged = {name: value for name, value in merged.items() if value != ""}
    if len(merged) > MAX_METADATA_KEYS:
        raise errors.MetadataInvalid(f"Metadata holds at most {MAX_METADATA_KEYS} keys.", param="metadata")
    return merged


def _metadata_key(name: str) -> str:
    if not name or len(name) > MAX_METADATA_KEY or "[" in name or "]" in name:
        raise errors.MetadataInvalid(
            f"Metadata keys have 1 to {MAX_METADATA_KEY} characters and no brackets: {shown(name)}",
            param=shown(name),
        )
    return name


def _metadata_value(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        value = str(value)
    if not isinstance(value, str):
        raise errors.MetadataInvalid("Metadata values are strings.", param=name)
    if len(value) > MAX_METADATA_VALUE:
        raise errors.MetadataInvalid(
            f"Metadata values have at most {MAX_METADATA_VALUE} characters.", param=name
        )
    return value
