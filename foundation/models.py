"""Django looks here for the foundation's models; they live in the rooms that own them."""

from foundation.audit.models import AuditEvent, AuditVerification, Seal, SealPage
from foundation.events.models import Event, EventCursor
from foundation.idempotency.models import IdempotencyKey
from foundation.jobs.models import Job
from foundation.replay.models import Replay
from foundation.tenancy.models import ApiKey, Merchant, StaffAssignment, StaffUser
from foundation.vault.models import DataKey, KeyRotation, VaultKey
from foundation.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiKey",
    "AuditEvent",
    "AuditVerification",
    "DataKey",
    "DeliveryAttempt",
    "Event",
    "EventCursor",
    "IdempotencyKey",
    "Job",
    "KeyRotation",
    "Merchant",
    "Replay",
    "Seal",
    "SealPage",
    "StaffAssignment",
    "StaffUser",
    "VaultKey",
    "WebhookDelivery",
    "WebhookEndpoint",
]
