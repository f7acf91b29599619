"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ledger.queries.verify import register_check
        from payments import tasks  # noqa: F401 - registers the jobs
        from payments.api.expanders import register_expanders
        from payments.queries.totals import check_payments_fold_to_ledger

        register_expanders()
        register_check("payments_fold_to_ledger", check_payments_fold_to_ledger)
        _register_gauges()


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
    register_gauge("payments_cases_open", "Questions that wait for a person.", gauges.read_open_cases)
