"""The refusals of payments: facts with stable codes. Stripe's codes where Stripe has one."""

from __future__ import annotations

from foundation.errors import DomainError


class CardDeclined(DomainError):
    """Raised by the API only, to answer 402 with the intent inside; the decline itself is recorded."""

    code = "card_declined"
    http_status = 402
    error_type = "card_error"
    message = "The card was declined."


class ExpiredCard(CardDeclined):
    code = "expired_card"
    message = "The card has expired."


class IncorrectCvc(CardDeclined):
    code = "incorrect_cvc"
    message = "The security code is wrong."


class IncorrectNumber(CardDeclined):
    code = "incorrect_number"
    message = "The card number is wrong."


class ProcessingError(CardDeclined):
    code = "processing_error"
    message = "The PSP made an error. Try again later."


class AuthenticationRequired(CardDeclined):
    code = "authentication_required"
    message = "The issuer wants the customer to authenticate."


DECLINES: dict[str, type[CardDeclined]] = {
    kind.code: kind
    for kind in (
        CardDeclined,
        ExpiredCard,
        IncorrectCvc,
        IncorrectNumber,
        ProcessingError,
        AuthenticationRequired,
    )
}
"""The PSP's code to the refusal that carries it; any other is a card_declined."""


class UnexpectedState(DomainError):
    code = "payment_intent_unexpected_state"
    message = "The payment is not in a state that allows this."


class SetupIntentUnexpectedState(DomainError):
    code = "setup_intent_unexpected_state"
    message = "The setup intent is not in a state that allows this."


class PaymentMethodMissing(DomainError):
    code = "payment_intent_payment_method_missing"
    message = "There is no payment method to confirm with. Give payment_method."


class PaymentMethodUnusable(DomainError):
    code = "payment_method_unusable"
    message = "The payment method can not be used here."


class PaymentMethodCustomerMismatch(DomainError):
    code = "payment_method_customer_mismatch"
    message = "The payment method belongs to another customer."


class PaymentMethodNotAttached(DomainError):
    code = "payment_method_not_attached"
    message = "The payment method is not attached to a customer."


class PaymentMethodAlreadyAttached(DomainError):
    code = "payment_method_already_attached"
    message = "The payment method is attached to another customer already."


class IbanInvalid(DomainError):
    code = "invalid_bank_account_iban"
    message = "This is no IBAN: its check digits do not fit."


class RoutingNumberInvalid(DomainError):
    code = "routing_number_invalid"
    message = "This is no routing number of a bank in the United States: it has nine digits, the last of which checks."


class AccountNumberInvalid(DomainError):
    code = "account_number_invalid"
    message = "An account number has 4 to 17 digits."


class PspTokenUnknown(DomainError):
    code = "psp_token_unknown"
    message = "The PSP does not know this token."


class PspNotConfigured(DomainError):
    code = "psp_not_configured"
    message = "No active PSP account of this merchant takes this currency."


class PspUnavailable(DomainError):
    code = "psp_unavailable"
    http_status = 503
    error_type = "api_error"
    message = "The PSP could not be reached. Nothing happened; try again in a moment."


class PspBaseUrlRefused(DomainError):
    code = "psp_base_url_refused"
    message = "A PSP account may only talk to the PSP's own hosts here."


class PspSettingsIncomplete(DomainError):
    code = "psp_settings_incomplete"
    message = "The PSP account lacks a setting that its PSP needs."


class PspUnsupported(DomainError):
    code = "psp_unsupported"
    message = "There is no connector for this PSP."


class CaptureExceedsAuthorized(DomainError):
    code = "amount_to_capture_exceeds_authorized"
    message = "The amount to capture is more than what is authorized and not yet captured."


class EarlierOperationUnresolved(DomainError):
    """Nothing else may move this payment while the outcome of an earlier call is not known."""

    code = "earlier_operation_unresolved"
    http_status = 409
    message = "An earlier operation on this payment has no known outcome yet. Wait until it is resolved."


class ChargeNotRefundable(DomainError):
    code = "charge_not_refundable"
    message = "There is nothing captured on this payment to refund."


class ChargeAlreadyRefunded(DomainError):
    code = "charge_already_refunded"
    message = "The payment has already been refunded in full."


