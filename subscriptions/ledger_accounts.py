"""The accounts that billing moves, and the kinds of its entries: shared by what posts and by what proves it."""

RECEIVABLES = "assets/receivables"
BANK = "assets/bank"
SALES = "income/sales"
CREDITS = "income/credits"
REFUNDS = "income/refunds"
RECLAIMED = "income/disputes_reclaimed"
"""What customers owe again after a lost dispute: it stands against expenses/dispute_losses."""
TAX_PAYABLE = "liabilities/tax_payable"
CUSTOMER_BALANCE = "liabilities/customer_balance"
DEFERRED_REVENUE = "liabilities/deferred_revenue"
DISPUTED_PAYMENTS = "liabilities/disputed_payments"
"""Against receivables of invoices whose payment a bank has taken back for now: one of two claims is paid, not both."""

FINALIZED = "invoice_finalized"
VOIDED = "invoice_voided"
PAID_OUT_OF_BAND = "invoice_paid_out_of_band"
NOTE_ISSUED = "credit_note_issued"
NOTE_VOIDED = "credit_note_voided"
BALANCE_MOVED = "customer_balance_moved"
REVENUE_RECOGNISED = "revenue_recognised"
REVENUE_REVERSED = "revenue_reversed"
PAYMENT_DISPUTED = "invoice_payment_disputed"
PAYMENT_LOST = "invoice_payment_lost"
PAYMENT_RESTORED = "invoice_payment_restored"

KINDS = (
    FINALIZED,
    VOIDED,
    PAID_OUT_OF_BAND,
    NOTE_ISSUED,
    NOTE_VOIDED,
    BALANCE_MOVED,
    REVENUE_RECOGNISED,
    REVENUE_REVERSED,
    PAYMENT_DISPUTED,
    PAYMENT_LOST,
    PAYMENT_RESTORED,
)
"""Every kind of entry that steps/post_to_ledger posts."""
