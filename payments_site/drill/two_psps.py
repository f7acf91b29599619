"""The outage drill's merchant: one account at the sandbox's Stripe face, which is asked first, one at its Adyen face,
and a card with a token at each.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from uuid import UUID

from foundation.ids import new_id
from foundation.tenancy.operations import create_api_key, create_merchant
from payments.operations.add_psp_token import add_psp_token
from payments.operations.create_payment_method import create_payment_method
from payments.operations.create_psp_account import create_psp_account
from payments_site.demo.shop import REPORT_DELAY_SECONDS, register_webhooks

CARD = "pm_card_visa"
SETTINGS = {
    "stripe": {},
    "adyen": {"merchant_account": "OutageDrillECOM", "duplicate_reference_rule": True},
}


@dataclass(frozen=True, slots=True)
class Face:
    """A PSP account. key: its account at the sandbox."""

    id: UUID
    public_id: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class TwoPsps:
    """method: the public id of the card. api_key: a secret key of the API."""

    merchant_id: UUID
    first: Face
    second: Face
    method: str
    api_key: str
    sandbox_url: str


def open_two_psps(*, first: str = "stripe", second: str = "adyen") -> TwoPsps:
    """A merchant of its own at each call. first, second: which PSP's face is asked first, which is beside it.

    Raises requests.RequestException when the sandbox can not be reached."""
    sandbox_url = os.environ["PSP_SANDBOX_URL"].rstrip("/")
    merchant = create_merchant(name=f"Outage drill {new_id()}", currency="usd", country="US")
    faces = [
        _face(merchant.id, psp, sandbox_url, priority=priority)
        for priority, psp in enumerate((first, second), start=1)
    ]
    method = create_payment_method(
        merchant_id=merchant.id, payment_method_id=new_id(), token=CARD, psp_account_id=faces[0].id
    )
    add_psp_token(
        merchant_id=merchant.id, payment_method_id=method.id, psp_account_id=faces[1].id, token=CARD
    )
    key = create_api_key(merchant_id=merchant.id, name="outage drill", scopes={"*": "write"})
    return TwoPsps(merchant.id, faces[0], faces[1], method.public_id, key.secret, sandbox_url)


def _face(merchant_id: UUID, psp: str, sandbox_url: str, *, priority: int) -> Face:
    key = f"sk_test_{psp}_{merchant_id.hex}"
    # Adyen's signing key is hexadecimal, and Stripe's may be.
    secret = secrets.token_hex(32)
    account = create_psp_account(
        merchant_id=merchant_id,
        psp=psp,
        name=f"{psp.title()} face",
        secret_key=key,
        webhook_secret=secret,
        base_url=sandbox_url,
        priority=priority,
        settings=SETTINGS[psp],
        maximum_report_delay_seconds=REPORT_DELAY_SECONDS,
    )
    register_webhooks(sandbox_url, key, account.public_id, secret)
    return Face(account.id, account.public_id, account.name, key)
