"""Disputes in plain words: claims, deadlines, fields of evidence, and what fighting is worth, as people say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from disputes.compelling_evidence import NOT_QUALIFIED, QUALIFIED, REQUIRES_ACTION
from disputes.evidence_fields import PACK_FIELD
from disputes.models import ClosedBy, Dispute, DisputeStatus
from disputes.queries.dispute_page import Worth
from disputes.queries.packing import Pack, PackFate
from disputes.reason_codes import Gap
from foundation.backoffice.display import NOTHING, badge, link, readable
from foundation.money import HALF_EVEN, Money, round_fraction

S = DisputeStatus
STATUS_TONES: dict[str, str] = {
    S.WARNING_NEEDS_RESPONSE: "warn",
    S.WARNING_UNDER_REVIEW: "wait",
    S.WARNING_CLOSED: "calm",
    S.NEEDS_RESPONSE: "warn",
    S.UNDER_REVIEW: "wait",
    S.WON: "good",
    S.LOST: "bad",
    S.PREVENTED: "calm",
}
NETWORKS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}
REASONS = {
    "fraudulent": "Fraud",
    "product_not_received": "Not received",
    "product_unacceptable": "Not as described",
    "subscription_canceled": "Had canceled",
    "credit_not_processed": "Refund not given",
    "duplicate": "Paid twice",
    "unrecognized": "Not recognized",
    "general": "Other",
}
PACK_WORDS = {
    PackFate.SENT: "The pack goes to the bank with the texts and files, exactly as it is here.",
    PackFate.OWN_FILE: "The pack stays here: a file of yours has its place (“{place}”). Remove it to send the pack.",
    PackFate.NO_ROOM: "The pack stays here: its {pages} and {size} are more than the network takes beside your files.",
}
FIELD_WORDS = {
    "access_activity_log": "Logins and use of the service",
    "billing_address": "Billing address",
    "cancellation_policy": "Cancellation policy, as a file",
    "cancellation_policy_disclosure": "Where the cancellation policy was shown",
    "cancellation_rebuttal": "Why the subscription was not canceled",
    "customer_communication": "Messages with the customer",
    "customer_email_address": "Customer's e-mail",
    "customer_name": "Customer's name",
    "customer_purchase_ip": "IP address of the purchase",
    "customer_signature": "Customer's signature",
    "duplicate_charge_documentation": "Papers of the other charge",
    "duplicate_charge_explanation": "Why the two charges are different",
    "duplicate_charge_id": "The other charge",
    "product_description": "What was sold",
    "receipt": "Receipt",
    "refund_policy": "Refund policy, as a file",
    "refund_policy_disclosure": "Where the refund policy was shown",
    "refund_refusal_explanation": "Why no refund is due",
    "service_date": "Date of the service",
    "service_documentation": "Proof that the service was given",
    "shipping_address": "Shipping address",
    "shipping_carrier": "Carrier",
    "shipping_date": "Date of shipping",
    "shipping_documentation": "Proof of shipping",
    "shipping_tracking_number": "Tracking number",
    "uncategorized_file": "Anything else, as a file",
    "uncategorized_text": "Anything else",
}
STANDING_WORDS = {
    QUALIFIED: ("Qualified", "good"),
    REQUIRES_ACTION: ("Could qualify", "warn"),
    NOT_QUALIFIED: ("Not qualified", "calm"),
}
MISSING_WORDS = {
    "missing_customer_identifiers": (
        "The IP address or device of this purchase, and one more fact of the customer. The IP address can be entered "
        "in the evidence."
    ),
    "missing_prior_undisputed_transaction_description": "A description of what was sold in the earlier charges.",
}
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def status_badge(dispute: Dispute) -> SafeString:
    return badge(status_words(dispute), STATUS_TONES[dispute.status])


def status_words(dispute: Dispute) -> str:
    if dispute.status == S.LOST and dispute.closed_by in (ClosedBy.ACCEPTED, ClosedBy.EXPIRED):
        return "Lost: accepted" if dispute.closed_by == ClosedBy.ACCEPTED else "Lost: not answered"
    return str(S(dispute.status).label)


def network_words(dispute: Dispute) -> str:
    """ "Visa 10.4"; nothing where nobody said."""
    name = NETWORKS.get(dispute.network, dispute.network.capitalize())
    return f"{name} {dispute.network_reason_code}".strip() or NOTHING


def reason_words(reason: str) -> str:
    return REASONS.get(reason, reason.replace("_", " ").capitalize())


def field_words(field: str) -> str:
    return FIELD_WORDS[field]


def gap_words(gap: Gap) -> str:
    """ "Tracking number, proof of shipping or receipt"."""
    first, *rest = (field_words(field) for field in gap.alternatives)
    # "IP address" keeps its capitals.
    others = [words if words[1:2].isupper() else words[:1].lower() + words[1:] for words in rest]
    return " or ".join([", ".join([first, *others[:-1]]), *others[-1:]])


def size_words(size: int) -> str:
    """ "4.50 MB", by thousands as the networks count."""
    if size < 1_000_000:
        return f"{-(-size // 1_000)} kB"
    return f"{size // 1_000_000}.{size % 1_000_000 // 10_000:02} MB"


def pack_words(pack: Pack) -> str:
    """What becomes of it when the evidence is submitted."""
    return PACK_WORDS[pack.fate].format(
        place=field_words(PACK_FIELD), pages=page_words(pack.page_count), size=size_words(len(pack.content))
    )


def page_words(pages: int) -> str:
    return f"{pages} page{'' if pages == 1 else 's'}"


def time_left(until: datetime, now: datetime) -> str:
    """ "2 days 4 h left", in the two units that matter; "past by 3 h" afterwards."""
    left = until - now
    span = _span(abs(left))
    return f"{span} left" if left > timedelta(0) else f"past by {span}"


def deadline_badge(dispute: Dispute, now: datetime) -> SafeString | str:
    """What is left to answer; nothing where no answer is due."""
    if not dispute.is_answerable or dispute.evidence_due_at is None:
        return NOTHING
    left = dispute.evidence_due_at - now
    tone = "bad" if left < DAY else "warn" if left < 3 * DAY else "calm"
    return badge(time_left(dispute.evidence_due_at, now), tone)


def both_zones(moment: datetime) -> SafeString:
    """An instant in the person's zone with UTC beside it, for what must not be missed."""
    there = timezone.localtime(moment)
    local = date_format(there, "D j M Y, H:i")
    utc = moment.astimezone(UTC).strftime("%H:%M UTC")
    return format_html('<time datetime="{}">{} ({})</time>', moment.isoformat(), local, utc)


