"""As complete_attempt_action, for a card that is only saved."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from foundation.money import Money
from foundation.transactions import outside_transaction
from payments.models import SetupIntent, SetupIntentStatus
from payments.operations.record_setup_outcome import record_setup_outcome
from payments.psp.port import CompleteRequest
from payments.psp.registry import connector_for
from payments.queries.psp_orders import credentials_of
from payments.queries.setup_intents import get_setup_intent


@outside_transaction
def complete_setup_action(
    *, merchant_id: UUID, setup_intent_id: UUID, details: Mapping[str, str]
) -> SetupIntent:
    """details: what the PSP gave the browser to bring.

    Raises: ResourceMissing. Writes: as record_setup_outcome.
    Safe to repeat: a setup intent that no longer waits for its customer is left alone.
    """
    setup = get_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
    if setup.status != SetupIntentStatus.REQUIRES_ACTION or setup.psp_account is None:
        return setup
    connector = connector_for(setup.psp_account.psp)
    if not connector.capabilities.completes_actions:
        return setup
    request = CompleteRequest(psp_key=setup.psp_key, amount=Money.zero("usd"), capture=False, details=details)
    answer = connector.complete(credentials_of(setup.psp_account), request)
    return record_setup_outcome(
        merchant_id=merchant_id, setup_intent_id=setup_intent_id, outcome=answer.outcome, call=answer.call
    )
