"""Dunning policies: what may be one, which one is in use, and that a run keeps what it began with."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from subscriptions.errors import DunningPolicyInvalid, DunningPolicyNameTaken
from subscriptions.models import BillingSettings, DunningPolicy, EndAction
from subscriptions.operations.create_dunning_policy import create_dunning_policy
from subscriptions.operations.update_dunning_policy import update_dunning_policy
from tests.factories.billing import Biller


def policy_of(biller: Biller, name: str = "Patient", days: tuple[int, ...] = (0, 3, 10)) -> DunningPolicy:
    return create_dunning_policy(
        merchant_id=biller.id,
        dunning_policy_id=new_id(),
        name=name,
        offsets_days=days,
        end_action=EndAction.UNPAID,
    )


def default_of(biller: Biller) -> object:
    return BillingSettings.objects.for_merchant(biller.id).get().default_dunning_policy_id


@pytest.mark.parametrize("days", [(), (1, 2), (0, 5, 5), (0, 7, 3), (0, 121), tuple(range(13))])
def test_days_that_make_no_schedule_are_refused_and_nothing_is_written(
    days: tuple[int, ...], biller: Biller
) -> None:
    with pytest.raises(DunningPolicyInvalid):
        policy_of(biller, days=days)

    assert not DunningPolicy.objects.for_merchant(biller.id).exists()


def test_a_name_is_taken_once(biller: Biller) -> None:
    policy_of(biller)

    with pytest.raises(DunningPolicyNameTaken):
        policy_of(biller)

    assert DunningPolicy.objects.for_merchant(biller.id).count() == 1


def test_one_policy_is_in_use_and_none_once_it_is_archived(biller: Biller) -> None:
    first, second = policy_of(biller), policy_of(biller, "Strict", (0, 1))
    update_dunning_policy(merchant_id=biller.id, dunning_policy_id=first.id, is_default=True)
    update_dunning_policy(merchant_id=biller.id, dunning_policy_id=second.id, is_default=True)
    chosen = default_of(biller)

    update_dunning_policy(merchant_id=biller.id, dunning_policy_id=first.id, is_active=False)
    still = default_of(biller)
    update_dunning_policy(merchant_id=biller.id, dunning_policy_id=second.id, is_active=False)

    assert (chosen, still, default_of(biller)) == (second.id, second.id, None)


def test_an_archived_policy_does_not_come_into_use(biller: Biller) -> None:
    policy = policy_of(biller)
    update_dunning_policy(merchant_id=biller.id, dunning_policy_id=policy.id, is_active=False)

    update_dunning_policy(merchant_id=biller.id, dunning_policy_id=policy.id, is_default=True)

    assert default_of(biller) is None