def share_words(probability: Fraction) -> str:
    """A chance as whole per cent."""
    return f"{round_fraction(probability * 100, HALF_EVEN)} %"


def odds_words(worth: Worth) -> str:
    """Where the chance of winning comes from."""
    won, fought = worth.odds.won, worth.odds.fought
    if not fought:
        return "No dispute with this code was decided yet after we answered, so we count with 1 in 3."
    return (
        f"Of {fought} dispute{'s' if fought > 1 else ''} with this code that we answered, {won} "
        f"{'was' if won == 1 else 'were'} won. Three more count as 1 in 3, so that a short history does not decide "
        "alone."
    )


def formula_words(worth: Worth) -> str:
    """ "33 % × 10.00 USD − 67 % × 15.00 USD"."""
    probability = worth.odds.probability
    formula = f"{share_words(probability)} × {readable(worth.amount)}"
    if worth.counter_fee.is_zero:
        return formula
    return f"{formula} − {share_words(1 - probability)} × {readable(worth.counter_fee)} counter fee"


def position_words(taken: dict[str, Money]) -> str:
    """ "The PSP has 10.00 USD of ours." """
    parts = [
        f"The PSP has {readable(money)} of ours"
        if not money.is_negative
        else f"The PSP has given back {readable(-money)} more than it took"
        for money in taken.values()
    ]
    return "; ".join(parts) + "." if parts else ""


def dispute_link(dispute: Dispute) -> SafeString:
    return link(dispute.public_id, reverse("admin:disputes_dispute_change", args=[dispute.pk]))


def _span(span: timedelta) -> str:
    if span >= DAY:
        days, hours = span.days, (span % DAY) // HOUR
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours and days < 10 else "")
    hours, minutes = span // HOUR, (span % HOUR) // timedelta(minutes=1)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
