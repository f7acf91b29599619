"""The end of the day: the PSP pays out, its reports and the bank's statement are imported, and all is reconciled."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import requests

from ledger.reconciliation.operations.import_settlement import import_settlement
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.queries.breaks import list_open_breaks
from payments_site.demo.shop import Shop
from payments_site.demo.tie_out import wait_until_quiet

FILES = {
    "stripe_balance": "Stripe balance report",
    "stripe_payout": "Stripe itemised payout report",
    "stripe_payout_list": "Stripe list of payouts",
    "camt053": "Bank statement, camt.053",
}
REPORT_TIMEOUT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Settlement:
    """lines: of each file, by its title. matched, breaks, ties_out: of the reconciliation; breaks by kind."""

    payouts: int
    lines: dict[str, int]
    matched: int
    breaks: dict[str, int]
    ties_out: bool
    is_quiet: bool


def settle(shop: Shop, *, timeout_seconds: int, tell: Callable[[str], None]) -> Settlement:
    """Pay out, import, reconcile; once more after payments has answered, which the arrivals at the bank need."""
    payouts = _pay_out(shop)
    tell(f"{payouts} payouts made")
    heard = _wait(shop, timeout_seconds, tell)
    lines = {title: _import(shop, name) for name, title in FILES.items()}
    first = reconcile(merchant_id=shop.merchant_id)
    answered = _wait(shop, timeout_seconds, tell)
    last = reconcile(merchant_id=shop.merchant_id)
    return Settlement(
        payouts=payouts,
        lines=lines,
        matched=first.matched + last.matched,
        breaks=dict(Counter(list_open_breaks(shop.merchant_id).values_list("kind", flat=True))),
        ties_out=last.ties_out,
        is_quiet=heard and answered,
    )


def _pay_out(shop: Shop) -> int:
    answer = requests.post(
        f"{shop.sandbox_url}/sandbox/payouts",
        json={"account": shop.psp_key, "include_pending": True, "arrival_seconds": 0},
        timeout=60,
    )
    answer.raise_for_status()
    return len(answer.json()["payouts"])


def _import(shop: Shop, name: str) -> int:
    """How many lines the file has."""
    report = requests.get(
        f"{shop.sandbox_url}/sandbox/reports/{name}",
        params={"account": shop.psp_key},
        timeout=REPORT_TIMEOUT_SECONDS,
    )
    report.raise_for_status()
    statement = import_settlement(
        merchant_id=shop.merchant_id,
        psp_account=shop.psp_account,
        format=name,
        file=io.BytesIO(report.content),
        file_name=name,
    ).statement
    return statement.lines_stored + statement.lines_known + statement.lines_unread


def _wait(shop: Shop, timeout_seconds: int, tell: Callable[[str], None]) -> bool:
    return wait_until_quiet(
        shop.merchant_id, shop.sandbox_url, shop.psp_key, timeout_seconds=timeout_seconds, tell=tell
    )
