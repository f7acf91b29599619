"""The base of every input serializer: which parameters an endpoint knows, refused by name otherwise.

Input only; shapes of responses are plain functions that return dicts. The first refusal wins, as with
Stripe, and carries the parameter's full name: `card[exp_month]`, `items[0][price]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty

from foundation.errors import DomainError, ParameterInvalid, ParameterMissing, ParameterUnknown
from foundation.http import errors
from foundation.http.fields import (
    AmountField,
    BooleanField,
    CountryField,
    CurrencyField,
    DecimalField,
    EmailField,
    EnumField,
    IntegerField,
    PublicIdField,
    StringField,
    TimestampField,
    UrlField,
    id_from_url,
    no_such,
    within,
)
from foundation.http.parsers import IndexedList
from foundation.http.structures import ArrayField, CreatedFilterField, MetadataField, merge_metadata

__all__ = [
    "AmountField",
    "ArrayField",
    "BooleanField",
    "CountryField",
    "CreatedFilterField",
    "CurrencyField",
    "DecimalField",
    "EmailField",
    "EnumField",
    "InputSerializer",
    "IntegerField",
    "ListInput",
    "MetadataField",
    "PublicIdField",
    "SearchInput",
    "StringField",
    "TimestampField",
    "UrlField",
    "id_from_url",
    "merge_metadata",
    "no_such",
    "within",
]

# What the stock fields of DRF say, in our codes; for the rare field that is not one of ours.
_STOCK_CODES: dict[str, type[DomainError]] = {
    "required": ParameterMissing,
    "null": errors.ParameterEmpty,
    "blank": errors.ParameterEmpty,
    "invalid_choice": errors.ParameterNotEnum,
    "not_a_list": errors.ParameterNotArray,
    "not_a_dict": errors.ParameterNotHash,
}


class InputSerializer(serializers.Serializer[Any]):
    """Declare the parameters an endpoint knows; `parse` returns the validated ones.

    Override `refuse(validated)` for rules between parameters; raise ParametersExclusive, ParameterMissing, …
    with the parameter's name.
    """

    _shared: ClassVar[InputSerializer | None] = None

    @classmethod
    def parse(cls, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Validated parameters; absent optional ones without default are absent here too.

        Raises a DomainError with the name of the first parameter that is refused.
        """
        # Building a serializer copies every field; one instance per class serves all, since validation keeps
        # nothing on it.
        shared = cls.__dict__.get("_shared")
        if shared is None:
            shared = cls()
            shared.fields  # noqa: B018  built once, before threads meet here
            cls._shared = shared
        return shared.to_internal_value(parameters)

    def refuse(self, validated: dict[str, Any]) -> None:
        """Rules between parameters."""

    def run_validation(self, data: Any = empty) -> Any:
        """As a field of another serializer."""
        if data is empty or data is None:
            return super().run_validation(data)
        return self.to_internal_value(data)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, IndexedList):
            data = {str(index): value for index, value in enumerate(data)}
        if not isinstance(data, Mapping):
            raise errors.ParameterNotHash("Invalid object")
        fields = self.fields
        for name in data:
            if name not in fields:
                raise ParameterUnknown(f"Received unknown parameter: {name[:100]}", param=name[:100])
        validated: dict[str, Any] = {}
        for name, field in fields.items():
            try:
                value = _value_of(field, data.get(name, empty))
            except SkipField:
                continue
            except DomainError as error:
                error.param = within(name, error.param)
                raise
            except ValidationError as error:
                raise _translated(error, name) from None
            validated[field.source or name] = value
        self.refuse(validated)
        return validated


class ListInput(InputSerializer):
    """What every list accepts; subclasses add filters."""

    limit = IntegerField(min_value=1, max_value=100, required=False, default=10)
    starting_after = StringField(max_length=64, required=False)
    ending_before = StringField(max_length=64, required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        if "starting_after" in validated and "ending_before" in validated:
            raise errors.ParametersExclusive(
                "Give starting_after or ending_before, not both.", param="ending_before"
            )


class SearchInput(InputSerializer):
    """What every search accepts."""

    query = StringField(max_length=1_000)
    limit = IntegerField(min_value=1, max_value=100, required=False, default=10)
    page = StringField(max_length=200, required=False)


def _value_of(field: Any, raw: Any) -> Any:
    if raw is empty:
        if field.required:
            raise ParameterMissing(f"Missing required param: {field.field_name}.")
        return field.get_default()
    if raw == "" or raw is None:
        if field.allow_null:
            return None
        raise errors.ParameterEmpty(
            "You passed an empty value. It would unset the parameter, and this one cannot be unset: "
            "leave it out or give a value."
        )
    return field.run_validation(raw)


def _translated(error: ValidationError, name: str) -> DomainError:
    detail: Any = error.detail
    while isinstance(detail, (list, dict)) and detail:
        if isinstance(detail, dict):
            inner, detail = next(iter(detail.items()))
            name = within(name, str(inner))
        else:
            detail = detail[0]
    kind = _STOCK_CODES.get(getattr(detail, "code", ""), ParameterInvalid)
    return kind(str(detail), param=name)
