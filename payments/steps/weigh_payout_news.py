"""Weigh news of a payout against what is recorded: does it carry it further, is it known, does it contradict? Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django_fsm import can_proceed

from payments.models import Payout, PayoutStatus
from payments.psp.port import PayoutNews
from payments.steps.weigh_attempt_outcome import Verdict

S = PayoutStatus


def weigh_payout_news(payout: Payout, news: PayoutNews) -> Verdict:
    """Of the status alone; amounts are compared before."""
    status = S(news.status)
    if status == payout.status:
        return Verdict.KNOWN
    if (arrow := arrow_to(payout, status)) is not None and can_proceed(arrow):
        return Verdict.APPLIES
    if status == S.CANCELED or (payout.status == S.CANCELED and status != S.PENDING):
        return Verdict.CONTRADICTS
    # Older news: what failed had been on its way, and what was paid too.
    return Verdict.KNOWN


def arrow_to(payout: Payout, status: PayoutStatus) -> Callable[[], Any] | None:
    """The payout's transition to a status; None to the first one, which none leads to."""
    return {
        S.IN_TRANSIT: payout.send,
        S.PAID: payout.arrive,
        S.FAILED: payout.come_back,
        S.CANCELED: payout.cancel,
    }.get(status)
