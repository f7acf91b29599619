"""Payments in plain words: statuses as badges, actors as people say them, and what happens next."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from foundation.backoffice.display import NOTHING, badge, link, readable
from foundation.money import Money
from payments.declines import decline_message
from payments.models import AttemptStatus, IntentStatus, PaymentAttempt, PaymentIntent, PaymentMethod
from payments.queries.payment_page import PaymentPage

INTENT_WORDS: dict[str, tuple[str, str]] = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: ("Needs a payment method", "warn"),
    IntentStatus.REQUIRES_CONFIRMATION: ("Not confirmed", "calm"),
    IntentStatus.REQUIRES_ACTION: ("Customer must act", "wait"),
    IntentStatus.PROCESSING: ("Processing", "wait"),
    IntentStatus.REQUIRES_CAPTURE: ("Authorized", "wait"),
    IntentStatus.SUCCEEDED: ("Paid", "good"),
    IntentStatus.CANCELED: ("Canceled", "calm"),
}
DECLINED = ("Declined", "bad")
ATTEMPT_WORDS: dict[str, tuple[str, str]] = {
    AttemptStatus.CREATED: ("Not sent yet", "calm"),
    AttemptStatus.SUBMITTING: ("At the PSP", "wait"),
    AttemptStatus.REQUIRES_ACTION: ("Customer must act", "wait"),
    AttemptStatus.AUTHORIZED: ("Authorized", "wait"),
    AttemptStatus.PARTIALLY_CAPTURED: ("Captured in part", "wait"),
    AttemptStatus.SUCCEEDED: ("Paid", "good"),
    AttemptStatus.PENDING: ("Pending at the bank", "wait"),
    AttemptStatus.DECLINED: ("Declined", "bad"),
    AttemptStatus.NOT_SENT: ("Did not happen", "calm"),
    AttemptStatus.UNKNOWN: ("In doubt", "warn"),
    AttemptStatus.VOIDED: ("Voided", "calm"),
    AttemptStatus.EXPIRED: ("Expired", "calm"),
    AttemptStatus.RETURNED: ("Money went back", "bad"),
}
MOVEMENT_WORDS: dict[str, tuple[str, str]] = {
    "requires_approval": ("Waits for approval", "warn"),
    "created": ("About to be sent", "wait"),
    "submitting": ("At the PSP", "wait"),
    "pending": ("Pending at the bank", "wait"),
    "succeeded": ("Done", "good"),
    "failed": ("Failed", "bad"),
    "unknown": ("In doubt", "warn"),
    "canceled": ("Withdrawn", "calm"),
    "returned": ("Money went back", "bad"),
}
ORDER_KEYS = ("order_id", "order", "order_number", "invoice")


def intent_badge(intent: PaymentIntent) -> SafeString:
    return badge(*_status(intent))


def status_words(intent: PaymentIntent) -> str:
    """The badge's words alone."""
    return _status(intent)[0]


def _status(intent: PaymentIntent) -> tuple[str, str]:
    attempt = intent.latest_attempt
    if (
        attempt is not None
        and intent.status == IntentStatus.PROCESSING
        and attempt.status == AttemptStatus.UNKNOWN
    ):
        return ("In doubt", "warn")
    if intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD and intent.last_payment_error:
        return DECLINED
    return INTENT_WORDS[intent.status]


def attempt_badge(attempt: PaymentAttempt) -> SafeString:
    return badge(*ATTEMPT_WORDS[attempt.status])


def movement_badge(status: str) -> SafeString:
    """For captures and refunds."""
    return badge(*MOVEMENT_WORDS[status])


def any_badge(status: str) -> SafeString:
    """For a movement of any kind; a state that only setup intents have is told as it is."""
    known = MOVEMENT_WORDS | ATTEMPT_WORDS
    return badge(*known.get(status, (status.replace("_", " ").capitalize(), "wait")))


def refund_badge(attempt: PaymentAttempt | None) -> SafeString:
    """Beside the status in lists: refunded in full or in part, or nothing."""
    if attempt is None or attempt.amount_refunded_minor == 0:
        return SafeString("")
    if attempt.amount_refunded_minor >= attempt.amount_captured_minor:
        return badge("Refunded", "calm")
    return badge("Refunded in part", "calm")


def dispute_badge(attempt: PaymentAttempt | None) -> SafeString:
    """Beside the status: the charge has been disputed or asked about, however that ended."""
    return badge("Disputed", "warn") if attempt is not None and attempt.is_disputed else SafeString("")


def order_of(intent: PaymentIntent) -> str:
    """The merchant's own number of the order, from the metadata."""
    for key in ORDER_KEYS:
        if intent.metadata.get(key):
            return str(intent.metadata[key])
    return NOTHING


