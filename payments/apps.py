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
