"""What of an invoice is earned later: planned when it is finalized, taken back by credit notes and by voiding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions.locks import lock_revenue_schedules
from subscriptions.models import Invoice, InvoiceLine, RevenueRecognition, RevenueSchedule
from subscriptions.revenue import Pace, Part, earned_by, next_part_at, parts_of, within
from subscriptions.steps.post_to_ledger import reverse_recognition

DEFAULT_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Deferral:
    """schedule: not saved yet. parts: of its whole amount."""

    schedule: RevenueSchedule
    parts: list[Part]


def plan_deferrals(
    invoice: Invoice, lines: Sequence[InvoiceLine], *, pace: Pace, at: datetime
) -> list[Deferral]:
    """One for each line that covers a time which has not begun. Writes nothing."""
    if pace == Pace.AT_ONCE:
        return []
    planned = (_plan(invoice, line, pace, at) for line in lines)
    return [one for one in planned if one is not None]


def deferred_of(deferrals: Sequence[Deferral], currency: str) -> Money:
    """What is not earned yet of all of them."""
    return sum((one.schedule.deferred for one in deferrals), Money.zero(currency))


@joins_transaction
def write_deferrals(deferrals: Sequence[Deferral], entry_id: UUID | None, *, at: datetime) -> None:
    """entry_id: of the invoice, which booked what was earned by then. Writes the schedules and their first parts."""
    for one in deferrals:
        one.schedule.save(force_insert=True)
        if one.schedule.recognised_minor:
            assert entry_id is not None, "what is earned was booked"
            RevenueRecognition(
                merchant_id=one.schedule.merchant_id,
                schedule=one.schedule,
                ordinal=1,
                amount_minor=one.schedule.recognised_minor,
                currency=one.schedule.currency,
                earned_at=one.schedule.starts_at,
                is_first=True,
                ledger_entry_id=entry_id,
                created_at=at,
            ).save(force_insert=True)


@joins_transaction
def take_back_deferred(invoice: Invoice, credited: Sequence[tuple[UUID | None, int]]) -> list[int]:
    """credited: (invoice line, minor units without tax) of a credit note's lines, in order.

    For each, what of it was not earned yet: that comes off the end of what is deferred, before income is touched.
    The invoice is locked. Writes the schedules.
    """
    schedules = {one.invoice_line_id: one for one in lock_revenue_schedules(invoice=invoice)}
    taken: list[int] = []
    for line_id, net_minor in credited:
        schedule = schedules.get(line_id) if line_id is not None else None
        if schedule is None or schedule.amount_minor < 0:
            taken.append(0)
            continue
        part = min(net_minor, schedule.deferred.amount_minor)
        schedule.taken_back_minor += part
        plan_next(schedule)
        schedule.save(update_fields=["taken_back_minor", "next_at"])
        taken.append(part)
    return taken


@joins_transaction
def defer_again(invoice: Invoice, taken: Sequence[tuple[UUID | None, int]]) -> None:
    """The opposite, when a credit note is voided. The invoice is locked. Writes the schedules."""
    schedules = {one.invoice_line_id: one for one in lock_revenue_schedules(invoice=invoice)}
    for line_id, part in taken:
        if part and line_id is not None:
            schedule = schedules[line_id]
            schedule.taken_back_minor -= part
            plan_next(schedule)
            schedule.save(update_fields=["taken_back_minor", "next_at"])


@joins_transaction
def void_deferrals(invoice: Invoice, *, at: datetime) -> None:
    """Of an invoice whose own entry is reversed: what was earned since is reversed, the rest is never earned.

    Writes the schedules and ledger entries.
    """
    for schedule in lock_revenue_schedules(invoice=invoice):
        rows = RevenueRecognition.objects.for_merchant(invoice.merchant_id).filter(schedule_id=schedule.id)
        for recognition in rows.filter(is_first=False).order_by("ordinal"):
            reverse_recognition(recognition, at=at)
        schedule.recognised_minor = 0
        schedule.taken_back_minor = schedule.amount_minor
        schedule.next_at = None
        schedule.save(update_fields=["recognised_minor", "taken_back_minor", "next_at"])


def parts_of_schedule(schedule: RevenueSchedule) -> list[Part]:
    return parts_of(
        schedule.amount,
        schedule.starts_at,
        schedule.ends_at,
        pace=Pace(schedule.pace),
        zone=schedule.timezone,
    )


def plan_next(schedule: RevenueSchedule, parts: Sequence[Part] | None = None) -> None:
    """Set when the next part is earned; the caller saves it."""
    limit = schedule.amount_minor - schedule.taken_back_minor
    schedule.next_at = next_part_at(
        parts_of_schedule(schedule) if parts is None else parts,
        earned_minor=schedule.recognised_minor,
        limit_minor=limit,
    )


def earned_now(schedule: RevenueSchedule, parts: Sequence[Part], *, at: datetime) -> int:
    """Minor units earned by an instant, never more than what was not taken back."""
    return within(earned_by(parts, at), schedule.amount_minor - schedule.taken_back_minor)


def _plan(invoice: Invoice, line: InvoiceLine, pace: Pace, at: datetime) -> Deferral | None:
    revenue = line.net_minor - line.inclusive_tax_minor
    if not revenue:
        return None
    zone = line.timezone or DEFAULT_ZONE
    amount = Money(revenue, line.currency)
    parts = parts_of(amount, line.period_start_at, line.period_end_at, pace=pace, zone=zone)
    if parts[-1].begins_at <= at:
        # All of its time has begun: a month that is paid for at its beginning is no later time.
        return None
    schedule = RevenueSchedule(
        merchant_id=invoice.merchant_id,
        invoice=invoice,
        invoice_line=line,
        currency=line.currency,
        amount_minor=revenue,
        recognised_minor=earned_by(parts, at),
        pace=pace,
        timezone=zone,
        starts_at=line.period_start_at,
        ends_at=line.period_end_at,
        created_at=at,
    )
    plan_next(schedule, parts)
    return Deferral(schedule, parts)
