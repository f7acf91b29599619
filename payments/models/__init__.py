"""The rows of payments: fields, constraints and the arrows between states. Nothing here saves, locks or asks."""

from payments.models.attempts import LIVE_ATTEMPT_STATES, AttemptStatus, PaymentAttempt
from payments.models.captures import Capture, CaptureStatus
from payments.models.cases import Case, CaseKind
from payments.models.customers import Customer, PaymentMethod, PspToken
from payments.models.intents import CaptureMethod, IntentStatus, PaymentIntent
from payments.models.payouts import Payout, PayoutStatus
from payments.models.psp import PspAccount, PspCall, PspWebhook
from payments.models.refunds import LIVE_REFUND_STATES, Refund, RefundReason, RefundStatus
from payments.models.setup_intents import SetupIntent, SetupIntentStatus

__all__ = [
    "LIVE_ATTEMPT_STATES",
    "LIVE_REFUND_STATES",
    "AttemptStatus",
    "Capture",
    "CaptureMethod",
    "CaptureStatus",
    "Case",
    "CaseKind",
    "Customer",
    "IntentStatus",
    "PaymentAttempt",
    "PaymentIntent",
    "PaymentMethod",
    "Payout",
    "PayoutStatus",
    "PspAccount",
    "PspCall",
    "PspToken",
    "PspWebhook",
    "Refund",
    "RefundReason",
    "RefundStatus",
    "SetupIntent",
    "SetupIntentStatus",
]
