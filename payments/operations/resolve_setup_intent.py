"""Ask the PSP what became of a setup intent."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from foundation.transactions import outside_transaction
from payments.operations.record_setup_outcome import record_setup_outcome
from payments.psp.registry import connector_for
from payments.queries.inquiries import setup_inquiry
from payments.queries.psp_again import again_of_setup
from payments.queries.psp_orders import credentials_of
from payments.queries.setup_intents import get_setup_intent


@outside_transaction
def resolve_setup_intent(*, merchant_id: UUID, setup_intent_id: UUID) -> None:
    """Raises: ResourceMissing. Writes: as record_setup_outcome. Safe to repeat."""
    setup = get_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
    if setup.next_check_at is None or setup.psp_account is None:
        return
    connector, request = connector_for(setup.psp_account.psp), setup_inquiry(setup)
    if connector.capabilities.inquires_by_repeating:
        request = replace(request, **again_of_setup(setup))
    answer = connector.inquire(credentials_of(setup.psp_account), request)
    record_setup_outcome(
        merchant_id=merchant_id, setup_intent_id=setup_intent_id, outcome=answer.outcome, call=answer.call
    )
