"""Which connector speaks for which PSP. Imported by operations and psp_webhooks only."""

from __future__ import annotations

from payments.psp.adyen.connector import AdyenConnector
from payments.psp.guard import GuardedConnector
from payments.psp.port import PspConnector
from payments.psp.stripe.connector import StripeConnector

_CONNECTORS: dict[str, PspConnector] = {
    "adyen": GuardedConnector(AdyenConnector()),
    "stripe": GuardedConnector(StripeConnector()),
}


def connector_for(psp: str) -> PspConnector:
    """The guarded connector of a PspAccount.psp. Raises KeyError for a PSP nobody has written."""
    return _CONNECTORS[psp]
