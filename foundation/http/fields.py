"""Fields of input serializers that hold one value, refused with Stripe's codes (structures.py: several
values).

Each takes what a form sends (strings) and what JSON sends (numbers, booleans), and nothing in between: "1.0"
is no integer, 1 is no string of a name. An empty value ("" or null) means unset and is only accepted by a
field with allow_null=True, whose validated value is then None (InputSerializer decides that, not the field).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import EmailValidator
from rest_framework import serializers

from foundation import clock, ids
from foundation.errors import ResourceMissing
from foundation.http import errors
from foundation.money import EXPONENTS, MAX_AMOUNT_MINOR

MAX_STRING = 5_000
MAX_INTEGER = 2**63 - 1
# PostgreSQL and Python's datetime both hold it: the last second of the year 9999.
MAX_TIMESTAMP = 253_402_300_799

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,12})?")
_EMAIL = EmailValidator()


def within(name: str, inner: str | None) -> str:
    """`card` and `exp_month` to `card[exp_month]`; `a` and `b[c]` to `a[b][c]`."""
    if not inner:
        return name
    head, bracket, rest = inner.partition("[")
    return f"{name}[{head}]{bracket}{rest}"


def shown(value: Any) -> str:
    """A value as a message may quote it: short."""
    text = str(value)
    return text if len(text) <= 100 else text[:97] + "..."


class StringField(serializers.CharField):
    """Text. max_length in characters, 5,000 unless wider. White space alone is no value."""

    def __init__(self, *, max_length: int = MAX_STRING, trim: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, trim_whitespace=trim, **kwargs)
        self.max_characters = max_length

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        if not isinstance(data, str):
            raise errors.ParameterNotString(f"Invalid string: {shown(data)}")
        if len(data) > self.max_characters:
            raise errors.ParameterNotString(
                f"Invalid string: {shown(data[:40])}...; must be at most {self.max_characters} characters"
            )
        if data and not data.strip():
            raise errors.ParameterBlank()
        return data.strip() if self.trim_whitespace else data


class IntegerField(serializers.IntegerField):
    """A whole number, as int or as digits."""

    def __init__(self, *, min_value: int = -MAX_INTEGER, max_value: int = MAX_INTEGER, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)
        self.lowest = min_value
        self.highest = max_value

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        value = self.whole_number(data)
        if value < self.lowest:
            raise self.too_small()
        if value > self.highest:
            raise self.too_large()
        return value

    @staticmethod
    def whole_number(data: Any) -> int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        if isinstance(data, str) and _INTEGER.fullmatch(data):
            return int(data)
        raise errors.ParameterNotInteger(f"Invalid integer: {shown(data)}")

    def too_small(self) -> errors.InvalidParameter:
        return errors.ParameterNotInteger(f"This value must be greater than or equal to {self.lowest}.")

    def too_large(self) -> errors.InvalidParameter:
        return errors.ParameterNotInteger(f"This value must be less than or equal to {self.highest}.")


class AmountField(IntegerField):
    """An amount in minor units, from min_value (1) to MAX_AMOUNT_MINOR."""

    def __init__(self, *, min_value: int = 1, max_value: int = MAX_AMOUNT_MINOR, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **kwargs)

    def too_large(self) -> errors.InvalidParameter:
        return errors.AmountTooLarge(f"The amount must be no more than {self.highest} minor units.")


class DecimalField(serializers.Field[Any, Any, Any, Any]):
    """An exact decimal (rates, `unit_amount_decimal`), at most 12 places; the validated value is a
    Decimal.
    """

    def __init__(
        self, *, min_value: Decimal | int | None = None, max_value: Decimal | int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.lowest = min_value
        self.highest = max_value

    def to_internal_value(self, data: Any) -> Decimal:
        text = str(data) if isinstance(data, (int, Decimal)) and not isinstance(data, bool) else data
        if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
            raise errors.ParameterNotDecimal(f"Invalid decimal: {shown(data)}")
        value = Decimal(text)
        if self.lowest is not None and value < self.lowest:
            raise errors.ParameterNotDecimal(f"This value must be greater than or equal to {self.lowest}.")
        if self.highest is not None and value > self.highest:
            raise errors.ParameterNotDecimal(f"This value must be less than or equal to {self.highest}.")
        return value

    def to_representation(self, value: Any) -> str:
        return str(value)


class BooleanField(serializers.BooleanField):
    """true or false, as word or JSON boolean."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is True or data == "true":
            return True
        if data is False or data == "false":
            return False
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        raise errors.ParameterNotBoolean(f"Invalid boolean: {shown(data)}")