class ChargeDisputed(DomainError):
    code = "charge_disputed"
    message = "The charge is disputed: what the dispute holds can not be refunded as well."


class RefundExceedsCaptured(DomainError):
    code = "refund_exceeds_captured"
    message = "The refund is more than what is captured and not yet refunded."


class RefundNotCancelable(DomainError):
    code = "refund_not_cancelable"
    message = "The refund has been sent to the PSP already."


class RefundCurrencyDiffers(DomainError):
    code = "refund_currency_differs"
    message = "A refund is made in the currency of its payment."


class RefundAboveLimit(DomainError):
    """Of the back office only: the API has no limit of amounts per key."""

    code = "refund_above_limit"
    http_status = 403
    message = "The refund is above what your role may refund."


class RefundApprovalDecided(DomainError):
    code = "refund_approval_decided"
    http_status = 409
    message = "The refund has been decided already, or has lapsed."


class RefundApprovalDiffers(DomainError):
    """What is to be approved is not what the approver was shown."""

    code = "refund_approval_differs"
    http_status = 409
    message = "The refund is not the one that was shown."


class RefundSecondPersonNeeded(DomainError):
    code = "refund_second_person_needed"
    http_status = 403
    message = "Another person has to do this."


class FormUsedAlready(DomainError):
    """The one-time key of a form belongs to something else by now."""

    code = "form_used_already"
    http_status = 409
    message = "This form has been used already. Open it again."


class CaseAlreadyResolved(DomainError):
    code = "case_already_resolved"
    http_status = 409
    message = "The case has been resolved meanwhile."


class CaseVerdictRefused(DomainError):
    code = "case_verdict_refused"
    message = "This verdict can not be given on this case."


class CaseResolutionPending(DomainError):
    code = "case_resolution_pending"
    http_status = 409
    message = "Somebody has asked for a resolution of this case already. Decide about that one first."


class CaseResolutionDecided(DomainError):
    code = "case_resolution_decided"
    http_status = 409
    message = "The resolution has been decided already, or has lapsed."


class CaseResolutionDiffers(DomainError):
    """What is to be approved is not what the approver was shown, or the id is taken by another request."""

    code = "case_resolution_differs"
    http_status = 409
    message = "The resolution is not the one that was shown."


class CaseSecondPersonNeeded(DomainError):
    code = "case_second_person_needed"
    http_status = 403
    message = "Another person has to do this."


class CaseNotRecordable(DomainError):
    code = "case_not_recordable"
    http_status = 409
    message = "This can not be recorded on the payment as it stands."


class IncrementNotAboveAuthorized(DomainError):
    code = "increment_not_above_authorized"
    message = "An increment names the amount authorized in all: more than before."


class RoutingRulesInvalid(DomainError):
    code = "routing_rules_invalid"
    message = "The routing rules can not be followed as they are written."


class RuleSetUnexpectedState(DomainError):
    code = "routing_rule_set_unexpected_state"
    message = "The rule set is not in a state that allows this."


class RuleSetDiffers(DomainError):
    """What is approved or activated is what was shown, or nothing."""

    code = "routing_rule_set_differs"
    http_status = 409
    message = "The rule set is not what you were shown any more. Read it again."


class RuleSetOvertaken(DomainError):
    """Two people activate two sets at once: the second one has not seen what they would put out of effect."""

    code = "routing_rule_set_overtaken"
    http_status = 409
    message = (
        "Another rule set became active meanwhile. Look at it, and activate this one again if it shall go."
    )


class RuleSetNeedsAnother(DomainError):
    code = "routing_rule_set_needs_another"
    http_status = 403
    message = "Another person than the one who wrote the rules approves and activates them."


class ExperimentInvalid(DomainError):
    code = "routing_experiment_invalid"
    message = "The experiment can not be run as it is described."


class ExperimentUnexpectedState(DomainError):
    code = "routing_experiment_unexpected_state"
    message = "The experiment is not in a state that allows this."


class CostModelInvalid(DomainError):
    code = "cost_model_invalid"
    message = "The cost model can not be read."


class BreakerUnknown(DomainError):
    code = "breaker_unknown"
    message = "There is no breaker for this operation."


class PspAccountNameTaken(DomainError):
    code = "psp_account_name_taken"
    message = "Another PSP account of this merchant has this name."
