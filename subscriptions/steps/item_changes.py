"""A change of items reckoned: credits of what was paid for, debits of what comes instead. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.money import HALF_UP, Money, round_fraction
from foundation.transactions import joins_transaction
from subscriptions.discounts import DiscountableLine, apply_discounts, net_of
from subscriptions.errors import ProrationDateOutside
from subscriptions.models import (
    Discount,
    InvoiceItem,
    InvoiceLine,
    InvoiceStatus,
    Price,
    Subscription,
    SubscriptionItem,
)
from subscriptions.periods import Period
from subscriptions.proration import Charge, Credit, credit_debit, prorate_charge
from subscriptions.queries.catalogue import get_price
from subscriptions.queries.subscriptions import list_covering_items, list_covering_lines
from subscriptions.steps.check_items import refuse_unless_items_fit
from subscriptions.steps.reckon_invoice import NewLine
from subscriptions.steps.subscription_lines import ruler_for, tax_rate_ids_of


@dataclass(frozen=True, slots=True)
class ItemChange:
    """item_id: None adds an item. quantity: None keeps it, whatever the price becomes. is_removed: the item goes."""

    item_id: UUID | None = None
    price_id: UUID | None = None
    quantity: int | None = None
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """An item before and after; item: None for a new one. price: None for one that goes."""

    item: SubscriptionItem | None
    price: Price | None
    quantity: int | None
    is_changed: bool


@dataclass(frozen=True, slots=True)
class ProratedCredit:
    """A credit beside the debit that it cuts."""

    credit: Credit
    debit: InvoiceLine | InvoiceItem
    line: NewLine


@dataclass(frozen=True, slots=True)
class ReckonedChange:
    """debits: (line, place of its item among the plans): a new item has no row yet."""

    plans: list[ItemPlan]
    credits: list[ProratedCredit] = field(default_factory=list)
    debits: list[tuple[NewLine, int]] = field(default_factory=list)

    @property
    def lines(self) -> list[NewLine]:
        """Credits before debits; lines over nothing are left out."""
        every = [*(one.line for one in self.credits), *(line for line, _ in self.debits)]
        return [line for line in every if not line.amount.is_zero]


def plan_items(
    subscription: Subscription, items: Sequence[SubscriptionItem], changes: Sequence[ItemChange]
) -> list[ItemPlan]:
    """What each item becomes. Raises ResourceMissing, and as refuse_unless_items_fit."""
    merchant_id = subscription.merchant_id
    by_item = {change.item_id: change for change in changes if change.item_id is not None}
    if unknown := set(by_item) - {item.id for item in items}:
        raise ResourceMissing(f"No such subscription item: {len(unknown)} of those named.", param="items")
    plans = []
    for item in items:
        change = by_item.get(item.id)
        if change is None:
            plans.append(ItemPlan(item, item.price, item.quantity, False))
        elif change.is_removed:
            plans.append(ItemPlan(item, None, None, True))
        else:
            price = (
                item.price
                if change.price_id is None
                else get_price(merchant_id=merchant_id, price_id=change.price_id)
            )
            quantity = _quantity(price, item.quantity if change.quantity is None else change.quantity)
            is_changed = (price.id, quantity) != (item.price_id, item.quantity)
            plans.append(ItemPlan(item, price, quantity, is_changed))
    for change in changes:
        if change.item_id is None and change.price_id is not None:
            price = get_price(merchant_id=merchant_id, price_id=change.price_id)
            plans.append(ItemPlan(None, price, _quantity(price, change.quantity), True))
    kept = [plan for plan in plans if plan.price is not None]
    refuse_unless_items_fit(
        [plan.price for plan in kept if plan.price is not None], [plan.quantity for plan in kept]
    )
    return plans


@joins_transaction
def reckon_change(
    subscription: Subscription,
    plans: list[ItemPlan],
    discounts: Sequence[Discount],
    *,
    at: datetime,
    credits_unpaid: bool = False,
) -> ReckonedChange:
    """The prorations of plans at an instant of the current period; the interval stays as it is.

    credits_unpaid: also give back what an invoice that nobody has paid had charged. Raises ProrationDateOutside."""
    if not subscription.current_period_start_at <= at < subscription.current_period_end_at:
        raise ProrationDateOutside(param="proration_date")
    change = ReckonedChange(plans)
    nets = _nets(subscription, plans, discounts, at=at)
    for position, plan in enumerate(plans):
        if not plan.is_changed:
            continue
        if plan.item is not None:
            change.credits.extend(_credits(subscription, plan.item, at=at, credits_unpaid=credits_unpaid))
        if plan.price is not None and not plan.price.is_metered:
            line = _debit(subscription, plan, nets[position], at=at)
            change.debits.append((line, position))
    return change


def _quantity(price: Price, quantity: int | None) -> int | None:
    if price.is_metered:
        return None
    return 1 if quantity is None else quantity


def _nets(
    subscription: Subscription, plans: Sequence[ItemPlan], discounts: Sequence[Discount], *, at: datetime
) -> list[Fraction]:
    """What each item costs in a full period after its discounts, as all items stand after the change."""
    live = [(one, one.terms) for one in discounts if one.terms.applies_at(at, times_used=one.times_used)]
    exact = [
        Fraction()
        if plan.price is None or plan.price.is_metered
        else plan.price.terms.exact(plan.quantity or 0)
        for plan in plans
    ]
    lines = [
        DiscountableLine(
            Money(round_fraction(amount, HALF_UP), subscription.currency),
            plan.price.product_id if plan.price else None,
            tuple(term for one, term in live if plan.item and one.subscription_item_id == plan.item.id),
        )
        for plan, amount in zip(plans, exact, strict=True)
    ]
    taken = apply_discounts(lines, [term for one, term in live if one.subscription_item_id is None])
    return [
        amount - (line.amount - net_of(line, own)).amount_minor
        for amount, line, own in zip(exact, lines, taken, strict=True)
    ]


def _credits(
    subscription: Subscription, item: SubscriptionItem, *, at: datetime, credits_unpaid: bool
) -> list[ProratedCredit]:
    found: list[ProratedCredit] = []
    debits: list[InvoiceLine | InvoiceItem] = [
        *list_covering_lines(item, at),
        *list_covering_items(item, at),
    ]
    for debit in debits:
        # What nobody has paid is not given back: the customer would be credited for a debt.
        is_owed = isinstance(debit, InvoiceLine) and debit.invoice.status != InvoiceStatus.PAID
        if is_owed and not credits_unpaid:
            continue
        credit = credit_debit(debit.as_debit(), at)
        if credit is not None:
            found.append(ProratedCredit(credit, debit, _credit_line(subscription, item, debit, credit)))
    return found


def _credit_line(
    subscription: Subscription,
    item: SubscriptionItem,
    debit: InvoiceLine | InvoiceItem,
    credit: Credit,
) -> NewLine:
    return NewLine(
        amount=Money(credit.amount_minor, subscription.currency),
        period=Period(credit.start, credit.end),
        description=f"Unused time on {item.price.product.name}",
        item=item,
        price=item.price,
        quantity=debit.quantity,
        ruler=debit.as_debit().ruler,
        part_units=credit.part,
        whole_units=credit.whole,
        is_proration=True,
        is_discountable=False,
        tax_rate_ids=tuple(debit.tax_rate_ids),
        reverses_line_id=debit.id if isinstance(debit, InvoiceLine) else None,
        reverses_item_id=debit.id if isinstance(debit, InvoiceItem) else None,
    )


def _debit(subscription: Subscription, plan: ItemPlan, net: Fraction, *, at: datetime) -> NewLine:
    assert plan.price is not None, "an item that goes has no debit"
    ruler = ruler_for(subscription, at)
    charged = prorate_charge(Charge("item", net, ruler), at)
    rates = (
        tax_rate_ids_of(subscription, plan.item) if plan.item else tuple(subscription.default_tax_rate_ids)
    )
    return NewLine(
        amount=Money(charged.amount_minor, subscription.currency),
        period=Period(charged.start, charged.end),
        description=f"Remaining time on {plan.quantity or 0} × {plan.price.product.name}",
        item=plan.item,
        price=plan.price,
        quantity=Decimal(plan.quantity or 0),
        ruler=ruler,
        part_units=charged.part,
        whole_units=charged.whole,
        is_proration=True,
        is_discountable=False,
        tax_rate_ids=rates,
    )
