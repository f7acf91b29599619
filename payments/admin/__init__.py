"""The pages of payments in the back office. They read through payments/queries and act through operations."""

from payments.admin import cases, customers, payment_intents, payouts, psp, refunds

__all__ = ["cases", "customers", "payment_intents", "payouts", "psp", "refunds"]
