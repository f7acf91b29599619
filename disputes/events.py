"""The vocabulary of disputes' events: facts in the past, named as Stripe names them."""

DISPUTE_CREATED = "charge.dispute.created"
DISPUTE_UPDATED = "charge.dispute.updated"
DISPUTE_CLOSED = "charge.dispute.closed"
DISPUTE_FUNDS_WITHDRAWN = "charge.dispute.funds_withdrawn"
DISPUTE_FUNDS_REINSTATED = "charge.dispute.funds_reinstated"
FRAUD_WARNING_CREATED = "radar.early_fraud_warning.created"
FRAUD_WARNING_UPDATED = "radar.early_fraud_warning.updated"
# Ours, without a Stripe twin.
DISPUTE_DEADLINE_NEAR = "dispute.deadline_near"
MONITORING_WARNING = "dispute.monitoring_warning"
DISPUTE_ACCEPTANCE_ANNOUNCED = "dispute.acceptance_announced"
