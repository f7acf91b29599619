"""The two columns of a what-if: the change made now, and the change made with the next period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from foundation.backoffice.display import instant, readable
from foundation.clock import to_timestamp
from foundation.money import Money
from subscriptions.admin.why import Reversed, explanation, facts_of_preview, reversed_row, totals_of
from subscriptions.admin.words import invoice_title, signed
from subscriptions.models import Discount, InvoiceItem, InvoiceLine, Subscription
from subscriptions.operations.change_subscription import DECIDED_BY_PAYMENT, UpdatePayment
from subscriptions.operations.preview_item_change import preview_item_change
from subscriptions.operations.preview_renewal import RenewalPreview, preview_renewal
from subscriptions.queries.previewed import discount_names, rate_names, read_debits
from subscriptions.queries.subscriptions import list_discounts
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.preview_tokens import fingerprint
from subscriptions.steps.reckon_invoice import ReckonedInvoice

RESTARTS = "A new period begins at once, and is billed; it lasts until {}."

BILLED = {
    "always_invoice": "Billed and collected at once.",
    "create_prorations": "Put on the next invoice.",
    "none": "Nothing is billed or given back for the running period.",
}


@dataclass
class Column:
    """One way to make the change: its lines with their reasons, what it comes to, and the token that commits it."""

    when: str
    title: str
    says: Any
    token: str
    lines: list[dict[str, Any]]
    totals: list[tuple[str, str]]
    then: Any
    button: str
    refusal: str = field(default="")

    @property
    def total(self) -> str:
        return self.totals[-1][1]


@dataclass(frozen=True, slots=True)
class ChangeTerms:
    """How the change is billed, as change_subscription takes it."""

    behavior: str
    anchor: str | None
    payment: UpdatePayment


def column_now(subscription: Subscription, changes: Sequence[ItemChange], terms: ChangeTerms) -> Column:
    preview = preview_item_change(
        merchant_id=subscription.merchant_id,
        subscription_id=subscription.id,
        changes=changes,
        proration_behavior=terms.behavior,
        anchor=terms.anchor,
        waits_for_payment=terms.payment in DECIDED_BY_PAYMENT,
    )
    restart = preview.restart
    renewal = preview_renewal(
        merchant_id=subscription.merchant_id,
        subscription_id=subscription.id,
        changes=changes,
        with_pending=False,
        restart=restart,
    )
    says = format_html(RESTARTS, instant(restart.period.end)) if restart else BILLED[terms.behavior]
    return Column(
        when="now",
        title="Now",
        says=says,
        token=preview.token,
        lines=preview_lines(subscription, preview.invoice, list_discounts(subscription)),
        totals=preview_totals(subscription, preview.invoice),
        then=_then(renewal),
        button="Change now",
    )


def column_at_end(subscription: Subscription, changes: Sequence[ItemChange]) -> Column | None:
    """None when no further period is billed."""
    renewal = _at_end(subscription, changes)
    if renewal is None:
        return None
    return Column(
        when="at_end",
        title="At the end of the period",
        says="Nothing changes and nothing is billed before then: this is the next invoice.",
        token=_token(subscription, renewal, changes),
        lines=preview_lines(subscription, renewal.invoice, renewal.discounts),
        totals=preview_totals(subscription, renewal.invoice),
        then=[],
        button="Change at the end of the period",
    )


def end_token(subscription: Subscription, changes: Sequence[ItemChange]) -> str:
    """The token that the preview at the end has at this moment."""
    renewal = _at_end(subscription, changes)
    return _token(subscription, renewal, changes) if renewal is not None else ""


def _at_end(subscription: Subscription, changes: Sequence[ItemChange]) -> RenewalPreview | None:
    return preview_renewal(
        merchant_id=subscription.merchant_id, subscription_id=subscription.id, changes=changes
    )


def _token(subscription: Subscription, renewal: RenewalPreview, changes: Sequence[ItemChange]) -> str:
    return fingerprint(
        [
            subscription.public_id,
            subscription.version,
            to_timestamp(renewal.period.start),
            [asdict(change) for change in changes],
            [line.new.amount.amount_minor for line in renewal.invoice.lines],
            renewal.invoice.total_minor,
        ]
    )


def preview_lines(
    subscription: Subscription, invoice: ReckonedInvoice, discounts: Sequence[Discount]
) -> list[dict[str, Any]]:
    """Each line with why it is what it is; also for the next renewal on the subscription's page."""
    debits = read_debits(
        merchant_id=subscription.merchant_id,
        line_ids=[line.new.reverses_line_id for line in invoice.lines],
        item_ids=[line.new.reverses_item_id for line in invoice.lines],
    )
    names = discount_names(discounts)
    keys = [tax.rate.key for line in invoice.lines for tax in line.taxes]
    rates = rate_names(keys, merchant_id=subscription.merchant_id)
    lines = []
    for line in invoice.lines:
        reverses = _reversed(debits.get(line.new.reverses_line_id or line.new.reverses_item_id))
        facts = facts_of_preview(line, reverses=reverses, discount_names=names, rate_names=rates)
        lines.append(
            {"description": facts.description, "amount": signed(facts.amount), "why": explanation(facts)}
        )
    return lines


def preview_totals(subscription: Subscription, invoice: ReckonedInvoice) -> list[tuple[str, str]]:
    facts = [
        facts_of_preview(line, reverses=None, discount_names={}, rate_names={}) for line in invoice.lines
    ]
    return [(label, signed(amount)) for label, amount in totals_of(facts, subscription.currency)]


def _reversed(debit: InvoiceLine | InvoiceItem | None) -> Reversed | None:
    if debit is None:
        return None
    if isinstance(debit, InvoiceItem):
        return reversed_row(debit, url="", where="which waits for the next invoice")
    url = reverse("admin:subscriptions_invoice_change", args=[debit.invoice_id])
    where = f"line {debit.ordinal} of {invoice_title(debit.invoice)}"
    return reversed_row(debit, url=f"{url}#line-{debit.ordinal}", where=where)


def _then(renewal: RenewalPreview | None) -> list[Any]:
    """(when, how much) of the next renewal; empty when there is none."""
    if renewal is None:
        return []
    total = Money(max(renewal.invoice.total_minor, 0), renewal.invoice.currency)
    return [instant(renewal.period.start), readable(total)]
