"""The demo's merchant, people, keys and PSP account; made once, found again on the next run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from django.urls import reverse

from foundation.ids import new_id
from foundation.tenancy.operations import create_api_key, create_merchant
from foundation.tenancy.queries import find_merchant_by_name
from foundation.tenancy.staff import create_staff
from payments.operations.create_psp_account import create_psp_account
from payments.queries.psp_accounts import list_psp_accounts

SHOP_NAME = "Demo shop"
PASSWORD = "demo-password-2026"  # noqa: S105 - printed for the newcomer; the demo listens on loopback only
PEOPLE = {
    "agent": "agent",
    "senior": "senior_agent",
    "disputes": "disputes",
    "finance": "finance",
    "auditor": "auditor",
    "admin": "admin",
}
REPORT_DELAY_SECONDS = 20
"""The sandbox reports at once; twenty seconds let the demo see an unknown outcome resolved."""


@dataclass(frozen=True, slots=True)
class Shop:
    """psp_account: the public id of the shop's PSP account; psp_key: its account at the sandbox. api_key: a fresh
    secret key of the API."""

    merchant_id: UUID
    psp_account: str
    api_key: str
    psp_key: str
    sandbox_url: str


def open_shop(**limits: Any) -> Shop:
    """limits: of the PSP account, by model field, when it is made.

    Raises requests.RequestException when the sandbox can not be reached."""
    sandbox_url = os.environ["PSP_SANDBOX_URL"].rstrip("/")
    merchant = find_merchant_by_name(SHOP_NAME) or create_merchant(
        name=SHOP_NAME, currency="gbp", country="GB", timezone="Europe/London", email="shop@example.com"
    )
    psp_key = f"sk_test_{merchant.id.hex}"
    account = list_psp_accounts(merchant_id=merchant.id).first()
    if account is None:
        secret = f"whsec_{new_id().hex}"
        account = create_psp_account(
            merchant_id=merchant.id,
            psp="stripe",
            name="Sandbox",
            secret_key=psp_key,
            webhook_secret=secret,
            base_url=sandbox_url,
            maximum_report_delay_seconds=REPORT_DELAY_SECONDS,
            **limits,
        )
        register_webhooks(sandbox_url, psp_key, account.public_id, secret)
    for username, role in PEOPLE.items():
        create_staff(username=username, role=role, password=PASSWORD)
    key = create_api_key(merchant_id=merchant.id, name="demo", scopes={"*": "write"})
    return Shop(merchant.id, account.public_id, key.secret, psp_key, sandbox_url)


def register_webhooks(sandbox_url: str, psp_key: str, account: str, secret: str) -> None:
    """Let the sandbox tell us of what happens in its account psp_key. account: the public id of ours."""
    url = settings.PUBLIC_BASE_URL + reverse("psp_webhook", args=[account])
    requests.post(
        f"{sandbox_url}/sandbox/webhook_endpoints",
        json={"account": psp_key, "url": url, "secret": secret},
        timeout=5,
    ).raise_for_status()
