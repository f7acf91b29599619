"""Everything a payment's page shows, read in a fixed number of queries however much happened to the payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from foundation.events.queries import list_events
from foundation.money import Money
from foundation.webhooks.queries import list_deliveries
from ledger.queries.entries import Entry, list_entries_of_source
from payments.models import (
    LIVE_REFUND_STATES,
    Capture,
    Case,
    PaymentAttempt,
    PaymentIntent,
    PspCall,
    PspWebhook,
    Refund,
    RefundStatus,
)
from payments.queries.routing import with_decisions

MOST_ROWS = 200
"""Of each kind; a payment with more is a robot's, and its lists say that they are cut."""

UNDER_WAY = (
    RefundStatus.REQUIRES_APPROVAL,
    RefundStatus.CREATED,
    RefundStatus.SUBMITTING,
    RefundStatus.PENDING,
    RefundStatus.UNKNOWN,
)


ONE_ACTION = timedelta(seconds=5)
"""A change and an event of the same person within this time come of one press of a button."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline. source: api, agent, job, psp or ledger. actor: as the context named it, or the PSP."""

    at: datetime
    source: str
    actor: str
    kind: str
    data: Any = None
    note: str = ""
    request_id: str = ""
    times: int = 1

    def repeated(self) -> Happening:
        """The same, told once for one time more."""
        return replace(self, times=self.times + 1)


@dataclass
class PaymentPage:
    """A payment with all that belongs to it. Amounts are Money of the payment's currency.

    attempts: each with decision_id and decision_reason, why it went to its account."""

    intent: PaymentIntent
    attempts: Sequence[PaymentAttempt]
    captures: list[Capture]
    refunds: list[Refund]
    events: list[Any]
    deliveries: list[Any]
    calls: list[PspCall]
    webhooks: list[PspWebhook]
    entries: list[Entry]
    cases: list[Case]
    changes: list[Any] = field(default_factory=list)

    @cached_property
    def latest(self) -> PaymentAttempt | None:
        return self.attempts[-1] if self.attempts else None

    @cached_property
    def captured(self) -> Money:
        return self._sum(attempt.amount_captured_minor for attempt in self.attempts)

    @cached_property
    def refunded(self) -> Money:
        return self._sum(
            refund.amount_minor for refund in self.refunds if refund.status == RefundStatus.SUCCEEDED
        )

    @cached_property
    def refunds_under_way(self) -> Money:
        return self._sum(refund.amount_minor for refund in self.refunds if refund.status in UNDER_WAY)

    @cached_property
    def available_to_refund(self) -> Money:
        spoken_for = self._sum(r.amount_minor for r in self.refunds if r.status in LIVE_REFUND_STATES)
        return max(self.captured - spoken_for - self.held, Money.zero(self.intent.currency))

    @cached_property
    def held(self) -> Money:
        """What disputes hold of it: it can not be refunded as well. The attempts bring it (read_payment_page)."""
        return self._sum(getattr(attempt, "held_minor", None) or 0 for attempt in self.attempts)

    @cached_property
    def fee(self) -> Money:
        return self._sum(attempt.fee_minor for attempt in self.attempts)

    @cached_property
    def net(self) -> Money:
        """What the merchant keeps: captured, less refunded, less what disputes hold, less the fees of payments."""
        return self.captured - self.refunded - self.held - self.fee

    @cached_property
    def is_in_doubt(self) -> bool:
        rows: list[Any] = [*self.attempts, *self.captures, *self.refunds]
        return any(row.next_check_at is not None for row in rows)

    @cached_property
    def timeline(self) -> list[Happening]:
        """Newest first: events, PSP calls, PSP webhooks and what people changed, in one line of time."""
        happened = [
            *_with_reasons(
                [*(_of_event(event) for event in self.events), *_of_captures(self.captures)],
                [_of_change(row) for row in self.changes],
            ),
            *(_of_call(call) for call in self.calls),
            *(_of_webhook(webhook) for webhook in self.webhooks),
        ]
        return sorted(happened, key=lambda happening: happening.at, reverse=True)

    def _sum(self, minors: Any) -> Money:
        return Money(sum(minors), self.intent.currency)


