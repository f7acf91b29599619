"""The rows of payments: fields, constraints and the arrows between states. Nothing here saves, locks or asks."""

from payments.models.approvals import RefundApproval
from payments.models.attempts import LIVE_ATTEMPT_STATES, AttemptStatus, PaymentAttempt
from payments.models.breakers import BreakerPosition, BreakerSwitch, PspEventCursor
from payments.models.captures import Capture, CaptureStatus
from payments.models.cases import Case, CaseEnding, CaseKind, CaseResolution, CaseVerdict
from payments.models.customers import Customer, PaymentMethod, PspToken, TokenKind
from payments.models.funds_holds import FundsHold
from payments.models.increments import AuthorizationIncrement, IncrementStatus
from payments.models.intents import CaptureMethod, IntentStatus, PaymentIntent, Settles
from payments.models.mandates import Mandate, MandateStatus
from payments.models.payouts import Payout, PayoutStatus
from payments.models.psp import PspAccount, PspCall, PspWebhook
from payments.models.refunds import LIVE_REFUND_STATES, Refund, RefundReason, RefundStatus
from payments.models.routing import (
    RoutingBacktest,
    RoutingBacktestChange,
    RoutingDecision,
    RoutingExperiment,
    RoutingRule,
    RoutingRuleSet,
    RoutingScore,
)
from payments.models.setup_intents import SetupIntent, SetupIntentStatus

__all__ = [
    "LIVE_ATTEMPT_STATES",
    "LIVE_REFUND_STATES",
    "AttemptStatus",
    "AuthorizationIncrement",
    "BreakerPosition",
    "BreakerSwitch",
    "Capture",
    "CaptureMethod",
    "CaptureStatus",
    "Case",
    "CaseEnding",
    "CaseKind",
    "CaseResolution",
    "CaseVerdict",
    "Customer",
    "FundsHold",
    "IncrementStatus",
    "IntentStatus",
    "Mandate",
    "MandateStatus",
    "PaymentAttempt",
    "PaymentIntent",
    "PaymentMethod",
    "Payout",
    "PayoutStatus",
    "PspAccount",
    "PspCall",
    "PspEventCursor",
    "PspToken",
    "PspWebhook",
    "Refund",
    "RefundApproval",
    "RefundReason",
    "RefundStatus",
    "RoutingBacktest",
    "RoutingBacktestChange",
    "RoutingDecision",
    "RoutingExperiment",
    "RoutingRule",
    "RoutingRuleSet",
    "RoutingScore",
    "Settles",
    "SetupIntent",
    "SetupIntentStatus",
    "TokenKind",
]
