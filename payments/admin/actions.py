"""What agents do with a payment or a refund: each is a form that a POST sends to one operation."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from foundation.backoffice.display import readable
from foundation.backoffice.forms import ActionForm, MajorUnitsField, ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.money import Money
from payments.admin.limits import refund_limit, remaining_limit
from payments.errors import FormUsedAlready
from payments.models import IntentStatus, PaymentAttempt, PaymentIntent, Refund, RefundReason, RefundStatus
from payments.operations.ask_psp import ask_psp
from payments.operations.cancel_refund import cancel_refund
from payments.operations.request_cancel import request_cancel
from payments.operations.request_capture import request_capture
from payments.operations.request_refund import request_refund
from payments.queries.payment_intents import available_to_refund, find_undecided_capture, list_funds_holds

DISPUTED = "A dispute holds what is left of it: a refund would give the money a second time."
UNRESOLVED = "An earlier operation has no known outcome yet."
CANCELABLE = (
    IntentStatus.REQUIRES_PAYMENT_METHOD,
    IntentStatus.REQUIRES_CONFIRMATION,
    IntentStatus.REQUIRES_ACTION,
    IntentStatus.REQUIRES_CAPTURE,
)


class RefundForm(ActionForm):
    def __init__(self, *args: Any, available: Money, limit: Money | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        alone = available if limit is None or available < limit else limit
        words = f"Up to {readable(available)}."
        if alone < available:
            words += f" Above {readable(alone)} another person has to approve it."
        self.fields["amount"] = MajorUnitsField(
            currency=available.currency,
            label=f"Amount in {available.currency.upper()}",
            initial=available if alone.is_zero else alone,
            help_text=words,
        )
        self.order_fields(["amount", "reason", "note"])

    reason = forms.ChoiceField(
        choices=[("", "Choose a reason"), *RefundReason.choices], widget=UnfoldAdminSelectWidget
    )
    note = forms.CharField(
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="For colleagues. The customer and the PSP do not see it.",
    )


class RefundPayment(ActionView):
    verb = "refund"
    label = "Refund"
    permission = "payments.refund_payment"
    form_class = RefundForm
    template_name = "admin/payments/paymentintent/refund.html"

    @classmethod
    def applies(cls, intent: PaymentIntent) -> bool:
        return intent.latest_attempt is not None and intent.latest_attempt.amount_captured_minor > 0

    @classmethod
    def refusal(cls, intent: PaymentIntent) -> str:
        attempt = intent.latest_attempt
        if attempt is None or attempt.amount_captured_minor == 0:
            return "Nothing has been captured."
        if attempt.is_undecided or _is_capture_undecided(intent, attempt):
            return UNRESOLVED
        if _available(intent).is_zero and not _held(intent).is_zero:
            return DISPUTED
        if _available(intent).is_zero:
            return "Refunded in full, or all of it is on its way back."
        return ""

    def form_arguments(self, intent: PaymentIntent) -> dict[str, Any]:
        return {
            "available": _available(intent),
            "limit": remaining_limit(self.request.user, intent),
        }

    def page_context(self, intent: PaymentIntent) -> dict[str, Any]:
        attempt = intent.latest_attempt
        captured = attempt.amount_captured_minor if attempt else 0
        refunded = attempt.amount_refunded_minor if attempt else 0
        limit = refund_limit(self.request.user, intent.currency)
        return {
            "paid": readable(Money(captured, intent.currency)),
            "refunded": readable(Money(refunded, intent.currency)),
            "held": "" if _held(intent).is_zero else readable(_held(intent)),
            "available": readable(_available(intent)),
            "limit": readable(limit) if limit is not None else "",
        }

    def reason_of(self, answers: dict[str, Any]) -> str:
        reason = RefundReason(answers["reason"]).label
        return f"{reason}: {answers['note']}" if answers["note"] else str(reason)

    def perform(self, intent: PaymentIntent, answers: dict[str, Any]) -> str:
        refund = request_refund(
            merchant_id=intent.merchant_id,
            payment_intent_id=intent.id,
            refund_id=answers["form_key"],
            amount=answers["amount"],
            reason=answers["reason"],
            note=answers["note"],
            own_limit=refund_limit(self.request.user, intent.currency),
        )
        if refund.payment_intent_id != intent.id or refund.amount != answers["amount"]:
            raise FormUsedAlready()
        if refund.status == RefundStatus.REQUIRES_APPROVAL:
            return f"The refund of {readable(refund.amount)} waits for another person's approval."
        return f"The refund of {readable(refund.amount)} is on its way."


class CaptureForm(ReasonedForm):
    def __init__(self, *args: Any, capturable: Money, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MajorUnitsField(
            currency=capturable.currency,
            label=f"Amount in {capturable.currency.upper()}",
            initial=capturable,
            help_text=f"Up to {readable(capturable)}.",
        )
        self.order_fields(["amount", "is_final", "reason"])

    is_final = forms.BooleanField(
        required=False,
        initial=True,
        label="Release the rest",
        widget=UnfoldBooleanSwitchWidget,
        help_text="What is not captured now goes back to the customer's card limit.",
    )


class CapturePayment(ActionView):
    verb = "capture"
    label = "Capture"
    permission = "payments.capture_payment"
    form_class = CaptureForm

    @classmethod
    def applies(cls, intent: PaymentIntent) -> bool:
        return intent.status == IntentStatus.REQUIRES_CAPTURE

    @classmethod
    def refusal(cls, intent: PaymentIntent) -> str:
        attempt = intent.latest_attempt
        if intent.status != IntentStatus.REQUIRES_CAPTURE or attempt is None:
            return "Nothing is reserved that could be captured."
        if attempt.void_requested_at is not None or _is_capture_undecided(intent, attempt):
            return UNRESOLVED
        return ""

    def form_arguments(self, intent: PaymentIntent) -> dict[str, Any]:
        attempt = intent.latest_attempt
        left = attempt.amount_minor - attempt.amount_captured_minor if attempt else 0
        return {"capturable": Money(left, intent.currency)}

    def perform(self, intent: PaymentIntent, answers: dict[str, Any]) -> str:
        capture = request_capture(
            merchant_id=intent.merchant_id,
            payment_intent_id=intent.id,
            capture_id=answers["form_key"],
            amount=answers["amount"],
            is_final=answers["is_final"],
            in_background=True,
        )
        if capture.attempt_id != intent.latest_attempt_id or capture.amount != answers["amount"]:
            raise FormUsedAlready()
        return f"Capturing {readable(capture.amount)} is on its way."


class CancelForm(ReasonedForm):
    why = forms.ChoiceField(
        label="Why",
        choices=[
            ("requested_by_customer", "The customer asked for it"),
            ("duplicate", "Ordered twice"),
            ("fraudulent", "Fraud"),
            ("abandoned", "Abandoned"),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("why", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "In your own words"


class CancelPayment(ActionView):
    verb = "cancel"
    label = "Cancel payment"
    tone = "danger"
    permission = "payments.cancel_payment"
    form_class = CancelForm

    @classmethod
    def applies(cls, intent: PaymentIntent) -> bool:
        return intent.status in CANCELABLE

    @classmethod
    def refusal(cls, intent: PaymentIntent) -> str:
        if intent.status not in CANCELABLE:
            return f"A payment that is {intent.get_status_display().lower()} cannot be canceled."
        attempt = intent.latest_attempt
        if attempt is not None and attempt.void_requested_at is not None and attempt.is_live:
            return "Canceling has been asked for already."
        return ""

    def explanation(self, intent: PaymentIntent) -> str:
        if intent.status == IntentStatus.REQUIRES_CAPTURE:
            return "The reservation on the customer's card is released. This cannot be undone."
        return "The payment ends; the customer can no longer complete it. This cannot be undone."

    def perform(self, intent: PaymentIntent, answers: dict[str, Any]) -> str:
        canceled = request_cancel(
            merchant_id=intent.merchant_id,
            payment_intent_id=intent.id,
            reason=answers["why"],
            in_background=True,
        )
        if canceled.status == IntentStatus.CANCELED:
            return "The payment is canceled."
        return "Canceling is on its way to the PSP."


class AskPspAboutPayment(ActionView):
    verb = "ask_psp"
    label = "Ask the PSP"
    tone = "plain"
    permission = "payments.ask_psp"

    @classmethod
    def applies(cls, intent: PaymentIntent) -> bool:
        attempt = intent.latest_attempt
        return attempt is not None and (
            attempt.next_check_at is not None or _has_doubtful_movement(intent, attempt)
        )

    def explanation(self, intent: PaymentIntent) -> str:
        return (
            "We ask the PSP by our own key what became of everything that is in doubt. Nothing is sent again."
        )

    def perform(self, intent: PaymentIntent, answers: dict[str, Any]) -> str:
        looks = ask_psp(
            merchant_id=intent.merchant_id, payment_intent_id=intent.id, asked=answers["form_key"]
        )
        return "The PSP is being asked; reload in a moment." if looks else "Nothing is in doubt any more."


# The payment's page has read all of this already (read_page, set by PaymentIntentAdmin); an action alone
# asks.


def _available(intent: PaymentIntent) -> Money:
    page = vars(intent).get("read_page")
    if page is not None:
        return page.available_to_refund
    attempt = intent.latest_attempt
    return Money.zero(intent.currency) if attempt is None else available_to_refund(attempt)


def _held(intent: PaymentIntent) -> Money:
    page = vars(intent).get("read_page")
    if page is not None:
        return page.held
    attempt = intent.latest_attempt
    holds = list_funds_holds(attempt) if attempt is not None else []
    return sum((hold.amount for hold in holds), Money.zero(intent.currency))


def _is_capture_undecided(intent: PaymentIntent, attempt: PaymentAttempt) -> bool:
    page = vars(intent).get("read_page")
    if page is not None:
        return any(capture.is_undecided for capture in page.captures if capture.attempt_id == attempt.id)
    return find_undecided_capture(attempt) is not None


def _has_doubtful_movement(intent: PaymentIntent, attempt: PaymentAttempt) -> bool:
    page = vars(intent).get("read_page")
    refunds = page.refunds if page is not None else intent.refunds.all()
    # A refund that is only about to be sent waits for its job, not for the PSP.
    doubtful = (r for r in refunds if r.next_check_at is not None and r.status != RefundStatus.CREATED)
    return any(doubtful) or _is_capture_undecided(intent, attempt)


class WithdrawRefund(ActionView):
    verb = "withdraw"
    label = "Withdraw refund"
    tone = "danger"
    permission = "payments.refund_payment"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, refund: Refund) -> bool:
        return (
            refund.status in (RefundStatus.REQUIRES_APPROVAL, RefundStatus.CREATED) and not refund.submissions
        )

    def explanation(self, refund: Refund) -> str:
        return "The PSP has not heard of this refund yet. Withdrawing it moves no money."

    def perform(self, refund: Refund, answers: dict[str, Any]) -> str:
        cancel_refund(merchant_id=refund.merchant_id, refund_id=refund.id)
        return "The refund is withdrawn."


class AskPspAboutRefund(ActionView):
    verb = "ask_psp"
    label = "Ask the PSP"
    tone = "plain"
    permission = "payments.ask_psp"

    @classmethod
    def applies(cls, refund: Refund) -> bool:
        return refund.next_check_at is not None and refund.status != RefundStatus.CREATED

    def explanation(self, refund: Refund) -> str:
        return "We ask the PSP by our own key what became of this refund. Nothing is sent again."

    def perform(self, refund: Refund, answers: dict[str, Any]) -> str:
        looks = ask_psp(
            merchant_id=refund.merchant_id,
            payment_intent_id=refund.payment_intent_id,
            asked=answers["form_key"],
        )
        return "The PSP is being asked; reload in a moment." if looks else "Nothing is in doubt any more."
