"""Save a payment method's tokens with a customer at the PSPs that hold them: as many as can be now."""

from __future__ import annotations

from foundation.transactions import outside_transaction
from payments.errors import PaymentMethodUnusable, PspUnavailable
from payments.models import Customer, PaymentMethod, PspToken
from payments.psp.outcomes import Declined, Unknown
from payments.psp.port import SavedToken, SaveTokenRequest
from payments.psp.registry import connector_for
from payments.queries.customers import find_psp_customer_reference, list_tokens
from payments.queries.psp_orders import credentials_of, open_token
from payments.steps.attach_method import Saving
from payments.steps.check_payment_method import refuse_if_detached


@outside_transaction
def save_at_psps(*, customer: Customer, method: PaymentMethod) -> Saving:
    """What each PSP made of its token; the customer need not be stored yet: its id is all a PSP is told.

    One PSP that is away does not keep the others from saving: its token waits.
    Raises: when nothing is saved anywhere, PaymentMethodUnusable (a PSP refuses, or it was detached), PspUnavailable.
    Writes nothing here. Safe to repeat: the keys at the PSP follow from the token and the customer.
    """
    tokens = list_tokens(merchant_id=method.merchant_id, payment_method_id=method.id)
    refuse_if_detached(method, tokens)
    live = [token for token in tokens if token.revoked_at is None]
    saving = Saving()
    for token in live:
        if not token.psp_customer_reference:
            _sort(saving, token, _ask(token, customer))
    is_saved = bool(saving.saved) or any(token.psp_customer_reference for token in live)
    if saving.refused and not is_saved:
        raise PaymentMethodUnusable("The PSP refused to save this payment method.", param="payment_method")
    if saving.waiting and not is_saved:
        # Saving moves no money and our keys make it repeatable: the caller may simply try again.
        raise PspUnavailable()
    return saving


def _sort(saving: Saving, token: PspToken, result: SavedToken) -> None:
    if isinstance(result.outcome, Declined):
        saving.refused.append((token, result))
    elif isinstance(result.outcome, Unknown) or not result.token:
        saving.waiting.append((token, result))
    else:
        saving.saved.append((token, result))


def _ask(token: PspToken, customer: Customer) -> SavedToken:
    account = token.psp_account
    reference = find_psp_customer_reference(
        merchant_id=customer.merchant_id, customer_id=customer.id, psp_account_id=account.id
    )
    request = SaveTokenRequest(
        psp_key=f"attach_{token.public_id}_{customer.public_id}",
        customer_key=customer.public_id,
        token=open_token(token),
        psp_customer_reference=reference,
    )
    return connector_for(account.psp).save_token(credentials_of(account), request)
