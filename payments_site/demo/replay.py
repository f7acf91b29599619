"""Replay a shop's day through the public API with the official SDK, several tills at once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import stripe
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from payments_site.demo.orders import CreditNote, Order, ShopDay, share_of

T = TypeVar("T", Order, CreditNote)
R = TypeVar("R")

TILLS = 4
DECLINED_PER_MILLE = 30
MANUAL_PER_MILLE = 50
ABANDONED_PER_MILLE = 10
MAX_WAITS = 10
DECLINES = [
    "pm_card_chargeDeclinedInsufficientFunds",
    "pm_card_chargeDeclined",
    "pm_card_chargeDeclinedExpiredCard",
]


@dataclass
class Tally:
    """What happened, counted; payments maps an invoice to the intent that paid it."""

    counts: Counter[str] = field(default_factory=Counter)
    payments: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def paid(self, invoice: str, payment_intent: str) -> None:
        with self.lock:
            self.counts["paid"] += 1
            self.payments[invoice] = payment_intent

    def problem(self, text: str) -> None:
        with self.lock:
            self.counts["problems"] += 1
            self.problems.append(text)


def replay(day: ShopDay, *, api_base: str, api_key: str, tries: int = 3) -> Tally:
    """Every order, then every credit note. tries: how often the SDK repeats a request that met no answer."""
    client = stripe.StripeClient(api_key, base_addresses={"api": api_base}, max_network_retries=tries)
    tally = Tally()
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn()) as progress:
        _run(progress, "Orders", lambda order: _sell(client, order, tally), day.orders, tally)
        _run(progress, "Refunds", lambda note: _give_back(client, note, tally), day.credit_notes, tally)
    return tally


def _run(
    progress: Progress,
    title: str,
    work: Callable[[T], None],
    items: Sequence[T],
    tally: Tally,
) -> None:
    bar = progress.add_task(title, total=len(items))

    def one(item: T) -> None:
        try:
            work(item)
        except stripe.StripeError as error:
            tally.problem(f"{item}: {error.http_status} {error.code} {error.user_message}")
        progress.advance(bar)

    with ThreadPoolExecutor(TILLS) as tills:
        list(tills.map(one, items))


def _sell(client: stripe.StripeClient, order: Order, tally: Tally) -> None:
    if share_of(f"declined:{order.invoice}", DECLINED_PER_MILLE):
        _be_declined(client, order, tally)
    if share_of(f"abandoned:{order.invoice}", ABANDONED_PER_MILLE):
        _abandon(client, order, tally)
    is_manual = share_of(f"manual:{order.invoice}", MANUAL_PER_MILLE)
    try:
        intent = _pay(client, order, "pm_card_visa", manual=is_manual, key=f"pay:{order.invoice}")
    except stripe.CardError:
        # Below what the PSP takes, for one.
        tally.count("declined for good")
        return
    if is_manual:
        options: stripe.RequestOptions = {"idempotency_key": f"capture:{order.invoice}"}
        authorized = intent.id
        intent = patiently(lambda: client.v1.payment_intents.capture(authorized, {}, options))
        tally.count("captured later")
    # In doubt for a moment: the books say in the end what became of it.
    in_doubt = ("processing", "requires_capture") if is_manual else ("processing",)
    if intent.status != "succeeded" and intent.status not in in_doubt:
        tally.problem(f"{order.invoice} is {intent.status}")
        return
    tally.paid(order.invoice, intent.id)


def _pay(
    client: stripe.StripeClient, order: Order, method: str, *, manual: bool, key: str
) -> stripe.PaymentIntent:
    params: stripe.params.PaymentIntentCreateParams = {
        "amount": order.amount,
        "currency": order.currency,
        "payment_method": method,
        "confirm": True,
        "capture_method": "manual" if manual else "automatic",
        "return_url": "https://shop.example.com/thanks",
        "description": f"Order {order.invoice}",
        "metadata": {"order": order.invoice, "customer": order.customer, "country": order.country},
    }
    return patiently(lambda: client.v1.payment_intents.create(params, {"idempotency_key": key}))


def _be_declined(client: stripe.StripeClient, order: Order, tally: Tally) -> None:
    method = DECLINES[len(order.invoice + order.customer) % len(DECLINES)]
    try:
        _pay(client, order, method, manual=False, key=f"declined:{order.invoice}")
        tally.problem(f"{order.invoice}: {method} was not declined")
    except stripe.CardError:
        tally.count("declined")


def _abandon(client: stripe.StripeClient, order: Order, tally: Tally) -> None:
    try:
        intent = _pay(client, order, "pm_card_mastercard", manual=True, key=f"abandon:{order.invoice}")
    except stripe.CardError:
        return
    options: stripe.RequestOptions = {"idempotency_key": f"cancel:{order.invoice}"}
    patiently(lambda: client.v1.payment_intents.cancel(intent.id, {}, options))
    tally.count("authorized and canceled")


def _give_back(client: stripe.StripeClient, note: CreditNote, tally: Tally) -> None:
    # A credit note whose sale is not in the data asks for a payment that is not there: the API has to refuse it.
    intent = tally.payments.get(note.original_invoice, f"pi_{note.original_invoice or 'unknown'}")
    options: stripe.RequestOptions = {"idempotency_key": f"refund:{note.credit_note}:{note.line}"}
    params: stripe.params.RefundCreateParams = {
        "payment_intent": intent,
        "amount": note.amount,
        "reason": "requested_by_customer",
        "metadata": {"credit_note": note.credit_note},
    }
    try:
        patiently(lambda: client.v1.refunds.create(params, options))
        tally.count("refunded")
    except stripe.InvalidRequestError as error:
        tally.count(f"refund refused: {error.code}")


def patiently(call: Callable[[], R]) -> R:
    """Call again after the time the API asks for, when it says that this was too fast."""
    for _ in range(MAX_WAITS):
        try:
            return call()
        except stripe.RateLimitError as error:
            time.sleep(float((error.headers or {}).get("Retry-After", 1)))
    return call()
