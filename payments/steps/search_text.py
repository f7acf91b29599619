"""The words under which an agent finds a payment."""

from __future__ import annotations

from payments.models import Customer, PaymentIntent, PaymentMethod

MAX_WORD = 200


def search_text_of(intent: PaymentIntent, *, customer: Customer | None, method: PaymentMethod | None) -> str:
    """Ids, order (every metadata value), e-mail, name, last four; one line, upper or lower case as given."""
    words = [intent.public_id, intent.receipt_email, intent.description]
    words += [str(value) for value in intent.metadata.values()]
    if customer is not None:
        words += [customer.public_id, customer.email, customer.name]
    if method is not None:
        words += [method.last4]
    return " ".join(word[:MAX_WORD] for word in words if word)
