"""What people do with a subscription beside changing its plan: each is a form that a POST sends to one operation."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from foundation import clock
from foundation.backoffice.display import readable
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.errors import ResourceMissing
from foundation.ids import PublicIdInvalid, decode_id
from subscriptions.errors import PeriodDatesOutOfOrder
from subscriptions.models import (
    LIVE_STATES,
    RENEWING_STATES,
    Coupon,
    PauseBehavior,
    PaymentReason,
    Subscription,
    SubscriptionStatus,
)
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.collect_invoice import PAYABLE, collect_invoice
from subscriptions.operations.move_trial_end import move_trial_end
from subscriptions.operations.resume_subscription import resume_subscription
from subscriptions.operations.update_subscription import Pause, SubscriptionChange, update_subscription
from subscriptions.queries.catalogue import list_coupons, list_promotion_codes
from subscriptions.queries.unused import read_unused
from subscriptions.steps.redeem import Redemption

S = SubscriptionStatus
ENDED = "The subscription has ended."
FEEDBACK = [
    ("", "Not said"),
    ("too_expensive", "Too expensive"),
    ("missing_features", "Something is missing"),
    ("switched_service", "Goes to somebody else"),
    ("unused", "Does not use it"),
    ("customer_service", "Our service"),
    ("too_complex", "Too complicated"),
    ("low_quality", "Quality"),
    ("other", "Something else"),
]


class FutureDayField(forms.DateField):
    """A day to come, from the browser's own calendar; cleaned to its beginning in the person's zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), **kwargs)

    def clean(self, value: Any) -> datetime | None:
        day: date | None = super().clean(value)
        if day is None:
            return None
        at = timezone.make_aware(datetime.combine(day, time.min))
        if at <= clock.now():
            raise forms.ValidationError("Choose a day to come.")
        return at


