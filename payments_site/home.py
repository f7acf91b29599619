"""The home page: how payments go since yesterday, and what waits for a person. Every number leads to its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse

from disputes.queries.desk import count_by_time_left
from foundation import clock
from foundation.backoffice.display import NOTHING, readable
from foundation.backoffice.scoping import assigned_merchant_ids
from foundation.money import Money
from payments.queries.day_figures import DayFigures, count_in_doubt, read_day_figures

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SUMS_SHOWN = 4

# What waits: label, list, the rows counted, and the list's own filter that shows exactly these. Counted through the
# list, so that permission and merchants are the list's.
WAITING: list[tuple[str, str, dict[str, Any], str]] = [
    ("Open cases", "payments.case", {"resolved_at__isnull": True}, "?state=open"),
    (
        "Refunds to approve",
        "payments.refundapproval",
        {"decision": "", "refund__status": "requires_approval"},
        "?state=waiting",
    ),
    ("Resolutions to approve", "payments.caseresolution", {"status": "requested"}, "?status=requested"),
    (
        "Invoices with a failed charge",
        "subscriptions.invoice",
        {"status": "open", "attempt_count__gt": 0},
        "?collection=failed",
    ),
    (
        "Renewing halted",
        "subscriptions.subscription",
        {"halted_at__isnull": False},
        "?attention=halted",
    ),
    ("PSP webhooks not handled", "payments.pspwebhook", {"handled_at__isnull": True}, "?handled=no"),
    ("Dead jobs", "foundation.job", {"status": "dead"}, "?status=dead"),
    (
        "Webhook endpoints failing",
        "foundation.webhookendpoint",
        {"failing_since__isnull": False, "deleted_at__isnull": True},
        "?failing=yes",
    ),
]

# The keys of disputes' TIME_LEFT.
DISPUTES = {
    "past": "Past the deadline",
    "1d": "Due within 24 hours",
    "3d": "Due in 1 to 3 days",
    "7d": "Due in 3 to 7 days",
    "later": "Due later",
}
URGENT = ("past", "1d")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number on the home page, or one for each currency. tone: calm, good or warn.

    lines: the number, the list that proves it, and the same of a week ago in words.
    """

    label: str
    lines: list[tuple[str, str, str]]
    tone: str = "calm"


def home_context(request: HttpRequest) -> dict[str, Any]:
    """figures: the last 24 hours against the same a week ago. disputes: those to answer, by the time left. waiting:
    what needs somebody."""
    return {"figures": _figures(request), "disputes": _disputes(request), "waiting": _waiting(request)}


def _figures(request: HttpRequest) -> list[Figure]:
    if not request.user.has_perm("payments.view_paymentintent"):
        return []
    merchant_ids, now = _merchants(request), clock.now()
    today = read_day_figures(merchant_ids=merchant_ids, start=now - DAY, end=_soon(now))
    before = read_day_figures(merchant_ids=merchant_ids, start=now - WEEK - DAY, end=now - WEEK)
    payments, refunds = _list("payments_paymentintent"), _list("payments_refund")
    return [
        Figure("Authorization rate", [(_rate(today), f"{payments}?last_day=answered", _rate(before))]),
        Figure(
            "Approved", [(f"{today.approved:,}", f"{payments}?last_day=approved", f"{before.approved:,}")]
        ),
        Figure(
            "Declined", [(f"{today.declined:,}", f"{payments}?last_day=declined", f"{before.declined:,}")]
        ),
        Figure("Captured", _sums(today.captured, before.captured, f"{payments}?last_day=captured")),
        Figure("Refunded", _sums(today.refunded, before.refunded, f"{refunds}?status=succeeded&created=24h")),
    ]


def _disputes(request: HttpRequest) -> list[Figure]:
    if not request.user.has_perm("disputes.view_dispute"):
        return []
    queue = _list("disputes_dispute")
    counts = count_by_time_left(merchant_ids=_merchants(request), now=clock.now())
    return [
        Figure(
            DISPUTES[name],
            [(f"{count:,}", f"{queue}?due={name}", "")],
            tone="warn" if count and name in URGENT else "good" if name in URGENT else "calm",
        )
        for name, count in counts.items()
    ]


def _waiting(request: HttpRequest) -> list[Figure]:
    found = []
    if request.user.has_perm("payments.view_paymentintent"):
        doubt = count_in_doubt(merchant_ids=_merchants(request))
        found.append(_count("Payments in doubt", doubt, _list("payments_paymentintent") + "?doubt=yes"))
    pages = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
    seen = [line for line in WAITING if line[1] in pages and pages[line[1]].has_view_permission(request)]
    counts = _counts(
        [(label, pages[model].get_queryset(request).filter(**only)) for label, model, only, _ in seen]
    )
    for label, model, _, query in seen:
        found.append(_count(label, counts.get(label, 0), _list(model.replace(".", "_")) + query))
    return found


def _counts(rows: list[tuple[str, QuerySet[Any]]]) -> dict[str, int]:
    """How many rows each has, of all of them in one query; a label that has none is left out."""
    if not rows:
        return {}
    counted = [
        some.order_by().values(label=Value(label)).annotate(count=Count("pk")).values_list("label", "count")
        for label, some in rows
    ]
    return dict(counted[0].union(*counted[1:], all=True))


def _count(label: str, count: int, url: str) -> Figure:
    return Figure(label, [(f"{count:,}", url, "")], tone="warn" if count else "good")


def _merchants(request: HttpRequest) -> list[Any] | None:
    user: Any = request.user
    return None if user.is_superuser else assigned_merchant_ids(user)


def _list(name: str) -> str:
    return reverse(f"admin:{name}_changelist")


def _rate(figures: DayFigures) -> str:
    rate = figures.authorization_rate_bps
    return NOTHING if rate is None else f"{rate // 100}.{rate % 100 // 10} %"


def _sums(today: tuple[Money, ...], before: tuple[Money, ...], url: str) -> list[tuple[str, str, str]]:
    earlier = {amount.currency: readable(amount) for amount in before}
    lines = [
        (readable(amount), f"{url}&currency={amount.currency}", earlier.get(amount.currency, NOTHING))
        for amount in today[:SUMS_SHOWN]
    ]
    return lines or [(NOTHING, url, readable(before[0]) if before else NOTHING)]


def _soon(now: datetime) -> datetime:
    # The id of a row made in this very millisecond belongs to today.
    return now + timedelta(seconds=1)
