"""Parameters of the dispute endpoints. Shapes only: nothing here saves or decides."""

from __future__ import annotations

from typing import Any

from disputes.evidence_fields import FILE_FIELDS, TEXT_FIELDS
from disputes.evidence_limits import MAX_FIELD_CHARACTERS
from foundation.http.serializers import (
    BooleanField,
    CreatedFilterField,
    InputSerializer,
    ListInput,
    MetadataField,
    PublicIdField,
    StringField,
)


def _evidence_fields() -> dict[str, Any]:
    texts = {
        name: StringField(max_length=MAX_FIELD_CHARACTERS, required=False, allow_null=True)
        for name in TEXT_FIELDS
    }
    files = {name: StringField(max_length=64, required=False, allow_null=True) for name in FILE_FIELDS}
    return {**texts, **files}


EvidenceInput: type[InputSerializer] = type(
    "EvidenceInput",
    (InputSerializer,),
    {"__doc__": "Stripe's 27 fields; files by their id.", "__module__": __name__, **_evidence_fields()},
)


class DisputeUpdateInput(InputSerializer):
    evidence = EvidenceInput(required=False)
    metadata = MetadataField()
    submit = BooleanField(required=False)


class DisputeListInput(ListInput):
    charge = PublicIdField("ch", kind="charge", required=False)
    payment_intent = PublicIdField("pi", kind="payment_intent", required=False)
    created = CreatedFilterField(required=False)
