"""A change reckoned: credits of what was paid for, debits of what comes instead. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from foundation.money import HALF_UP, Money, round_fraction
from foundation.transactions import joins_transaction
from subscriptions.discounts import DiscountableLine, apply_discounts, net_of
from subscriptions.errors import ProrationDateOutside
from subscriptions.models import (
    CollectionMethod,
    Discount,
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoiceStatus,
    Subscription,
    SubscriptionItem,
)
from subscriptions.periods import Period
from subscriptions.proration import Charge, Credit, Ruler, credit_debit, prorate_charge
from subscriptions.queries.noted import read_noted
from subscriptions.queries.subscriptions import list_covering_items, list_covering_lines
from subscriptions.steps.item_changes import ItemPlan
from subscriptions.steps.reckon_invoice import NewLine
from subscriptions.steps.restarts import Restart
from subscriptions.steps.subscription_lines import ruler_for, tax_rate_ids_of


@dataclass(frozen=True, slots=True)
class ProratedCredit:
    """A credit beside the debit that it cuts. One of nothing only cuts: the time was paid for, and is given up."""

    credit: Credit
    debit: InvoiceLine | InvoiceItem
    line: NewLine


@dataclass(frozen=True, slots=True)
class ReckonedChange:
    """debits: (line, place of its item among the plans): a new item has no row yet. restart: of the period."""

    plans: list[ItemPlan]
    credits: list[ProratedCredit] = field(default_factory=list)
    debits: list[tuple[NewLine, int]] = field(default_factory=list)
    restart: Restart | None = None

    @property
    def lines(self) -> list[NewLine]:
        """Credits before debits; lines over nothing are left out."""
        every = [*(one.line for one in self.credits), *(line for line, _ in self.debits)]
        return [line for line in every if not line.amount.is_zero]


@joins_transaction
def reckon_change(
    subscription: Subscription,
    plans: list[ItemPlan],
    discounts: Sequence[Discount],
    *,
    at: datetime,
    restart: Restart | None = None,
    is_prorated: bool = True,
    credits_unpaid: bool = False,
    is_ending: bool = False,
) -> ReckonedChange:
    """What plans come to at an instant of the current period.

    restart: every item is billed anew from `at` on. is_prorated: off gives nothing back and charges no rest of a
    period; a period that restarts is charged all the same. credits_unpaid: also give back what an invoice that nobody
    has paid had charged. is_ending: nothing is collected any more, so what is about to be is not given back either.
    Raises ProrationDateOutside."""
    change = ReckonedChange(plans, restart=restart)
    if restart is None and not is_prorated:
        return change
    if not subscription.current_period_start_at <= at < subscription.current_period_end_at:
        raise ProrationDateOutside(param="proration_date")
    nets = _nets(subscription, plans, discounts, at=at)
    for position, plan in enumerate(plans):
        if restart is None and not plan.is_changed:
            continue
        if plan.item is not None:
            found = credits_of(
                subscription, plan.item, at=at, credits_unpaid=credits_unpaid, is_ending=is_ending
            )
            change.credits.extend(found if is_prorated else [_without_money(one) for one in found])
        if plan.price is None or plan.price.is_metered:
            continue
        if restart is not None:
            change.debits.append((_anew(subscription, plan, restart), position))
        else:
            change.debits.append((_rest(subscription, plan, nets[position], at=at), position))
    return change


@joins_transaction
def credits_of(
    subscription: Subscription,
    item: SubscriptionItem,
    *,
    at: datetime,
    credits_unpaid: bool = False,
    is_ending: bool = False,
) -> list[ProratedCredit]:
    """What the debits of one item give back from `at` on: those on invoices, and those that wait for one."""
    lines = list_covering_lines(item, at)
    noted = read_noted(lines)
    debits: list[InvoiceLine | InvoiceItem] = [*lines, *list_covering_items(item, at)]
    found: list[ProratedCredit] = []
    for debit in debits:
        # What nobody has paid is not given back: the customer would be credited for a debt.
        is_owed = isinstance(debit, InvoiceLine) and not _is_paid_for(
            subscription, debit.invoice, is_ending=is_ending
        )
        if is_owed and not credits_unpaid:
            continue
        paid = debit.as_debit()
        # What a credit note has given back of the line does not come back a second time.
        paid = replace(paid, credited_minor=paid.credited_minor + noted.get(debit.id, 0))
        credit = credit_debit(paid, at)
        if credit is not None:
            found.append(ProratedCredit(credit, debit, _credit_line(subscription, item, debit, credit)))
    return found


def _is_paid_for(subscription: Subscription, invoice: Invoice, *, is_ending: bool) -> bool:
    """Paid, or on its way to be collected: without its credit that time would be charged twice."""
    if invoice.status == InvoiceStatus.PAID:
        return True
    # A pause decides what becomes of a draft; what is open already is collected in spite of it.
    is_underway = invoice.status == InvoiceStatus.OPEN or (
        invoice.status == InvoiceStatus.DRAFT and not subscription.pause_behavior
    )
    is_charged = invoice.collection_method == CollectionMethod.CHARGE_AUTOMATICALLY
    return is_underway and is_charged and invoice.auto_advance and not invoice.attempt_count and not is_ending


def _without_money(one: ProratedCredit) -> ProratedCredit:
    return replace(
        one,
        credit=replace(one.credit, amount_minor=0),
        line=replace(one.line, amount=Money.zero(one.line.amount.currency)),
    )


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


def _rest(subscription: Subscription, plan: ItemPlan, net: Fraction, *, at: datetime) -> NewLine:
    """The rest of the running period at what the item has become, its discount taken off already."""
    assert plan.price is not None, "an item that goes has no debit"
    ruler = ruler_for(subscription, at)
    charged = prorate_charge(Charge("item", net, ruler), at)
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
        tax_rate_ids=_rates(subscription, plan),
    )


def _anew(subscription: Subscription, plan: ItemPlan, restart: Restart) -> NewLine:
    """The period that begins, as any period is billed in advance: its discounts are taken off on the invoice."""
    assert plan.price is not None, "an item that goes has no debit"
    ruler = Ruler.of(restart.cycle, restart.period.start, restart.basis)
    period = restart.period
    exact = plan.price.terms.exact(plan.quantity or 0) * ruler.fraction(period.start, period.end)
    return NewLine(
        amount=Money(round_fraction(exact, HALF_UP), subscription.currency),
        period=period,
        description=f"{plan.quantity or 0} × {plan.price.product.name}",
        item=plan.item,
        price=plan.price,
        quantity=Decimal(plan.quantity or 0),
        ruler=ruler,
        part_units=ruler.units(period.start, period.end),
        whole_units=ruler.total,
        tax_rate_ids=_rates(subscription, plan),
    )


def _rates(subscription: Subscription, plan: ItemPlan) -> tuple[str, ...]:
    if plan.item is None:
        return tuple(subscription.default_tax_rate_ids)
    return tax_rate_ids_of(subscription, plan.item)
