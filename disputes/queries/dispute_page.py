"""Everything that a dispute's page shows, read in a fixed number of queries however much happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from disputes.compelling_evidence import Standing
from disputes.lifecycle import allows_refund
from disputes.models import (
    STANDING,
    Dispute,
    DisputeFundMovement,
    DisputeNote,
    DisputeOrder,
    DisputePolicy,
    OrderKind,
)
from disputes.queries.assembling import read_standing
from disputes.queries.disputes import find_policy, list_movements
from disputes.queries.outcomes import Odds, read_odds, value_of_fighting
from disputes.reason_codes import Gap, ReasonCode, gaps, reason_code
from foundation.events.queries import list_events
from foundation.money import Money
from ledger.queries.entries import Entry, list_entries_of_source
from payments.queries.dispute_contact import list_dispute_calls, list_dispute_webhooks
from payments.queries.payment_intents import available_to_refund

MOST_ROWS = 100
OTHERS_SHOWN = 20


@dataclass
class Worth:
    """What fighting is worth on average, with what it is made of. counter_fee: zero where contesting costs nothing."""

    odds: Odds
    amount: Money
    counter_fee: Money

    @cached_property
    def value(self) -> Money:
        return value_of_fighting(self.amount, self.odds.probability, self.counter_fee)


@dataclass
class DisputePage:
    dispute: Dispute
    movements: list[DisputeFundMovement]
    orders: list[DisputeOrder]
    notes: list[DisputeNote]
    entries: list[Entry]
    events: list[Any]
    calls: list[Any]
    webhooks: list[Any]
    changes: list[Any]
    others: list[Dispute]
    policy: DisputePolicy | None
    odds: Odds
    standing: Standing
    refundable: Money

    @cached_property
    def code(self) -> ReasonCode:
        return code_of(self.dispute)

    @cached_property
    def gaps(self) -> list[Gap]:
        return gaps(self.code.category, self.evidence)

    @cached_property
    def evidence(self) -> dict[str, str]:
        """What goes or went out: the copy of a submission of this stage, else what is staged."""
        order = self.answer
        return (
            order.evidence if order is not None and order.kind == OrderKind.SUBMIT else self.dispute.evidence
        )

    @cached_property
    def answer(self) -> DisputeOrder | None:
        """The order of the present stage that took effect, or may have."""
        stage = self.dispute.stage
        return next((o for o in self.orders if o.stage == stage and o.status in STANDING), None)

    @cached_property
    def worth(self) -> Worth:
        return worth_of(self.dispute, self.odds, self.policy)

    @cached_property
    def charged(self) -> Money:
        attempt = self.dispute.attempt
        return Money(attempt.amount_captured_minor, attempt.currency)

    @cached_property
    def taken(self) -> dict[str, Money]:
        """What the PSP has of us for this dispute at this moment, by currency; fees apart."""
        return _sums((movement.currency, -movement.amount_minor) for movement in self.movements)

    @cached_property
    def fees(self) -> dict[str, Money]:
        return _sums((movement.currency, movement.fee_minor) for movement in self.movements)

    @cached_property
    def allows_refund(self) -> bool:
        return allows_refund(str(self.dispute.status))


def read_dispute_page(dispute: Dispute) -> DisputePage:
    """dispute: with its attempt and payment_intent."""
    owned = dispute.merchant_id
    return DisputePage(
        dispute=dispute,
        movements=list(list_movements(dispute)),
        orders=list_orders(dispute),
        notes=list(DisputeNote.objects.for_merchant(owned).filter(dispute_id=dispute.id)[:MOST_ROWS]),
        entries=list_entries_of_source(owned, "dispute", dispute.id, limit=MOST_ROWS),
        events=list(list_events(owned).filter(object_id=dispute.id).defer("data")[:MOST_ROWS]),
        calls=list_dispute_calls(
            merchant_id=owned, payment_intent_id=dispute.payment_intent_id, dispute_id=dispute.id
        ),
        webhooks=list_dispute_webhooks(merchant_id=owned, payment_intent_id=dispute.payment_intent_id),
        changes=_changes(dispute),
        others=list_others_of_customer(dispute),
        policy=find_policy(owned),
        odds=read_odds([dispute])[dispute.id],
        standing=read_standing(dispute),
        refundable=available_to_refund(dispute.attempt),
    )


def list_orders(dispute: Dispute) -> list[DisputeOrder]:
    """Our answers to it, newest first."""
    rows = DisputeOrder.objects.for_merchant(dispute.merchant_id).filter(dispute_id=dispute.id)
    return list(rows.select_related("pack").defer("pack__content")[:MOST_ROWS])


def list_others_of_customer(dispute: Dispute) -> list[Dispute]:
    """Other disputes of the same customer or the same card, newest first."""
    rows = Dispute.objects.for_merchant(dispute.merchant_id).exclude(pk=dispute.pk).defer("evidence")
    customer_id = dispute.payment_intent.customer_id
    fingerprint = dispute.attempt.payment_method.fingerprint
    same_card = rows.filter(attempt__payment_method__fingerprint=fingerprint)
    if customer_id is None:
        return list(same_card[:OTHERS_SHOWN]) if fingerprint else []
    same_customer = rows.filter(payment_intent__customer_id=customer_id)
    if not fingerprint:
        return list(same_customer[:OTHERS_SHOWN])
    # Each branch by its own index: an OR over two joins has none.
    ids = same_customer.order_by().values("pk").union(same_card.order_by().values("pk"))
    return list(rows.filter(pk__in=ids)[:OTHERS_SHOWN])


def list_disputes_of_payment(*, merchant_id: UUID, payment_intent_id: UUID) -> list[Dispute]:
    """Newest first, without the evidence."""
    rows = Dispute.objects.for_merchant(merchant_id).filter(payment_intent_id=payment_intent_id)
    return list(rows.defer("evidence")[:MOST_ROWS])


def list_disputes_of_customer(*, merchant_id: UUID, customer_id: UUID) -> list[Dispute]:
    """Newest first, without the evidence."""
    rows = Dispute.objects.for_merchant(merchant_id).filter(payment_intent__customer_id=customer_id)
    return list(rows.defer("evidence")[:OTHERS_SHOWN])


def code_of(dispute: Dispute) -> ReasonCode:
    return reason_code(dispute.network, dispute.network_reason_code, dispute.reason)


def worth_of(dispute: Dispute, odds: Odds, policy: DisputePolicy | None) -> Worth:
    """A counter fee in another currency than the dispute's is left out: there is no rate to count it with."""
    fee = Money.zero(dispute.currency)
    if policy is not None and policy.currency == dispute.currency:
        fee = Money(policy.counter_fee_minor, policy.currency)
    return Worth(odds, dispute.amount, fee)


def _changes(dispute: Dispute) -> list[Any]:
    rows = Dispute.history.filter(id=dispute.id, merchant_id=dispute.merchant_id)
    return list(rows.select_related("history_user")[:MOST_ROWS])


def _sums(rows: Any) -> dict[str, Money]:
    sums: dict[str, int] = {}
    for currency, minor in rows:
        sums[currency] = sums.get(currency, 0) + minor
    return {currency: Money(minor, currency) for currency, minor in sums.items() if minor}
