"""What only Adyen has of disputes: defenses to choose, documents of types, keys that it forgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from foundation.ids import new_id
from payments.psp.outcomes import Declined, Succeeded, Unknown
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.psp.contract.dispute_sides import AdyenDisputes, receipt
from tests.payments.psp.contract.faces import AdyenSide

pytestmark = pytest.mark.django_db


@pytest.fixture
def side(sandbox: Sandbox) -> Iterator[AdyenDisputes]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield AdyenDisputes(AdyenSide(psp))
    psp.heals()


def at_adyen(side: AdyenDisputes, dispute: str) -> dict[str, Any]:
    record = side.face.psp.sandbox.books.find("disputes", side.face.psp.key, dispute)
    assert record is not None
    return record.body


@pytest.mark.parametrize(
    ("texts", "files", "defense", "documents"),
    [
        (
            {"uncategorized_text": "Ours."},
            ["shipping_documentation"],
            "MerchandiseReceived",
            ["DateMerchandiseShipped", "ProofOfGoodsOrServicesProvided"],
        ),
        (
            {"access_activity_log": "Read it."},
            [],
            "ServicesProvided",
            ["ProofOfGoodsOrServicesProvided"],
        ),
        ({"uncategorized_text": "Ours."}, ["receipt"], "InvalidChargeback", ["InvalidChargeback"]),
    ],
    ids=["shipped", "used", "neither"],
)
def test_defense_and_documents_are_those_of_the_evidence(
    side: AdyenDisputes, texts: dict[str, str], files: list[str], defense: str, documents: list[str]
) -> None:
    dispute = side.opens(side.face.paid(), reason="product_not_received")
    request = side.evidence(
        dispute,
        reason="product_not_received",
        texts=texts,
        files={name: receipt() for name in files},
    )

    answer = side.face.connector.submit_dispute_evidence(side.face.credentials, request)

    assert isinstance(answer.outcome, Succeeded)
    there = at_adyen(side, dispute)
    assert (there["defenseReasonCode"], sorted(there["documents"])) == (defense, documents)
    assert (answer.call.request["defense"], sorted(answer.call.request["documents"])) == (defense, documents)


def test_dispute_that_has_no_defense_is_refused_here_and_can_be_accepted(side: AdyenDisputes) -> None:
    dispute = side.opens(side.face.paid(), network_reason_code="10.1")

    refused = side.submits(side.evidence(dispute))
    accepted = side.accepts(side.acceptance(dispute))

    assert isinstance(refused, Declined)
    assert refused.code == "no_defense"
    assert isinstance(accepted, Succeeded)
    assert at_adyen(side, dispute)["documents"] == {}


def test_refusal_before_the_defense_submits_nothing(side: AdyenDisputes) -> None:
    dispute = side.opens(side.face.paid())
    elsewhere = replace(side.face.credentials, settings={"merchant_account": "SomebodyElse"})

    answer = side.face.connector.submit_dispute_evidence(elsewhere, side.evidence(dispute))

    assert isinstance(answer.outcome, Declined)
    assert (answer.outcome.code, answer.outcome.message) == ("psp_refused", "Error retrieving dispute.")
    assert answer.call.operation == "read_dispute_defenses"
    assert side.submissions(dispute) == 0


def test_repeat_under_a_forgotten_key_is_refused_and_defends_nothing_twice(side: AdyenDisputes) -> None:
    dispute = side.opens(side.face.paid())
    psp = side.face.psp
    psp.fails("error_after_booking", operation="submit_evidence")
    psp.fails("forget_key", operation="submit_evidence")
    request = side.evidence(dispute)

    first, again = side.submits(request), side.submits(request)

    assert isinstance(first, Unknown)
    assert isinstance(again, Declined)
    assert again.code == "dispute_already_answered"
    assert side.submissions(dispute) == 1


def test_inquiry_learns_nothing_and_asks_nobody(side: AdyenDisputes) -> None:
    dispute = side.opens(side.face.paid())

    answer = side.face.connector.inquire_dispute(side.face.credentials, dispute)

    assert (answer.news, answer.outcome) == (None, Unknown(reason="no_lookup"))
    assert (answer.call.outcome, answer.call.http_status) == ("unknown", None)
