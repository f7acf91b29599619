"""The ledger app."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation.audit.sealed_tables import SealedTable, register_sealed_table
        from ledger import tasks  # noqa: F401
        from ledger.sources import register_source

        register_source("reconciliation_break", prefix="brk", page="admin:ledger_reconciliationbreak_change")
        register_source("manual_adjustment", prefix="adj", page="admin:ledger_manualadjustment_change")

        register_sealed_table(SealedTable("ledger_journalentry", dated_by="recorded_at"))
        register_sealed_table(SealedTable("ledger_posting", part_of=("entry_id", "ledger_journalentry")))
