"""Reading setup intents."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from payments.models import Mandate, SetupIntent


def list_setup_intents(*, merchant_id: UUID) -> QuerySet[SetupIntent]:
    return SetupIntent.objects.for_merchant(merchant_id).select_related("merchant")


def find_setup_intent(*, merchant_id: UUID, setup_intent_id: UUID) -> SetupIntent | None:
    rows = list_setup_intents(merchant_id=merchant_id).select_related("psp_account")
    return rows.filter(pk=setup_intent_id).first()


def get_setup_intent(*, merchant_id: UUID, setup_intent_id: UUID) -> SetupIntent:
    """Raises ResourceMissing."""
    setup = find_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
    if setup is None:
        raise ResourceMissing(
            f"No such setup_intent: '{encode_id('seti', setup_intent_id)}'", param="setup_intent"
        )
    return setup


def get_mandate(*, merchant_id: UUID, mandate_id: UUID) -> Mandate:
    """With its payment method. Raises ResourceMissing."""
    rows = Mandate.objects.for_merchant(merchant_id).select_related("payment_method")
    mandate = rows.filter(pk=mandate_id).first()
    if mandate is None:
        raise ResourceMissing(f"No such mandate: '{encode_id('mandate', mandate_id)}'", param="mandate")
    return mandate
