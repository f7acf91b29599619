"""The rows of subscriptions: fields, constraints and the arrows between states. Nothing here saves, locks or asks."""

from subscriptions.models.balances import (
    OF_INVOICES,
    BalanceTransactionType,
    CustomerBalanceTransaction,
    InvoiceNumberSeries,
    SeriesKind,
)
from subscriptions.models.billing import (
    BillingCustomer,
    BillingSettings,
    Numbering,
    TaxFallback,
    TaxSource,
    TestClock,
    TestClockStatus,
)
from subscriptions.models.catalogue import BillingScheme, Price, Product, TaxBehavior, UsageType
from subscriptions.models.credit_notes import CreditNote, CreditNoteLine, CreditNoteStatus
from subscriptions.models.discounts import Coupon, Discount, PromotionCode
from subscriptions.models.disputed_payments import DisputedPayment, DisputedPaymentStatus
from subscriptions.models.dunning import (
    DisputeAction,
    DunningPolicy,
    DunningRun,
    DunningTry,
    EndAction,
    RunStatus,
    TryOutcome,
)
from subscriptions.models.invoice_lines import InvoiceItem, InvoiceLine
from subscriptions.models.invoices import (
    ONCE_PER_PERIOD,
    Invoice,
    InvoicePayment,
    InvoicePaymentStatus,
    InvoiceReason,
    InvoiceStatus,
    PaymentReason,
    TaxStatus,
)
from subscriptions.models.revenue import RevenueRecognition, RevenueSchedule
from subscriptions.models.schedules import SchedulePhase, ScheduleStatus, SubscriptionSchedule
from subscriptions.models.subscriptions import (
    LIVE_STATES,
    RENEWING_STATES,
    CollectionMethod,
    PauseBehavior,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)
from subscriptions.models.tax_answers import TaxAnswer
from subscriptions.models.tax_rates import TaxRate
from subscriptions.models.usage import Meter, MeterEvent

__all__ = [
    "LIVE_STATES",
    "OF_INVOICES",
    "ONCE_PER_PERIOD",
    "RENEWING_STATES",
    "BalanceTransactionType",
    "BillingCustomer",
    "BillingScheme",
    "BillingSettings",
    "CollectionMethod",
    "Coupon",
    "CreditNote",
    "CreditNoteLine",
    "CreditNoteStatus",
    "CustomerBalanceTransaction",
    "Discount",
    "DisputeAction",
    "DisputedPayment",
    "DisputedPaymentStatus",
    "DunningPolicy",
    "DunningRun",
    "DunningTry",
    "EndAction",
    "Invoice",
    "InvoiceItem",
    "InvoiceLine",
    "InvoiceNumberSeries",
    "InvoicePayment",
    "InvoicePaymentStatus",
    "InvoiceReason",
    "InvoiceStatus",
    "Meter",
    "MeterEvent",
    "Numbering",
    "PauseBehavior",
    "PaymentReason",
    "Price",
    "Product",
    "PromotionCode",
    "RevenueRecognition",
    "RevenueSchedule",
    "RunStatus",
    "SchedulePhase",
    "ScheduleStatus",
    "SeriesKind",
    "Subscription",
    "SubscriptionItem",
    "SubscriptionSchedule",
    "SubscriptionStatus",
    "TaxAnswer",
    "TaxBehavior",
    "TaxFallback",
    "TaxRate",
    "TaxSource",
    "TaxStatus",
    "TestClock",
    "TestClockStatus",
    "TryOutcome",
    "UsageType",
]