class CancelForm(ReasonedForm):
    when = forms.ChoiceField(
        choices=[
            ("period_end", "At the end of what is paid for"),
            ("now_with_credit", "Now, and the unused time goes to the customer's balance"),
            ("now", "Now, and nothing is given back"),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    feedback = forms.ChoiceField(
        label="What the customer says", required=False, choices=FEEDBACK, widget=UnfoldAdminSelectWidget
    )
    field_order = ("when", "feedback", "reason")


class CancelSubscription(ActionView):
    verb = "cancel"
    label = "Cancel"
    tone = "danger"
    permission = "subscriptions.change_billing"
    form_class = CancelForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.status in LIVE_STATES

    @classmethod
    def refusal(cls, subscription: Subscription) -> str:
        if subscription.status == S.INCOMPLETE:
            return "Its first payment is awaited; unpaid, it ends by itself."
        return "" if subscription.is_live else ENDED

    def explanation(self, subscription: Subscription) -> str:
        unused = read_unused(subscription)
        end = timezone.localtime(subscription.current_period_end_at)
        back = f" Unused until then, and paid for: {readable(unused)} before tax."
        return f"What is paid for lasts until {end:%-d %b %Y, %H:%M}.{'' if unused.is_zero else back}"

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        if answers["when"] == "period_end":
            update_subscription(
                merchant_id=subscription.merchant_id,
                subscription_id=subscription.id,
                change=SubscriptionChange(cancel_at_period_end=True),
                cancellation_comment=answers["reason"],
                cancellation_feedback=answers["feedback"],
            )
            return "It ends with the period; nothing more is billed after it."
        cancel_subscription(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            is_prorated=answers["when"] == "now_with_credit",
            comment=answers["reason"],
            feedback=answers["feedback"],
        )
        return "The subscription has ended."


class KeepSubscription(ActionView):
    verb = "keep"
    label = "Do not cancel"
    permission = "subscriptions.change_billing"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.is_live and bool(subscription.cancel_at or subscription.cancel_at_period_end)

    def explanation(self, subscription: Subscription) -> str:
        return "The planned end is taken back, and it renews as before."

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        update_subscription(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            change=SubscriptionChange(cancel_at_period_end=False, clears=frozenset({"cancel_at"})),
        )
        return "It goes on."


class PauseForm(ReasonedForm):
    behavior = forms.ChoiceField(
        label="New invoices",
        choices=[
            (PauseBehavior.VOID, "are voided: the customer owes nothing for this time"),
            (PauseBehavior.KEEP_AS_DRAFT, "stay drafts: somebody decides later"),
            (PauseBehavior.MARK_UNCOLLECTIBLE, "are marked uncollectible"),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    resumes_on = FutureDayField(
        label="Collect again from", required=False, help_text="Empty: until somebody resumes it."
    )
    field_order = ("behavior", "resumes_on", "reason")


class PauseCollection(ActionView):
    verb = "pause"
    label = "Pause collection"
    tone = "plain"
    permission = "subscriptions.change_billing"
    form_class = PauseForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.status in RENEWING_STATES and not subscription.pause_behavior

    def explanation(self, subscription: Subscription) -> str:
        return "The customer keeps the service and is not charged for new invoices. The status stays."

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        pause = Pause(PauseBehavior(answers["behavior"]), answers["resumes_on"])
        update_subscription(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            change=SubscriptionChange(pause=pause),
        )
        return "Collection is paused."


class ResumeCollection(ActionView):
    verb = "resume_collection"
    label = "Collect again"
    permission = "subscriptions.change_billing"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.is_live and bool(subscription.pause_behavior)

    def explanation(self, subscription: Subscription) -> str:
        return "New invoices are collected again. What was kept as a draft stays one until somebody finalizes it."

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        update_subscription(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            change=SubscriptionChange(clears=frozenset({"pause"})),
        )
        return "Collection goes on."


class ResumeForm(ReasonedForm):
    keeps_anchor = forms.BooleanField(
        required=False,
        label="Keep the billing day",
        widget=UnfoldBooleanSwitchWidget,
        help_text="On: the rest of the running period is billed. Off: a new period begins now.",
    )
    field_order = ("keeps_anchor", "reason")


class ResumeSubscription(ActionView):
    verb = "resume"
    label = "Resume"
    permission = "subscriptions.change_billing"
    form_class = ResumeForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.status == S.PAUSED

    @classmethod
    def refusal(cls, subscription: Subscription) -> str:
        if subscription.incomplete_expires_at is not None:
            return "It is being resumed: its invoice waits to be paid."
        return ""

    def explanation(self, subscription: Subscription) -> str:
        return "An invoice is made and charged. When it is paid, the subscription is active again."

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        resume_subscription(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            keeps_anchor=answers["keeps_anchor"],
            in_background=True,
        )
        return "Its invoice is being charged; reload in a moment."


class TrialForm(ReasonedForm):
    until = FutureDayField(label="Free until the beginning of")
    field_order = ("until", "reason")


class ExtendTrial(ActionView):
    verb = "extend_trial"
    label = "Extend trial"
    tone = "plain"
    permission = "subscriptions.change_billing"
    form_class = TrialForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.status == S.TRIALING

    def explanation(self, subscription: Subscription) -> str:
        return "The first charge, and with it every later billing day, moves to the new end."

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        if subscription.trial_end_at is None or answers["until"] <= subscription.trial_end_at:
            raise PeriodDatesOutOfOrder("The trial is that long already.", param="until")
        move_trial_end(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            trial_end_at=answers["until"],
        )
        return "The trial is longer now."


class CouponForm(ReasonedForm):
    code = forms.CharField(
        label="Coupon or promotion code",
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    field_order = ("code", "reason")


class ApplyCoupon(ActionView):
    verb = "coupon"
    label = "Apply coupon"
    tone = "plain"
    permission = "subscriptions.change_billing"
    form_class = CouponForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        return subscription.is_live

    def explanation(self, subscription: Subscription) -> str:
        return (
            "It counts from the next invoice on; what is billed already stays. It takes the place of the discounts"
            " that the whole subscription has now."
        )

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        update_subscription(
            merchant_id=subscription.merchant_id,
            subscription_id=subscription.id,
            change=SubscriptionChange(discounts=(_redemption(subscription, answers["code"].strip()),)),
        )
        return "The discount counts from the next invoice on."


def _redemption(subscription: Subscription, word: str) -> Redemption:
    """Raises ResourceMissing."""
    merchant_id = subscription.merchant_id
    codes = list_promotion_codes(merchant_id=merchant_id)
    code = codes.filter(code=word.upper(), is_active=True).first()
    if code is not None:
        return Redemption(promotion_code_id=code.id)
    coupons = list_coupons(merchant_id=merchant_id)
    coupon_id = _coupon_id(word)
    coupon = coupons.filter(custom_id=word).first()
    if coupon is None and coupon_id is not None:
        coupon = coupons.filter(pk=coupon_id).first()
    if coupon is None:
        raise ResourceMissing("No such coupon or promotion code.", param="code")
    return Redemption(coupon_id=coupon.id)


def _coupon_id(word: str) -> UUID | None:
    try:
        return decode_id(Coupon.public_prefix, word)
    except PublicIdInvalid:
        return None


class RetryNow(ActionView):
    verb = "retry"
    label = "Charge now"
    permission = "subscriptions.change_billing"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, subscription: Subscription) -> bool:
        invoice = subscription.latest_invoice
        return invoice is not None and invoice.status in PAYABLE

    @classmethod
    def refusal(cls, subscription: Subscription) -> str:
        invoice = subscription.latest_invoice
        if invoice is None or invoice.status not in PAYABLE or invoice.amount_remaining.is_zero:
            return "Nothing of its latest invoice remains to be paid."
        return ""

    def explanation(self, subscription: Subscription) -> str:
        invoice = subscription.latest_invoice
        owed = readable(invoice.amount_remaining) if invoice else ""
        return (
            f"{owed} of the latest invoice is charged now. It is a try of yours: the schedule keeps its own."
        )

    def perform(self, subscription: Subscription, answers: dict[str, Any]) -> str:
        assert subscription.latest_invoice_id is not None, "the operation was refused without one"
        collect_invoice(
            merchant_id=subscription.merchant_id,
            invoice_id=subscription.latest_invoice_id,
            reason=PaymentReason.MANUAL,
        )
        return "The charge is on its way; reload in a moment."
