"""Recognise what of a line's revenue is earned by an instant: one entry for all parts that have begun since."""

from __future__ import annotations

from datetime import datetime

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions.models import RevenueRecognition, RevenueSchedule
from subscriptions.revenue import Part
from subscriptions.steps.defer_revenue import earned_now, parts_of_schedule, plan_next
from subscriptions.steps.post_to_ledger import post_recognition


@joins_transaction
def recognise(schedule: RevenueSchedule, *, now: datetime) -> bool:
    """Whether anything was earned. The schedule is locked and has its invoice.

    Writes: the schedule, its recognition and the ledger entry. Safe to repeat: what is recognised already stays.
    """
    parts = parts_of_schedule(schedule)
    more = earned_now(schedule, parts, at=now) - schedule.recognised_minor
    if more:
        _write(schedule, Money(more, schedule.currency), _begun_at(parts, now), now=now)
    schedule.recognised_minor += more
    plan_next(schedule, parts)
    schedule.save(update_fields=["recognised_minor", "next_at"])
    return bool(more)


def _write(schedule: RevenueSchedule, amount: Money, earned_at: datetime, *, now: datetime) -> None:
    rows = RevenueRecognition.objects.for_merchant(schedule.merchant_id).filter(schedule_id=schedule.id)
    ordinal = rows.count() + 1
    RevenueRecognition(
        merchant_id=schedule.merchant_id,
        schedule=schedule,
        ordinal=ordinal,
        amount_minor=amount.amount_minor,
        currency=schedule.currency,
        earned_at=earned_at,
        ledger_entry_id=post_recognition(
            schedule, amount, ordinal=ordinal, earned_at=earned_at, invoice_number=schedule.invoice.number
        ),
        created_at=now,
    ).save(force_insert=True)


def _begun_at(parts: list[Part], now: datetime) -> datetime:
    return next(part.begins_at for part in reversed(parts) if part.begins_at <= now)
