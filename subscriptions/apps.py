"""The subscriptions app."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation.observability.gauges import register_gauge
        from ledger.queries.verify import register_check
        from ledger.sources import register_source
        from subscriptions import tasks  # noqa: F401 - registers the jobs
        from subscriptions.api.expanders import register_expanders
        from subscriptions.queries import gauges
        from subscriptions.queries.totals import CHECKS
        from subscriptions.reactions import register_reactions

        for name, check in CHECKS.items():
            register_check(name, check)
        register_source("invoice", prefix="in", page="admin:subscriptions_invoice_change")
        register_source("customer", prefix="cus", page="admin:payments_customer_change")
        register_reactions()
        register_expanders()
        register_gauge(
            "subscriptions_renewal_lag_seconds",
            "Seconds that the oldest due renewal has waited.",
            gauges.read_renewal_lag,
        )
        register_gauge(
            "subscriptions_finalizing_lag_seconds",
            "Seconds that the oldest due draft has waited to be finalized.",
            gauges.read_finalizing_lag,
        )
