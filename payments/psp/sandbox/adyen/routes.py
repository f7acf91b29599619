"""Which endpoint answers which path of /v71, and under which operation name the fault script knows it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..books import Body
from . import disputes, modifications, payments, stored


@dataclass(frozen=True, slots=True)
class Route:
    operation: str
    endpoint: Callable[..., Body]
    status: int = 200


_MODIFIED = {
    "amountUpdates": "increment_authorization",
    "cancels": "cancel",
    "captures": "capture",
    "refunds": "refund",
    "reversals": "reversal",
}
ROUTES: dict[tuple[str, ...], Route] = {
    ("POST", "payments"): Route("authorize", payments.create),
    ("POST", "payments", "details"): Route("authenticate", payments.details),
    ("POST", "cancels"): Route("cancel", modifications.cancel_unseen, 201),
    ("POST", "cardDetails"): Route("payment_method", stored.card_details),
    ("POST", "paymentMethods"): Route("payment_method", stored.payment_methods),
    ("POST", "storedPaymentMethods"): Route("payment_method", stored.store, 201),
    ("GET", "storedPaymentMethods"): Route("payment_method", stored.list_stored),
    ("DELETE", "storedPaymentMethods", "*"): Route("payment_method", stored.forget),
} | {
    ("POST", "payments", "*", word): Route(operation, modifications.accept, 201)
    for word, operation in _MODIFIED.items()
}
ROUTES |= {
    ("POST", *disputes.PREFIX.strip("/").split("/")[1:], name): Route(operation, endpoint)
    for name, (operation, endpoint) in disputes.ENDPOINTS.items()
}


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of `/v71/…`, or of the Disputes API, and the ids in its path."""
    parts = tuple(path.split("/")[2:])
    literal = ROUTES.get((method, *parts))
    if literal and "*" not in parts:
        return literal, ()
    pattern = tuple("*" if place % 2 else part for place, part in enumerate(parts))
    route = ROUTES.get((method, *pattern))
    return (route, parts[1::2]) if route else None