class EnumField(serializers.ChoiceField):
    """One of a few words: a list of strings, or a Django TextChoices class's `.choices` or `.values`."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        if not isinstance(data, str) or data not in self.choices:
            raise errors.ParameterNotEnum(
                f"Invalid value: {shown(data)}; must be one of {_one_of(self.choices)}"
            )
        return data


class CurrencyField(serializers.CharField):
    """A three-letter ISO 4217 code, in any case; the validated value is lower case."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        if not isinstance(data, str) or len(data) != 3 or data.lower() not in EXPONENTS:
            raise errors.CurrencyInvalid(
                f"Invalid currency: {shown(data)}. It must be a three-letter ISO 4217 code, in lower case."
            )
        return data.lower()


class CountryField(serializers.CharField):
    """A two-letter ISO 3166-1 code; the validated value is upper case."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        if not isinstance(data, str) or len(data) != 2 or not (data.isascii() and data.isalpha()):
            raise errors.CountryInvalid(f"Invalid country: {shown(data)}. It must be a two-letter code.")
        return data.upper()


class EmailField(StringField):
    """An email address of at most 512 characters."""

    def __init__(self, *, max_length: int = 512, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        if isinstance(value, str):
            try:
                _EMAIL(value)
            except DjangoValidationError:
                raise errors.EmailInvalid(f"Invalid email address: {shown(value)}") from None
        return value


class UrlField(StringField):
    """An absolute http or https URL without credentials. Whether it may be called is decided elsewhere."""

    def __init__(self, *, max_length: int = 2_048, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        if isinstance(value, str) and not is_absolute_url(value):
            raise errors.UrlInvalid(f"Not a valid URL: {shown(value)}")
        return value


def is_absolute_url(value: str) -> bool:
    """Whether the text is http or https with a host name or address, and neither credentials nor spaces."""
    if any(char.isspace() or ord(char) < 0x21 or char == "\x7f" for char in value):
        return False
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
        if host and ":" in host:
            ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(host) and parts.username is None and parts.password is None
    )


class PublicIdField(serializers.CharField):
    """A public id of one kind (`PublicIdField("cus")`); the validated value is the row's UUID.

    A text that is no such id answers exactly as an absent or foreign object does: 404 `resource_missing`. A
    kind may have several prefixes (`PublicIdField("pm", "card")`).
    """

    def __init__(self, *prefixes: str, kind: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefixes = prefixes
        self.kind = kind

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        if not isinstance(data, str):
            raise errors.ParameterNotString(f"Invalid string: {shown(data)}")
        for prefix in self.prefixes:
            try:
                return ids.decode_id(prefix, data)
            except ids.PublicIdInvalid:
                continue
        raise no_such(self.kind or "object", data)


def no_such(kind: str, public_id: str, *, param: str | None = None) -> ResourceMissing:
    """Stripe's sentence for an absent or foreign id: `No such customer: 'cus_…'`."""
    return ResourceMissing(f"No such {kind}: '{shown(public_id)}'", param=param)


def id_from_url(prefix: str, text: str, *, kind: str) -> UUID:
    """The UUID of an id in the path. Raises ResourceMissing as for an absent one."""
    try:
        return ids.decode_id(prefix, text)
    except ids.PublicIdInvalid:
        raise no_such(kind, text, param="id") from None


class TimestampField(serializers.IntegerField):
    """Unix seconds; the validated value is an aware datetime in UTC. `allow_now=True` accepts the word
    now.
    """

    def __init__(self, *, allow_now: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allow_now = allow_now

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or data is None:
            return super().run_validation(data)
        if self.allow_now and data == "now":
            return clock.now()
        try:
            seconds = IntegerField.whole_number(data)
        except errors.ParameterNotInteger:
            raise errors.TimestampInvalid(f"Invalid timestamp: {shown(data)}; must be Unix seconds") from None
        if not 0 <= seconds <= MAX_TIMESTAMP:
            raise errors.TimestampInvalid(f"Invalid timestamp: {seconds}; out of range")
        return clock.from_timestamp(seconds)


def _one_of(words: Iterable[Any]) -> str:
    listed = [str(word) for word in words]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"
