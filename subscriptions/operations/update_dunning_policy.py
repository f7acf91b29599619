"""Change a dunning policy. Tries that are going on keep what the policy was when they began."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_billing_settings, lock_dunning_policy
from subscriptions.models import DunningPolicy
from subscriptions.steps.billing_rows import billing_settings_of
from subscriptions.steps.check_dunning_terms import refuse_unless_days_rise, refuse_unless_terms_hold


@owns_transaction
def update_dunning_policy(
    *,
    merchant_id: UUID,
    dunning_policy_id: UUID,
    offsets_days: Sequence[int] | None = None,
    is_default: bool | None = None,
    **fields: Any,
) -> DunningPolicy:
    """is_default: whether new failures go by it. fields: by model name (end_action, thresholds, …).

    Raises: ResourceMissing, DunningPolicyInvalid.
    Writes: the policy; the merchant's billing settings, of which an archived policy is the default no more.
    Safe to repeat: what is so already stays so.
    """
    billing_settings_of(merchant_id)
    settings = lock_billing_settings(merchant_id=merchant_id)
    policy = lock_dunning_policy(merchant_id=merchant_id, dunning_policy_id=dunning_policy_id)
    if offsets_days is not None:
        refuse_unless_days_rise(offsets_days)
        policy.offsets_days = list(offsets_days)
    refuse_unless_terms_hold(fields)
    for name, value in fields.items():
        setattr(policy, name, value)
    policy.save()
    is_now = settings.default_dunning_policy_id == policy.id
    wanted = policy.is_active and (is_now if is_default is None else is_default)
    if wanted != is_now:
        settings.default_dunning_policy = policy if wanted else None
        settings.save(update_fields=["default_dunning_policy"])
    return policy
