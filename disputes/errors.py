"""The refusals of disputes: facts with stable codes. Stripe's codes where Stripe has one."""

from __future__ import annotations

from foundation.errors import DomainError


class DisputeUnexpectedState(DomainError):
    code = "dispute_unexpected_state"
    message = "The dispute is not in a state that allows this."


class DisputeAnswered(DomainError):
    code = "dispute_already_answered"
    http_status = 409
    message = "The dispute has been answered: it can be answered once."


class DisputeDeadlinePassed(DomainError):
    code = "dispute_deadline_passed"
    message = "The time to answer this dispute is over."


class DisputeChanged(DomainError):
    code = "dispute_changed"
    http_status = 409
    message = "The dispute has changed since it was looked at. Look again."


class EvidenceMissing(DomainError):
    code = "dispute_evidence_missing"
    message = "There is no evidence to submit. Stage some first."


class EvidenceTooLarge(DomainError):
    code = "dispute_evidence_too_large"
    message = "The evidence is beyond what the network takes."


class EvidenceFileRefused(DomainError):
    code = "dispute_evidence_file_refused"
    message = "Evidence is a PDF, a JPEG or a PNG, by its content."


class EvidenceTemplateNameTaken(DomainError):
    code = "evidence_template_name_taken"
    http_status = 409
    message = "Another template has this name."


class EvidenceTemplateChanged(DomainError):
    code = "evidence_template_changed"
    http_status = 409
    message = "Somebody else has changed or deleted the template since it was looked at. Look again."


class ShopPolicyTaken(DomainError):
    code = "shop_policy_taken"
    http_status = 409
    message = "A policy of this kind begins at this very moment already."