def read_payment_page(intent: PaymentIntent) -> PaymentPage:
    """The page of a payment whose row is at hand; reads within the payment's merchant only."""
    merchant_id = intent.merchant_id
    attempts = list(
        with_decisions(PaymentAttempt.objects.for_merchant(merchant_id))
        .filter(payment_intent_id=intent.id)
        .select_related("psp_account", "payment_method")
        .annotate(held_minor=Sum("funds_holds__amount_minor", filter=Q(funds_holds__released_at=None)))
        .order_by("ordinal")[:MOST_ROWS]
    )
    refunds = list(
        Refund.objects.for_merchant(merchant_id)
        .filter(payment_intent_id=intent.id)
        .order_by("id")[:MOST_ROWS]
    )
    captures = list(
        Capture.objects.for_merchant(merchant_id)
        .filter(attempt_id__in=[attempt.id for attempt in attempts])
        .order_by("id")[:MOST_ROWS]
    )
    object_ids = [intent.id, *(attempt.id for attempt in attempts), *(refund.id for refund in refunds)]
    events = list(list_events(merchant_id).filter(object_id__in=object_ids).defer("data")[:MOST_ROWS])
    deliveries = (
        list_deliveries(merchant_id)
        .filter(event_id__in=[event.id for event in events])
        .select_related("endpoint")
    )
    return PaymentPage(
        intent=intent,
        attempts=attempts,
        captures=captures,
        refunds=refunds,
        events=events,
        deliveries=list(deliveries[:MOST_ROWS]),
        calls=list(_told(PspCall, intent, "psp_account")),
        webhooks=list(_told(PspWebhook, intent, "psp_account").defer("body", "headers")),
        entries=list_entries_of_source(merchant_id, "payment_intent", intent.id, limit=MOST_ROWS),
        cases=list(Case.objects.for_merchant(merchant_id).filter(payment_intent_id=intent.id)[:MOST_ROWS]),
        changes=_changes(intent, [refund.id for refund in refunds]),
    )


def _told(model: Any, intent: PaymentIntent, *related: str) -> Any:
    rows = model.objects.for_merchant(intent.merchant_id).filter(payment_intent_id=intent.id)
    return rows.select_related(*related)[:MOST_ROWS]


def _changes(intent: PaymentIntent, refund_ids: list[UUID]) -> list[Any]:
    # Only what people changed is written there (foundation/audit/history.py).
    intents = PaymentIntent.history.filter(id=intent.id, merchant_id=intent.merchant_id)
    changes = list(intents.select_related("history_user")[:MOST_ROWS])
    if refund_ids:
        refunds = Refund.history.filter(id__in=refund_ids, merchant_id=intent.merchant_id)
        changes += refunds.select_related("history_user")[:MOST_ROWS]
    return changes


def _with_reasons(events: list[Happening], changes: list[Happening]) -> list[Happening]:
    """A person's change that made an event gives the event its reason and is not told twice."""
    told = list(events)
    alone = []
    for change in changes:
        made = next((i for i, event in enumerate(told) if _belong_together(event, change)), None)
        if made is None:
            alone.append(change)
        else:
            told[made] = replace(told[made], note=told[made].note or change.note)
    return told + alone


def _belong_together(event: Happening, change: Happening) -> bool:
    return event.actor == change.actor and abs(event.at - change.at) <= ONE_ACTION


def source_of(actor: str) -> str:
    """api, agent, job or psp, by the actor's first word."""
    word = actor.partition(":")[0]
    return {"api_key": "api", "staff": "agent", "job": "job", "psp": "psp"}.get(word, "job")


def _of_event(event: Any) -> Happening:
    return Happening(
        event.created_at,
        source_of(event.actor),
        event.actor,
        event.type,
        data=event,
        request_id=event.request_id,
    )


def _of_captures(captures: list[Capture]) -> list[Happening]:
    # A shop's own capture tells itself by its events; a person's press of the button has none.
    return [
        Happening(capture.created_at, "agent", capture.requested_by, "capture_asked", data=capture)
        for capture in captures
        if source_of(capture.requested_by) == "agent"
    ]


def _of_call(call: PspCall) -> Happening:
    return Happening(
        call.created_at, "psp", call.psp_account.name, "psp_call", data=call, request_id=call.request_id
    )


def _of_webhook(webhook: PspWebhook) -> Happening:
    return Happening(webhook.received_at, "psp", webhook.psp_account.name, "psp_webhook", data=webhook)


def _of_change(change: Any) -> Happening:
    who = f"staff:{change.history_user.username}" if change.history_user else "staff"
    return Happening(
        change.history_date, "agent", who, "change", data=change, note=change.history_change_reason or ""
    )
