"""The tries of an invoice as a page shows them: what was tried when, why it failed, and when it is tried again."""

from __future__ import annotations

from typing import Any

from foundation.backoffice.display import badge, instant
from subscriptions.admin.next_words import next_try_words
from subscriptions.admin.words import END_WORDS, RUN_WORDS, TRY_WORDS, invoice_link, why_declined
from subscriptions.models import DunningRun, DunningTry, PaymentReason

BY = {
    PaymentReason.SCHEDULED: "by the schedule",
    PaymentReason.MANUAL: "by a person; uses no try up",
    PaymentReason.NEW_METHOD: "with a new method; uses no try up",
}


def run_block(run: DunningRun) -> dict[str, Any]:
    """run: with its tries, policy and, on the page of a subscription, its invoice."""
    days = ", ".join(str(day) for day in run.offsets_days)
    policy = run.policy.name if run.policy else "the default"
    return {
        "badge": badge(*RUN_WORDS[run.status]),
        "invoice": invoice_link(run.invoice),
        "began": instant(run.began_at),
        "ended": instant(run.ended_at) if run.ended_at else "",
        "stop_reason": run.stop_reason.replace("_", " "),
        "policy": f"Days {days} by {policy}; after the last try {END_WORDS.get(run.end_action, run.end_action)}.",
        "used": f"{run.tries_used} of {len(run.offsets_days)} tries used",
        "next": next_try_words(run),
        "tries": [_try_line(one) for one in run.tries.all()],
    }


def _try_line(one: DunningTry) -> dict[str, Any]:
    return {
        "badge": badge(*TRY_WORDS[one.outcome]),
        "at": instant(one.created_at),
        "by": BY[PaymentReason(one.reason)],
        "why": why_declined(one.decline_code),
        "code": one.decline_code,
    }
