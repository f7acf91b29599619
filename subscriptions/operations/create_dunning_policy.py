"""Create a dunning policy: when to try again, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions.errors import DunningPolicyNameTaken
from subscriptions.models import DunningPolicy, EndAction
from subscriptions.steps.check_dunning_terms import refuse_unless_days_rise, refuse_unless_terms_hold


@owns_transaction
def create_dunning_policy(
    *,
    merchant_id: UUID,
    dunning_policy_id: UUID,
    name: str,
    offsets_days: Sequence[int],
    end_action: EndAction,
    may_exist: bool = False,
    **fields: Any,
) -> DunningPolicy:
    """offsets_days: after the first failure; the first is 0, that try itself. fields: by model name.

    Raises: ResourceMissing (merchant), DunningPolicyInvalid, DunningPolicyNameTaken.
    Writes: the policy; nothing is tried by it before it is chosen.
    Safe to repeat: with may_exist the same dunning_policy_id finds the first one.
    """
    rows = DunningPolicy.objects.for_merchant(merchant_id)
    if may_exist:
        existing = rows.filter(pk=dunning_policy_id).first()
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    refuse_unless_days_rise(offsets_days)
    refuse_unless_terms_hold(fields)
    if rows.filter(name=name).exists():
        raise DunningPolicyNameTaken(param="name")
    policy = DunningPolicy(
        id=dunning_policy_id,
        merchant=merchant,
        name=name,
        offsets_days=list(offsets_days),
        end_action=end_action,
        **fields,
    )
    policy.save(force_insert=True)
    return policy
