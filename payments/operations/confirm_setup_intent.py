"""Confirm a setup intent: the PSP checks the card and, where the issuer wants it, the customer authenticates."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.errors import (
    PaymentMethodMissing,
    PspNotConfigured,
    PspUnavailable,
    SetupIntentUnexpectedState,
)
from payments.locks import lock_setup_intent
from payments.models import SetupIntent, SetupIntentStatus
from payments.operations.keep_used_method import keep_used_method
from payments.operations.record_setup_outcome import record_setup_outcome
from payments.psp.port import Credentials, SetupRequest
from payments.psp.registry import connector_for
from payments.psp.token_kinds import TOKEN_KINDS
from payments.queries.customers import get_payment_method, list_tokens
from payments.queries.psp_again import setup_request
from payments.queries.psp_orders import credentials_of, open_token
from payments.routing.tokens import choose_tokens
from payments.schedules import SUBMISSION_LEASE_SECONDS
from payments.steps.check_payment_method import refuse_if_detached, refuse_unless_chargeable

CONFIRMABLE = (SetupIntentStatus.REQUIRES_PAYMENT_METHOD, SetupIntentStatus.REQUIRES_CONFIRMATION)


@outside_transaction
def confirm_setup_intent(
    *,
    merchant_id: UUID,
    setup_intent_id: UUID,
    confirmation_id: UUID,
    payment_method_id: UUID | None = None,
    return_url: str | None = None,
) -> SetupIntent:
    """confirmation_id: of this confirmation (the idempotency key's reserved id); the key at the PSP follows from it.

    Raises: ResourceMissing, SetupIntentUnexpectedState, PaymentMethodMissing, PspNotConfigured.
    Writes: the setup intent, the PSP call, events.
    Safe to repeat: the same confirmation is sent once; what became of it is asked for.
    """
    setup, order = _open(
        merchant_id=merchant_id,
        setup_intent_id=setup_intent_id,
        confirmation_id=confirmation_id,
        payment_method_id=payment_method_id,
        return_url=return_url,
    )
    if order is None:
        return setup
    psp, credentials, request = order
    answer = connector_for(psp).set_up(credentials, request)
    setup = record_setup_outcome(
        merchant_id=merchant_id, setup_intent_id=setup_intent_id, outcome=answer.outcome, call=answer.call
    )
    _keep_method(setup)
    return setup


def _keep_method(setup: SetupIntent) -> None:
    """Now, so that the caller finds it with the customer; the job that is staged does it should this fail."""
    if setup.status != SetupIntentStatus.SUCCEEDED or not setup.customer_id or not setup.payment_method_id:
        return
    with suppress(PspUnavailable):
        keep_used_method(
            merchant_id=setup.merchant_id,
            payment_method_id=setup.payment_method_id,
            customer_id=setup.customer_id,
        )


def refuse_unless_confirmable(setup: SetupIntent) -> None:
    if setup.status not in CONFIRMABLE:
        raise SetupIntentUnexpectedState(f"A setup intent in status {setup.status} can not be confirmed.")


@owns_transaction
def _open(
    *,
    merchant_id: UUID,
    setup_intent_id: UUID,
    confirmation_id: UUID,
    payment_method_id: UUID | None,
    return_url: str | None,
) -> tuple[SetupIntent, tuple[str, Credentials, SetupRequest] | None]:
    setup = lock_setup_intent(merchant_id=merchant_id, setup_intent_id=setup_intent_id)
    key = f"{setup.public_id}_{confirmation_id.hex[-12:]}"
    if setup.psp_key == key:
        return setup, None
    refuse_unless_confirmable(setup)
    if payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        refuse_unless_chargeable(method, customer_id=setup.customer_id)
        setup.payment_method = method
    if setup.payment_method_id is None:
        raise PaymentMethodMissing(param="payment_method")
    tokens = list_tokens(merchant_id=merchant_id, payment_method_id=setup.payment_method_id)
    assert setup.payment_method is not None, "it was just looked at"
    refuse_if_detached(setup.payment_method, tokens)
    chosen = choose_tokens(
        tokens, kinds=TOKEN_KINDS, is_customers=setup.payment_method.customer_id is not None
    )
    usable = [token for token in chosen.values() if token.psp_account.is_active]
    if not usable:
        raise PspNotConfigured()
    token = min(usable, key=lambda candidate: (candidate.psp_account.priority, candidate.id))
    now = clock.now()
    setup.psp_account = token.psp_account
    setup.psp_key = key
    setup.psp_reference = ""
    setup.return_url = setup.return_url if return_url is None else return_url
    setup.submitted_at = now
    setup.next_check_at = now + timedelta(seconds=SUBMISSION_LEASE_SECONDS)
    setup.last_setup_error = None
    setup.submit()
    setup.save()
    request = setup_request(setup, open_token(token), token.psp_customer_reference)
    return setup, (token.psp_account.psp, credentials_of(token.psp_account), request)
