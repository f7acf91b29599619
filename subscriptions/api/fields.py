"""Fields that only billing has: `inf` of a last tier, `now` on whichever clock, a meter event's payload."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.http import errors
from foundation.http.fields import IntegerField, TimestampField, shown

NOW: Final = "now"
MAX_PAYLOAD_KEYS = 10
MAX_PAYLOAD_VALUE = 500
MAX_UNITS = 2**53


@extend_schema_field({"anyOf": [{"type": "integer", "minimum": 1}, {"enum": ["inf"]}]})
class UpToField(serializers.Field[Any, Any, Any, Any]):
    """The last quantity of a tier; `inf` for none, which is None."""

    def to_internal_value(self, data: Any) -> int | None:
        if data == "inf":
            return None
        return IntegerField(min_value=1, max_value=MAX_UNITS).run_validation(data)  # type: ignore[no-any-return]

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        return self.to_internal_value(data)

    def to_representation(self, value: Any) -> Any:
        return value


class InstantField(TimestampField):
    """Unix seconds, or one of a few words that are told apart later: a test clock knows its own now."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return data if isinstance(data, str) and data in self.words else super().run_validation(data)


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class PayloadField(serializers.Field[Any, Any, Any, Any]):
    """A flat object of texts: what a meter event says."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, Mapping) or len(data) > MAX_PAYLOAD_KEYS:
            raise errors.ParameterNotHash(f"Invalid object: at most {MAX_PAYLOAD_KEYS} names and values.")
        return {str(name)[:100]: _text(name, value) for name, value in data.items()}

    def to_representation(self, value: Any) -> Any:
        return value


def _text(name: Any, value: Any) -> str:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > MAX_PAYLOAD_VALUE:
        raise errors.ParameterNotString(f"Invalid string: {shown(value)}", param=str(name)[:100])
    return value


def instant_of(value: datetime | str | None, now: datetime) -> datetime | None:
    """A validated InstantField as an instant."""
    return now if value == NOW else value  # type: ignore[return-value]
