"""The disputes app."""

from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "disputes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from disputes import tasks  # noqa: F401 - registers the jobs
        from disputes.lifecycle import MOVED
        from disputes.queries.totals import CHECK, check_disputes_fold_to_ledger
        from disputes.reactions import register_reactions
        from ledger.queries.verify import register_check
        from ledger.reconciliation.movements import register_movement
        from ledger.sources import register_source

        register_reactions()
        register_check(CHECK, check_disputes_fold_to_ledger)
        register_movement(MOVED, "dispute")
        register_source("dispute", prefix="dp", page="admin:disputes_dispute_change")
