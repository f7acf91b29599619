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
    BeatEntry("poll_psp_events", "payments.poll_psp_events", 5 * MINUTE),
    BeatEntry("keep_breaker_switches", "payments.keep_breaker_switches", MINUTE),
    BeatEntry("sweep_psp_webhooks", "payments.sweep_psp_webhooks", 5),
    BeatEntry("poll_payouts", "payments.stage_payout_polls", HOUR),
    BeatEntry("expire_authorizations", "payments.expire_authorizations", 5 * MINUTE),
    BeatEntry("lapse_refund_approvals", "payments.lapse_refund_approvals", 5 * MINUTE),
    BeatEntry("close_line_cases", "payments.close_line_cases", HOUR),
    BeatEntry("roll_routing_scores", "payments.roll_routing_scores", MINUTE),
    BeatEntry("watch_experiments", "payments.watch_experiments", MINUTE),
    BeatEntry("sweep_disputes", "disputes.sweep_disputes", MINUTE),
    BeatEntry("stage_dispute_monitoring", "disputes.stage_monitoring", HOUR),
    BeatEntry("claim_due_renewals", "subscriptions.claim_due_renewals", 5),
    BeatEntry("claim_due_drafts", "subscriptions.claim_due_drafts", 5),
    BeatEntry("sweep_incomplete_subscriptions", "subscriptions.sweep_incomplete", 5 * MINUTE),
    BeatEntry("claim_due_retries", "subscriptions.claim_due_retries", 30),
    BeatEntry("stage_due_billing", "subscriptions.stage_due_work", MINUTE),
    BeatEntry("recognise_revenue", "subscriptions.recognise_revenue", HOUR),
    BeatEntry("recheck_invoice_lines", "subscriptions.recheck_lines", HOUR),
    BeatEntry("check_number_gaps", "subscriptions.check_number_gaps", DAY),
    BeatEntry("roll_ledger_snapshots", "ledger.roll_snapshots", MINUTE),
    BeatEntry("reconcile_nightly", "ledger.stage_reconciliations", DAY),
    BeatEntry("check_books", "ledger.check_books", DAY),
    BeatEntry("seal_audit", "audit.seal", MINUTE),
    BeatEntry("verify_audit", "audit.verify", 5 * MINUTE),
    BeatEntry("forget_finished_jobs", "jobs.forget_finished", HOUR),
    BeatEntry("purge_idempotency_keys", "idempotency.purge", HOUR),
]
