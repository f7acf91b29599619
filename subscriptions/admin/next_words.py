"""What happens next with a subscription or an invoice, in sentences, for somebody with the customer on the line."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from foundation.backoffice.display import instant, readable
from foundation.money import Money
from subscriptions.admin.words import END_WORDS, PAUSE_WORDS, why_declined
from subscriptions.models import (
    CollectionMethod,
    DunningRun,
    Invoice,
    InvoiceStatus,
    RunStatus,
    SubscriptionStatus,
    TryOutcome,
)
from subscriptions.operations.preview_renewal import RenewalPreview
from subscriptions.queries.subscription_page import SubscriptionPage

S = SubscriptionStatus


def next_of_subscription(page: SubscriptionPage, renewal: RenewalPreview | None) -> SafeString:
    subscription = page.subscription
    sentences = [_state_words(page)]
    if page.run is not None:
        sentences.append(next_try_words(page.run))
    if subscription.halted_at:
        sentences.append(
            format_html(
                "Renewing stopped at {}: more than one period was missed. A case is open, and a person decides.",
                instant(subscription.halted_at),
            )
        )
    elif subscription.is_live:
        sentences.append(_renewal_words(page, renewal))
    if subscription.pending_update is not None:
        sentences.append(
            format_html(
                "A change waits for its payment until {}; unpaid, it is dropped and its invoice is void.",
                instant(subscription.pending_update_expires_at),
            )
        )
    if subscription.pause_behavior:
        until = format_html(" until {}", instant(subscription.pause_resumes_at))
        sentences.append(
            format_html(
                "Collection is paused{}: {}.",
                until if subscription.pause_resumes_at else "",
                PAUSE_WORDS[subscription.pause_behavior],
            )
        )
    if page.schedule is not None and page.schedule.next_phase_at:
        sentences.append(format_html("A change is planned for {}.", instant(page.schedule.next_phase_at)))
    return format_html_join(" ", "{}", [(sentence,) for sentence in sentences if sentence])


def _state_words(page: SubscriptionPage) -> str:
    subscription = page.subscription
    if subscription.status == S.INCOMPLETE:
        return format_html(
            "The first invoice is not paid. Unless it is paid by {}, the subscription ends and its invoice is void.",
            instant(subscription.incomplete_expires_at),
        )
    if subscription.status == S.TRIALING:
        then = {
            "pause": "without a payment method it is paused then",
            "cancel": "without a payment method it ends then",
        }.get(subscription.missing_payment_method, "")
        known = "" if page.method is not None or not then else f", and {then}"
        return format_html("The trial is free until {}{}.", instant(subscription.trial_end_at), known)
    if subscription.status in (S.CANCELED, S.INCOMPLETE_EXPIRED):
        return format_html("It ended at {}. Nothing more is billed.", instant(subscription.ended_at))
    if subscription.status == S.PAST_DUE:
        return "The latest invoice is not paid; the customer still has what they ordered."
    return {
        S.ACTIVE: "Paid up.",
        S.UNPAID: "The tries are used up: new invoices stay drafts, and nothing is charged by itself.",
        S.PAUSED: "The trial ended without a payment method. Nothing is billed until somebody resumes it.",
    }.get(subscription.status, "")


def _renewal_words(page: SubscriptionPage, renewal: RenewalPreview | None) -> str:
    subscription = page.subscription
    due = subscription.next_billing_at
    ends = subscription.cancel_at
    if subscription.cancel_at_period_end:
        ends = subscription.current_period_end_at
    if ends is not None and (due is None or ends <= due):
        return format_html("It ends at {}; no further period is billed.", instant(ends))
    if due is None or renewal is None:
        return ""
    total = _money(renewal)
    how = "is charged"
    if subscription.collection_method == CollectionMethod.SEND_INVOICE:
        how = f"is invoiced, to be paid within {subscription.days_until_due} days"
    words = format_html("It renews at {}, and {} {} then", instant(due), total, how)
    if page.method is None and subscription.collection_method == CollectionMethod.CHARGE_AUTOMATICALLY:
        return format_html("{}, but the customer has no payment method.", words)
    return format_html("{}.", words)


def _money(renewal: RenewalPreview) -> str:
    return readable(Money(max(renewal.invoice.total_minor, 0), renewal.invoice.currency))


def next_try_words(run: DunningRun) -> SafeString:
    """When the next try is, and why then."""
    if run.status != RunStatus.RUNNING or run.next_try_at is None:
        return SafeString("")
    end = END_WORDS.get(run.end_action, run.end_action)
    if run.gateway_errors:
        why = "the PSP could not be reached, which is no decline and uses no try up"
    else:
        after = run.offsets_days[run.tries_used] if run.tries_used < len(run.offsets_days) else None
        day = f", {after} days after the first failure" if after is not None else ""
        why = f"try {run.tries_used + 1} of {len(run.offsets_days)}{day}"
    words = format_html("The next try is at {}: {}.", instant(run.next_try_at), why)
    if run.needs_new_method:
        words = format_html(
            "{} The card was declined for good: it is not charged again, and a new card is tried at once.",
            words,
        )
    return format_html("{} After the last try {}.", words, end)


def next_of_invoice(invoice: Invoice, run: DunningRun | None) -> SafeString:
    """run: the tries that are going on, or the latest."""
    left = readable(invoice.amount_remaining)
    if invoice.status == InvoiceStatus.DRAFT:
        if invoice.finalizes_at:
            return format_html(
                "A draft: it is finalized at {}, and collected then.", instant(invoice.finalizes_at)
            )
        return SafeString("A draft: nothing follows by itself. Somebody finalizes it.")
    if invoice.status == InvoiceStatus.PAID:
        paid = format_html("Paid at {}.", instant(invoice.paid_at))
        return format_html("{} The money came another way.", paid) if invoice.paid_out_of_band else paid
    if invoice.status == InvoiceStatus.VOID:
        return format_html("Voided at {}: nobody owes it. It keeps its number.", instant(invoice.voided_at))
    if invoice.status == InvoiceStatus.UNCOLLECTIBLE:
        given_up = instant(invoice.marked_uncollectible_at)
        return format_html("Given up at {}. {} may still be paid.", given_up, left)
    if run is not None and run.status == RunStatus.RUNNING:
        return format_html("{} is owed. {} {}", left, _last_failure(run), next_try_words(run))
    if invoice.collection_method == CollectionMethod.SEND_INVOICE:
        return format_html("{} is owed, and due by {}.", left, instant(invoice.due_at))
    if invoice.next_payment_attempt_at:
        return format_html("{} is owed, and charged at {}.", left, instant(invoice.next_payment_attempt_at))
    if invoice.auto_advance and not invoice.attempt_count:
        return format_html("{} is owed, and its first charge is on its way.", left)
    return format_html("{} is owed. Nothing is tried by itself any more.", left)


def _last_failure(run: DunningRun) -> str:
    tries = [one for one in run.tries.all() if one.outcome != TryOutcome.SKIPPED]
    code = tries[-1].decline_code if tries else ""
    return f"The last try failed: {why_declined(code)}" if code else ""