def method_of(intent: PaymentIntent) -> PaymentMethod | None:
    """What the customer pays with; after a decline, what they tried last."""
    attempt = intent.latest_attempt
    return intent.payment_method or (attempt.payment_method if attempt is not None else None)


def method_words(method: PaymentMethod | None) -> str:
    """ "Visa •••• 4242"."""
    if method is None:
        return NOTHING
    name = method.wallet or method.brand or method.type
    shown = name.replace("_", " ").capitalize()
    return f"{shown} •••• {method.last4}" if method.last4 else shown


def decline_words(attempt: PaymentAttempt) -> str:
    """Why it was declined, in a sentence; empty when it was not."""
    if attempt.status != AttemptStatus.DECLINED:
        return ""
    return decline_message(attempt.error_code, attempt.decline_code)


def reason_words(code: str) -> str:
    """A reason that the connector or the PSP wrote down, for people: "stripe_timeout" is "stripe timeout"."""
    return code.replace("_", " ") or NOTHING


def payment_link(intent: PaymentIntent | None) -> str:
    """The payment's id, leading to its page."""
    if intent is None:
        return NOTHING
    return link(intent.public_id, reverse("admin:payments_paymentintent_change", args=[intent.pk]))


def next_words(page: PaymentPage) -> str:
    """What happens next with a payment, for somebody who has the customer on the line."""
    sentences = [_next_of_intent(page)]
    if not page.refunds_under_way.is_zero:
        sentences.append(_next_of_refunds(page))
    if not page.held.is_zero:
        sentences.append(
            f"A dispute holds {readable(page.held)} of it or took it for good: that much is not refunded as well."
        )
    if any(case.resolved_at is None for case in page.cases):
        sentences.append(
            "Something about this payment does not add up: a case is open, and a person has to look at it."
        )
    return " ".join(sentence for sentence in sentences if sentence)


def _next_of_intent(page: PaymentPage) -> str:
    intent, latest = page.intent, page.latest
    if intent.status == IntentStatus.PROCESSING and latest is not None:
        return _next_of_processing(latest)
    if intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD:
        declined = decline_words(latest) if latest is not None else ""
        if declined:
            return f"Declined. {declined} No money has moved; the customer may pay with another method."
        return "The customer has not chosen how to pay. No money has moved."
    if intent.status == IntentStatus.REQUIRES_CAPTURE and latest is not None:
        left = Money(latest.amount_minor - latest.amount_captured_minor, latest.currency)
        until = f" until {_when(latest.authorization_expires_at)}" if latest.authorization_expires_at else ""
        voiding = (
            " Canceling it has been asked for." if latest.void_requested_at else " Capture it or cancel it."
        )
        return f"{readable(left)} is reserved on the customer's card{until}, and not taken yet.{voiding}"
    if intent.status == IntentStatus.SUCCEEDED:
        return _next_of_paid(page)
    return {
        IntentStatus.REQUIRES_CONFIRMATION: "The shop has to confirm the payment. No money has moved.",
        IntentStatus.REQUIRES_ACTION: (
            "The customer has to authenticate with their bank, then it goes on by itself. No money has moved."
        ),
        IntentStatus.CANCELED: "Canceled. The customer is not charged.",
    }.get(intent.status, "")


def _next_of_paid(page: PaymentPage) -> str:
    if page.refunded == page.captured:
        return "Paid, and refunded in full."
    paid = "Paid."
    if page.captured < page.intent.amount:
        paid = (
            f"{readable(page.captured)} of {readable(page.intent.amount)} was taken; the rest was released."
        )
    if not page.refunded.is_zero:
        paid = f"{paid} {readable(page.refunded)} has been refunded."
    goes_on = not (page.refunds_under_way.is_zero and page.held.is_zero)
    return paid if goes_on else f"{paid} Nothing else happens by itself."


def _next_of_processing(attempt: PaymentAttempt) -> str:
    if attempt.status == AttemptStatus.PENDING:
        return "The PSP has accepted the payment; the customer's bank answers later, which can take days."
    if attempt.status == AttemptStatus.UNKNOWN:
        look = f" We ask the PSP again at {_when(attempt.next_check_at)}." if attempt.next_check_at else ""
        return f"Nobody knows yet whether the money was taken. Do not charge the customer again.{look}"
    return "The payment is with the PSP at this moment."


def _next_of_refunds(page: PaymentPage) -> str:
    doubtful = any(refund.status == "unknown" for refund in page.refunds)
    on_its_way = f"A refund of {readable(page.refunds_under_way)} is on its way"
    if doubtful:
        return f"{on_its_way}, and its outcome is not known yet: do not refund it again."
    return f"{on_its_way} to the customer."


def _when(moment) -> str:  # type: ignore[no-untyped-def]
    return date_format(timezone.localtime(moment), "j M, H:i")
