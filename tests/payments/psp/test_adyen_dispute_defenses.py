"""Which of Adyen's defenses fits our evidence: what is stated has to be backed."""

from __future__ import annotations

from typing import Any

import pytest

from payments.psp.adyen.dispute_defenses import Defense, DocumentType, choose_defense, read_defenses


def offered(**types: dict[str, str]) -> list[Defense]:
    return [
        Defense(code, tuple(DocumentType(name, level) for name, level in kinds.items()))
        for code, kinds in types.items()
    ]


NOT_RECEIVED = offered(
    InvalidChargeback={"InvalidChargeback": "Optional"},
    MerchandiseReceived={
        "DateMerchandiseShipped": "Required",
        "ProofOfGoodsOrServicesProvided": "Required",
    },
    ServicesProvided={"ProofOfGoodsOrServicesProvided": "Required"},
)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("shipping_documentation", "MerchandiseReceived"),
        ("shipping_date shipping_tracking_number", "MerchandiseReceived"),
        ("service_documentation", "ServicesProvided"),
        ("access_activity_log", "ServicesProvided"),
        ("uncategorized_text", "InvalidChargeback"),
        ("", "InvalidChargeback"),
    ],
)
def test_defense_states_no_more_than_the_evidence_does(fields: str, code: str) -> None:
    chosen = choose_defense(NOT_RECEIVED, reason="product_not_received", fields=set(fields.split()))

    assert chosen is not None
    assert chosen.code == code


def test_one_of_several_documents_is_enough_where_adyen_says_so() -> None:
    kinds = {"ProofOfAbilityToProvideServices": "OneOrMore", "ProofOfGoodsOrServicesProvided": "OneOrMore"}
    both = offered(GoodsOrServicesProvided=kinds, SupplyDefenseMaterial={"DefenseMaterial": "Required"})

    backed = choose_defense(both, reason="product_not_received", fields={"service_documentation"})
    bare = choose_defense(both, reason="product_not_received", fields={"customer_name"})

    assert (backed and backed.code, bare and bare.code) == (
        "GoodsOrServicesProvided",
        "SupplyDefenseMaterial",
    )


def test_defense_of_another_claim_is_not_chosen_though_it_is_backed() -> None:
    both = offered(
        CreditOrCancellationPolicyProperlyDisclosed={"DisclosureAtPointOfInteraction": "Required"},
        SupplyDefenseMaterial={"DefenseMaterial": "Required"},
    )

    chosen = choose_defense(both, reason="fraudulent", fields={"refund_policy"})

    assert chosen is not None
    assert chosen.code == "SupplyDefenseMaterial"


def test_without_a_general_defense_the_claims_own_goes_and_else_the_first() -> None:
    specific = offered(
        AirlineFlightProvided={"FlightTicketUsed": "Required"},
        GoodsWereAsDescribed={"GoodsWereAsDescribed": "Required"},
    )

    own = choose_defense(specific, reason="product_unacceptable", fields=set())
    other = choose_defense(specific, reason="duplicate", fields=set())

    assert (own and own.code, other and other.code) == ("GoodsWereAsDescribed", "AirlineFlightProvided")


@pytest.mark.parametrize("nothing", [[], offered(LiabilityShift={})], ids=["none", "without documents"])
def test_nothing_to_choose_from_is_no_defense(nothing: list[Defense]) -> None:
    assert choose_defense(nothing, reason="fraudulent", fields={"receipt"}) is None


def test_list_is_read_as_adyen_writes_it_and_the_letter_goes_under_what_is_owed_first() -> None:
    told: list[dict[str, Any]] = [
        {
            "defenseReasonCode": "GoodsNotReturned",
            "satisfied": False,
            "defenseDocumentTypes": [
                {
                    "available": False,
                    "defenseDocumentTypeCode": "TIDorInvoice",
                    "requirementLevel": "Optional",
                },
                {"available": False, "defenseDocumentTypeCode": "New", "requirementLevel": "Invented"},
                {
                    "available": False,
                    "defenseDocumentTypeCode": "GoodsNotReturned",
                    "requirementLevel": "Required",
                },
            ],
        },
        {"defenseReasonCode": "Bare", "satisfied": True},
    ]

    first, bare = read_defenses(told)

    assert [(one.code, one.level) for one in first.types][1] == ("New", "Optional")
    assert first.main_type == DocumentType("GoodsNotReturned", "Required")
    assert bare.main_type is None
