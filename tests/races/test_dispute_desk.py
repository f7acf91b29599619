"""Two agents at one desk: what they press at the same moment has one winner, and a double click has one effect."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from disputes.errors import (
    DisputeChanged,
    EvidenceTemplateChanged,
    EvidenceTemplateNameTaken,
    ShopPolicyTaken,
)
from disputes.models import (
    Dispute,
    DisputeNote,
    DisputeOrder,
    DisputePolicy,
    EvidenceFile,
    EvidenceTemplate,
    ShopPolicy,
)
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.assign_dispute import assign_dispute
from disputes.operations.delete_evidence_template import delete_evidence_template
from disputes.operations.note_dispute import note_dispute
from disputes.operations.publish_shop_policy import publish_shop_policy
from disputes.operations.save_evidence_template import save_evidence_template
from disputes.operations.set_dispute_policy import set_dispute_policy
from disputes.operations.stage_evidence import stage_evidence
from disputes.operations.submit_evidence import submit_evidence
from disputes.template_texts import template_hash
from foundation import clock
from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.money import Money
from tests.factories.dispute_news import Claim
from tests.factories.shop import Shop, open_shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)

CLICKS = 3


@pytest.fixture
def shop(transactional_db: None, psp: Any) -> Shop:
    return open_shop(psp)


@pytest.fixture
def dispute(shop: Shop) -> Dispute:
    claim = Claim(shop, shop.pays(1_000))
    opened = claim.hears(claim.takes().says("needs_response"))
    return stage_evidence(
        merchant_id=shop.id, dispute_id=opened.id, evidence={"uncategorized_text": "winning_evidence"}
    )


def _fresh(dispute: Dispute) -> Dispute:
    return Dispute.objects.for_merchant(dispute.merchant_id).get(pk=dispute.pk)


@pytest.mark.parametrize("operation", [submit_evidence, accept_dispute], ids=["submit", "accept"])
def test_double_click_on_an_answer_is_one_answer(shop: Shop, dispute: Dispute, operation: Any) -> None:
    press = partial(
        operation,
        merchant_id=shop.id,
        dispute_id=dispute.id,
        order_id=new_id(),
        expected_version=dispute.version,
    )

    answers = together([press] * CLICKS)

    order = DisputeOrder.objects.for_merchant(shop.id).get()
    assert [answer.id for answer in answers] == [order.id] * CLICKS
    assert Job.objects.filter(name="disputes.execute_order").count() == 1
    assert EvidenceFile.across_merchants.count() == (operation is submit_evidence)


def test_staging_against_submitting_sends_the_pack_that_was_looked_at_or_nothing(
    shop: Shop, dispute: Dispute
) -> None:
    stage = partial(
        stage_evidence, merchant_id=shop.id, dispute_id=dispute.id, evidence={"customer_name": "Ada"}
    )
    submit = partial(
        submit_evidence,
        merchant_id=shop.id,
        dispute_id=dispute.id,
        order_id=new_id(),
        expected_version=dispute.version,
    )

    staged, submitted = together([stage, submit])

    sent = DisputeOrder.objects.for_merchant(shop.id).first()
    if isinstance(submitted, DisputeChanged):
        assert sent is None
        assert _fresh(dispute).evidence["customer_name"] == "Ada"
    else:
        assert sent is not None and sent.evidence == {"uncategorized_text": "winning_evidence"}
        assert isinstance(staged, Exception)


def test_two_who_take_it_at_once_have_one_winner_and_the_other_is_told_who(
    shop: Shop, dispute: Dispute
) -> None:
    names = ["ada", "bob"]

    outcomes = together(
        [
            partial(assign_dispute, merchant_id=shop.id, dispute_id=dispute.id, assigned_to=name, expected="")
            for name in names
        ]
    )

    winner = _fresh(dispute).assigned_to
    (refusal,) = [outcome for outcome in outcomes if isinstance(outcome, DisputeChanged)]
    assert winner in names
    assert outcomes[names.index(winner)].assigned_to == winner
    assert refusal.text == f"It was given to somebody else meanwhile: {winner} works on it now. Look again."


def test_double_click_on_take_it_is_no_quarrel_with_oneself(shop: Shop, dispute: Dispute) -> None:
    take = partial(assign_dispute, merchant_id=shop.id, dispute_id=dispute.id, assigned_to="ada", expected="")

    outcomes = together([take] * CLICKS)

    assert [outcome.assigned_to for outcome in outcomes] == ["ada"] * CLICKS
    assert _fresh(dispute).version == dispute.version + 1


def test_double_click_on_a_note_is_one_note(shop: Shop, dispute: Dispute) -> None:
    note_id = new_id()
    press = partial(
        note_dispute, merchant_id=shop.id, dispute_id=dispute.id, note_id=note_id, text="Called them"
    )

    outcomes = together([press] * CLICKS)

    assert DisputeNote.objects.for_merchant(shop.id).get().id == note_id
    assert [outcome.id for outcome in outcomes] == [note_id] * CLICKS


def _template(shop: Shop, **given: Any) -> Any:
    texts = {"name": "Delivered", "category": "", "field": "uncategorized_text", "text": "It was delivered."}
    return partial(save_evidence_template, merchant_id=shop.id, **{"template_id": new_id(), **texts, **given})


def test_double_click_on_a_template_is_one_template(shop: Shop) -> None:
    press = _template(shop)

    outcomes = together([press] * CLICKS)

    kept = EvidenceTemplate.objects.for_merchant(shop.id).get()
    assert [outcome.id for outcome in outcomes] == [kept.id] * CLICKS


def test_two_templates_of_one_name_have_one_winner(shop: Shop) -> None:
    outcomes = together([_template(shop), _template(shop)])

    assert sum(isinstance(outcome, EvidenceTemplateNameTaken) for outcome in outcomes) == 1
    assert EvidenceTemplate.objects.for_merchant(shop.id).count() == 1


def test_two_changes_of_one_template_have_one_winner(shop: Shop) -> None:
    kept = _template(shop)()
    seen = {"template_id": kept.id, "expected_sha256": template_hash(kept)}

    outcomes = together([_template(shop, text=text, **seen) for text in ("Ada's words", "Bob's words")])

    assert sum(isinstance(outcome, EvidenceTemplateChanged) for outcome in outcomes) == 1
    winner = next(outcome for outcome in outcomes if not isinstance(outcome, Exception))
    assert EvidenceTemplate.objects.for_merchant(shop.id).get().text == winner.text


def test_change_against_delete_never_brings_the_template_back(shop: Shop) -> None:
    kept = _template(shop)()
    change = _template(shop, text="New words", template_id=kept.id, expected_sha256=template_hash(kept))
    delete = partial(delete_evidence_template, merchant_id=shop.id, template_id=kept.id)

    changed, _ = together([change, delete])

    assert not EvidenceTemplate.objects.for_merchant(shop.id).exists()
    assert isinstance(changed, EvidenceTemplateChanged | EvidenceTemplate)


def test_two_policies_of_one_moment_have_one_winner_and_a_double_click_is_one(shop: Shop) -> None:
    moment = clock.now() - timedelta(days=1)
    told = {"merchant_id": shop.id, "kind": "refund", "text": "30 days", "in_force_from": moment}
    first, other = new_id(), new_id()

    outcomes = together(
        [partial(publish_shop_policy, policy_id=policy_id, **told) for policy_id in (first, first, other)]
    )

    kept = ShopPolicy.objects.for_merchant(shop.id).get()
    refused = [outcome for outcome in outcomes if isinstance(outcome, ShopPolicyTaken)]
    assert len(refused) == (1 if kept.id == first else 2)


def test_the_first_rules_set_twice_at_once_are_one_policy(shop: Shop) -> None:
    rules = partial(
        set_dispute_policy,
        merchant_id=shop.id,
        currency="usd",
        auto_accept_below=Money(1_000, "usd"),
        conversion_rates={},
        refunds_fraud_warnings=False,
        submits_staged_evidence=True,
        dispute_fee=Money(1_500, "usd"),
        counter_fee=Money(0, "usd"),
    )

    outcomes = together([rules] * CLICKS)

    assert DisputePolicy.objects.for_merchant(shop.id).count() == 1
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
