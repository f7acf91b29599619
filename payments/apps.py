"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ledger.queries.verify import register_check
        from ledger.sources import register_source
        from payments import tasks  # noqa: F401 - registers the jobs
        from payments.api.expanders import register_expanders
        from payments.queries.totals import check_payments_fold_to_ledger
        from payments.reactions import register_reactions

        register_expanders()
        register_reactions()
        register_source("payment_intent", prefix="pi", page="admin:payments_paymentintent_change")
        register_source("payout", prefix="po", page="admin:payments_payout_change")
        register_check("payments_fold_to_ledger", check_payments_fold_to_ledger)
        _register_movements()
        _register_gauges()
        _register_sealed_columns()


def _register_movements() -> None:
    """What reconciliation compares a PSP's lines with: a charge and the fee of it are one movement."""
    from ledger.reconciliation.movements import register_movement

    register_movement("payment_captured", "charge")
    register_movement("psp_fee", "charge", is_fee=True)
    register_movement("payment_refunded", "refund")
    register_movement("refund_returned", "refund_failure")
    # Stripe's payment_failure_refund: a debit that the bank took back.
    register_movement("payment_returned", "refund_failure")
    register_movement("payout_sent", "payout")
    register_movement("payout_returned", "payout")
    register_movement("payout_canceled", "payout")


def _register_gauges() -> None:
    from foundation.observability.gauges import register_gauge
    from payments.queries import gauges

    register_gauge(
        "payments_unknown_outcomes", "Movements of unknown outcome.", gauges.read_unknown_counts, label="kind"
    )
    register_gauge(
        "payments_unknown_oldest_age_seconds",
        "Seconds since the oldest call of unknown outcome left.",
        gauges.read_oldest_unknown_age_seconds,
    )
    register_gauge(
        "payments_psp_webhooks_unhandled", "Stored PSP webhooks not handled.", gauges.read_unhandled_webhooks
    )
    register_gauge(
        "payments_cases_open", "Questions that wait for a person.", gauges.read_open_cases, label="kind"
    )
    register_gauge(
        "payments_case_oldest_age_seconds",
        "Seconds since the oldest open question came up.",
        gauges.read_oldest_open_case_age_seconds,
    )


def _register_sealed_columns() -> None:
    from foundation.vault.sealed_columns import SealedColumn, register_sealed_column

    for column in (
        "secret_key_encrypted",
        "webhook_secret_encrypted",
        "previous_webhook_secret_encrypted",
    ):
        register_sealed_column(SealedColumn("payments_pspaccount", column))
    register_sealed_column(SealedColumn("payments_psptoken", "token_encrypted"))
