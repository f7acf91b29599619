"""A rule refunds what an early fraud warning is about; the warning names only a refund that is there."""

from __future__ import annotations

import pytest

from disputes.models import DisputePolicy, FraudWarning
from disputes.operations.record_fraud_warning import record_fraud_warning
from disputes.operations.refund_warned_charge import refund_warned_charge
from foundation import clock
from payments.models import PaymentIntent, Refund
from payments.psp.disputes import FraudWarningNews
from tests.factories.dispute_news import Claim
from tests.factories.shop import Shop


@pytest.fixture
def paid(shop: Shop) -> PaymentIntent:
    DisputePolicy.across_merchants.create(
        merchant_id=shop.id, currency="usd", dispute_fee_minor=1_500, refunds_fraud_warnings=True
    )
    return shop.pays(1_000)


def _warned(shop: Shop, paid: PaymentIntent) -> FraudWarning:
    news = FraudWarningNews(
        psp_reference="issfr_1", fraud_type="made_with_stolen_card", opened_at=clock.now()
    )
    return record_fraud_warning(merchant_id=shop.id, attempt_id=shop.attempt(paid).id, news=news)


def test_refund_of_the_rule_is_named_and_made_once(shop: Shop, paid: PaymentIntent) -> None:
    warning = _warned(shop, paid)

    answers = [refund_warned_charge(merchant_id=shop.id, warning_id=warning.id) for _ in range(2)]

    refund = Refund.objects.for_merchant(shop.id).get()
    assert answers == [True, True]
    assert (refund.amount_minor, refund.reason) == (1_000, "fraudulent")
    assert FraudWarning.across_merchants.get().refund_id == refund.id


def test_refused_refund_is_not_named(shop: Shop, paid: PaymentIntent) -> None:
    """The dispute came while the warning waited for its turn."""
    warning = _warned(shop, paid)
    claim = Claim(shop, paid)
    claim.hears(claim.takes().says("needs_response"))

    answered = refund_warned_charge(merchant_id=shop.id, warning_id=warning.id)

    assert not answered
    assert not Refund.objects.for_merchant(shop.id).exists()
    assert FraudWarning.across_merchants.get().refund_id is None
