"""Disputes that arrive by the PSP's webhooks, 200 within a minute: none may be lost, and how soon each is here.

Everything shares the machine: the sandbox opens the disputes and delivers two signed webhooks for each, web takes them,
relay and workers record them, their money is booked. In the end the PSP's books, the ledger and the disputes are
compared to the cent.
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import datetime
from typing import Any

import requests
import stripe

ARRIVALS = int(os.environ.get("DISPUTE_ARRIVALS", "200"))
MINUTE_SECONDS = 60.0
PATIENCE_SECONDS = 120
AMOUNT_MINOR = 2_500
CURRENCY = "usd"


def main() -> dict[str, Any]:
    """arrived and lost: disputes; seconds from the PSP's opening to our row; whether all books agree."""
    from payments_site.demo.shop import open_shop

    shop = open_shop()
    paid = _pay(shop)
    opened: dict[str, float] = {}
    started = time.monotonic()
    for number, payment_intent in enumerate(paid):
        # Evenly over the minute, as they come in life; late ones do not wait for the next.
        time.sleep(max(0.0, started + number * MINUTE_SECONDS / len(paid) - time.monotonic()))
        opened[_dispute(shop, payment_intent)] = time.time()
    took_to_open = time.monotonic() - started
    arrived = _await(shop.merchant_id, set(opened))
    delays = [arrived[reference].timestamp() - opened[reference] for reference in arrived]
    return {
        "opened": len(opened),
        "opened_in_seconds": round(took_to_open, 1),
        "arrived": len(arrived),
        "lost": len(opened) - len(arrived),
        "delay_p50_seconds": round(statistics.median(delays), 2) if delays else None,
        "delay_slowest_seconds": round(max(delays), 2) if delays else None,
        **_books(shop),
    }


def _pay(shop: Any) -> list[str]:
    """The PSP's references of fresh payments, one for each dispute."""
    hosts: Any = {"api": os.environ["PUBLIC_BASE_URL"]}
    client = stripe.StripeClient(shop.api_key, base_addresses=hosts, max_network_retries=3)
    return [_paid(client, shop, number) for number in range(ARRIVALS)]


def _paid(client: stripe.StripeClient, shop: Any, number: int) -> str:
    from foundation.ids import decode_id
    from payments.queries.payment_intents import get_attempt, get_payment_intent

    made = client.v1.payment_intents.create(
        {
            "amount": AMOUNT_MINOR,
            "currency": CURRENCY,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "return_url": "https://shop.example.com/thanks",
            "metadata": {"order": f"bench-{number}"},
        }
    )
    intent = get_payment_intent(merchant_id=shop.merchant_id, payment_intent_id=decode_id("pi", made.id))
    assert intent.latest_attempt_id is not None
    return get_attempt(merchant_id=shop.merchant_id, attempt_id=intent.latest_attempt_id).psp_reference


def _dispute(shop: Any, payment_intent: str) -> str:
    """The sandbox's id of the new dispute."""
    answer = requests.post(
        f"{shop.sandbox_url}/sandbox/disputes",
        json={"account": shop.psp_key, "payment_intent": payment_intent},
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def _await(merchant_id: Any, references: set[str]) -> dict[str, datetime]:
    """When each was written here, by the PSP's id, once all are or nobody waits any longer."""
    from disputes.queries.disputes import list_disputes

    rows = list_disputes(merchant_id=merchant_id).filter(psp_reference__in=references)
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = dict(rows.order_by().values_list("psp_reference", "created_at"))
        if len(found) == len(references) or time.monotonic() > ends_at:
            return found
        time.sleep(0.5)


def _books(shop: Any) -> dict[str, Any]:
    from payments_site.demo.tie_out import tie_out, wait_until_quiet

    is_quiet = wait_until_quiet(
        shop.merchant_id, shop.sandbox_url, shop.psp_key, timeout_seconds=PATIENCE_SECONDS, tell=print
    )
    ties = tie_out(shop.merchant_id, sandbox_url=shop.sandbox_url, psp_key=shop.psp_key)
    return {"is_quiet": is_quiet, "books_agree": bool(ties) and all(tie.ties_out for tie in ties)}
