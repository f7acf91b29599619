"""What the routes of the books accept."""

from __future__ import annotations

from foundation.http.serializers import (
    CreatedFilterField,
    CurrencyField,
    EnumField,
    InputSerializer,
    ListInput,
    PublicIdField,
    StringField,
    TimestampField,
)
from ledger.paths import MAX_PATH_LENGTH

TYPES = ["asset", "liability", "income", "expense", "equity", "memo"]


class AsOfInput(InputSerializer):
    """as_of: what had happened by that second. recorded_as_of: what the books knew by then."""

    as_of = TimestampField(required=False)
    recorded_as_of = TimestampField(required=False)


class AccountListInput(ListInput):
    as_of = TimestampField(required=False)
    recorded_as_of = TimestampField(required=False)
    path = StringField(max_length=MAX_PATH_LENGTH, required=False)
    currency = CurrencyField(required=False)
    type = EnumField(choices=TYPES, required=False)


class EntryListInput(ListInput):
    account = PublicIdField("la", kind="ledger account", required=False)
    # DRF's Field has an attribute of this name; on a serializer's class it is a field like any other.
    source = StringField(max_length=64, required=False)  # type: ignore[assignment]
    reference = StringField(max_length=255, required=False)
    kind = StringField(max_length=64, required=False)
    effective_at = CreatedFilterField(required=False)
