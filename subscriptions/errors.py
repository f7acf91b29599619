"""The refusals of subscriptions: facts with stable codes. Stripe's codes where Stripe has one."""

from __future__ import annotations

from foundation.errors import DomainError


class PeriodDatesOutOfOrder(DomainError):
    code = "period_dates_out_of_order"
    message = "The dates are not in order: a period ends after it starts."


class TooManyPeriods(DomainError):
    code = "too_many_periods"
    message = "At most 250 billing periods can be billed at once."


class BillingDayImpossible(DomainError):
    code = "billing_day_impossible"
    message = "No billing month has this day."


class CreditNoteSplitDiffers(DomainError):
    code = "credit_note_split_differs"
    message = (
        "What is left of a credit note equals its refund, its credit to the balance and what is out of band."
    )


class CreditNoteExceedsLine(DomainError):
    code = "credit_note_exceeds_line"
    message = "The credit notes of a line can not exceed the line."


class CreditNoteExceedsInvoice(DomainError):
    code = "credit_note_exceeds_invoice"
    message = "The credit notes of an invoice can not exceed it, nor its refunds what was charged."


class CreditNoteNotVoidable(DomainError):
    code = "credit_note_not_voidable"
    message = "Only a note that has lowered what remains of an open invoice, and nothing else, can be voided."


class PriceNotRecurring(DomainError):
    code = "price_not_recurring"
    message = "A subscription is made of recurring prices; this one is paid once."


class PriceInactive(DomainError):
    code = "price_inactive"
    message = "The price is archived: nothing new is sold at it."


class PriceInvalid(DomainError):
    code = "price_invalid"
    message = "The price's terms contradict each other."


class LookupKeyTaken(DomainError):
    code = "price_lookup_key_taken"
    message = "Another price has this lookup key. Give transfer_lookup_key to take it over."


class SubscriptionItemsDiffer(DomainError):
    code = "subscription_items_differ"
    message = "All items of a subscription have one currency and one interval."


class SubscriptionItemsMissing(DomainError):
    code = "subscription_items_missing"
    message = "A subscription has at least one item, and at most 20."


class QuantityNotAllowed(DomainError):
    code = "quantity_not_allowed"
    message = "A metered price has no quantity: what was used is counted by its meter."


class CouponNotRedeemable(DomainError):
    code = "coupon_not_redeemable"
    message = "The coupon or promotion code can not be redeemed here, any more or yet."


class CouponIdTaken(DomainError):
    code = "coupon_id_taken"
    message = "Another coupon has this id."


class PromotionCodeTaken(DomainError):
    code = "promotion_code_taken"
    message = "Another active promotion code is this word."


class MeterEventNameTaken(DomainError):
    code = "meter_event_name_taken"
    message = "Another active meter counts events of this name."


class SubscriptionUnexpectedState(DomainError):
    code = "subscription_unexpected_state"
    message = "The subscription is not in a state that allows this."


class SubscriptionPaymentFailed(DomainError):
    """Of error_if_incomplete: the first payment failed, and no subscription came of it."""

    code = "subscription_payment_failed"
    http_status = 402
    error_type = "card_error"
    message = "The first payment of the subscription failed. It was not created."


class SubscriptionChangePaymentFailed(DomainError):
    """Of error_if_incomplete: what the change came to was declined, and the change was not made."""

    code = "subscription_change_payment_failed"
    http_status = 402
    error_type = "card_error"
    message = "The payment of the change failed. The subscription is as it was."


class InvoiceUnexpectedState(DomainError):
    code = "invoice_unexpected_state"
    message = "The invoice is not in a state that allows this."


class InvoiceNothingToPay(DomainError):
    code = "invoice_nothing_to_pay"
    message = "Nothing of this invoice remains to be paid."


class InvoicePaymentExceedsRemaining(DomainError):
    code = "invoice_payment_exceeds_remaining"
    message = "More than what remains of an invoice can not be paid."


class TaxNotKnown(DomainError):
    """The tax service does not answer, and the policy has nothing to stand in for it."""

    code = "tax_not_known"
    http_status = 503
    error_type = "api_error"
    message = "The tax can not be worked out now: the tax service does not answer. Try again later."


class VatIdInvalid(DomainError):
    code = "tax_id_invalid"
    message = "This is no VAT id: its country's form or its check digits say otherwise."


class InvoicePaymentUnresolved(DomainError):
    """An earlier try may still have charged: it is asked for, never tried again beside it."""

    code = "invoice_payment_unresolved"
    http_status = 409
    message = "An earlier payment of this invoice has no known outcome yet. Wait until it is resolved."


class InvoicePaymentFailed(DomainError):
    """Of a try that somebody asked for and waits for."""

    code = "invoice_payment_failed"
    http_status = 402
    error_type = "card_error"
    message = "The invoice could not be paid. What was tried is on record."


class InvoiceUpcomingNone(DomainError):
    code = "invoice_upcoming_none"
    message = "No invoice is to come for this subscription."


class DaysUntilDueMissing(DomainError):
    code = "days_until_due_missing"
    message = "An invoice that is sent needs days_until_due; one that is charged has none."


class PreviewStale(DomainError):
    """The subscription, its prices or its discounts have changed since: look at the new figures first."""

    code = "preview_stale"
    http_status = 409
    message = "What was previewed has changed since. Preview it again."


class PreviewTokenInvalid(DomainError):
    code = "preview_token_invalid"
    message = "This is no token of a preview of this change."


class ImportPeriodDiffers(DomainError):
    code = "import_period_differs"
    message = "The current period is not one that the price and the anchor day make."


class ProrationDateOutside(DomainError):
    code = "proration_date_outside_period"
    message = "The proration date lies outside the current period."


class PriceNotOneTime(DomainError):
    code = "price_not_one_time"
    message = "An invoice item is of a one-time price; this one is recurring."


class InvoiceItemOffDraft(DomainError):
    code = "invoice_item_not_editable"
    message = "An item can come, change or go while it waits, or is on a draft that was made by hand for its customer."


class ScheduleUnexpectedState(DomainError):
    code = "schedule_unexpected_state"
    message = "The schedule is not in a state that allows this."


class ScheduleExists(DomainError):
    code = "schedule_exists"
    message = "The subscription has an open schedule already. Change it, or release it first."


class SchedulePhasesInvalid(DomainError):
    code = "schedule_phases_invalid"
    message = "Phases follow each other without gaps; one that has begun does not change any more."


class TestClockUnexpectedState(DomainError):
    # Not a test of ours, whatever pytest makes of the name.
    __test__ = False
    code = "test_clock_unexpected_state"
    message = "The test clock is not in a state that allows this."


class TestClockTargetInvalid(DomainError):
    __test__ = False
    code = "test_clock_target_invalid"
    message = "A test clock goes forward only, and at most two intervals of its longest subscription at once."


class TestClockInLivemode(DomainError):
    __test__ = False
    code = "test_clock_in_livemode"
    message = "Test clocks are for sandbox merchants."


class CustomerOnTestClock(DomainError):
    code = "customer_on_test_clock"
    message = (
        "The customer is on a clock already, or has subscriptions: a clock is given with a new customer."
    )


class DunningPolicyInvalid(DomainError):
    code = "dunning_policy_invalid"
    message = "The days begin with 0 and rise: at most 12 tries within 120 days."


class DunningPolicyNameTaken(DomainError):
    code = "dunning_policy_name_taken"
    message = "Another dunning policy has this name."
