"""What runs by the clock: one table for the whole project. Scans are driven by what is due, so a lost tick
only delays, and every tick is a row that two beats can not make twice.
"""

from __future__ import annotations

from foundation.jobs.beat import BeatEntry

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

SCHEDULE: list[BeatEntry] = [
    BeatEntry("sweep_due_checks", "payments.sweep_due_checks", 5),
    BeatEntry("sweep_psp_webhooks", "payments.sweep_psp_webhooks", 5),
    BeatEntry("poll_payouts", "payments.stage_payout_polls", HOUR),
    BeatEntry("expire_authorizations", "payments.expire_authorizations", 5 * MINUTE),
    BeatEntry("roll_ledger_snapshots", "ledger.roll_snapshots", MINUTE),
    BeatEntry("reconcile_nightly", "ledger.stage_reconciliations", DAY),
    BeatEntry("check_books", "ledger.check_books", DAY),
    BeatEntry("seal_audit", "audit.seal", MINUTE),
    BeatEntry("verify_audit", "audit.verify", 5 * MINUTE),
    BeatEntry("forget_finished_jobs", "jobs.forget_finished", HOUR),
    BeatEntry("purge_idempotency_keys", "idempotency.purge", HOUR),
]
