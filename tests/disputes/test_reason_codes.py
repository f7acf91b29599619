"""Reason codes are data: complete, of known words, and they say what is missing."""

from __future__ import annotations

from disputes.evidence_fields import FIELDS
from disputes.reason_codes import Gap, all_codes, category_of, gaps, reason_code, wanted_for

CATEGORIES = {
    "fraudulent": 5 + 4 + 8 + 4,
    "product_not_received": 2 + 1 + 1 + 1,
    "product_unacceptable": 3 + 1 + 2,
    "subscription_canceled": 4,
    "credit_not_processed": 2 + 1 + 3 + 1,
    "duplicate": 2 + 1 + 2 + 2,
    "general": 3 + 5 + 1 + 1 + 3 + 2 + 2,
}


def test_every_code_of_the_design_is_there_once() -> None:
    codes = all_codes()

    found = {name: sum(code.category == name for code in codes) for name in CATEGORIES}
    assert found == CATEGORIES
    assert len({(code.network, code.code) for code in codes}) == len(codes)


def test_claims_are_sentences_and_wanted_fields_exist() -> None:
    assert all(code.claim.endswith(".") for code in all_codes())
    for name in CATEGORIES:
        wanted = wanted_for(name)
        named = [*wanted.required, *wanted.one_of, *wanted.optional]
        assert set(named) <= set(FIELDS)
        assert len(named) == len(set(named))


def test_days_come_from_the_network() -> None:
    assert {code.network: code.days_to_answer for code in all_codes()} == {
        "visa": 18,
        "mastercard": 40,
        "amex": 14,
        "discover": 25,
    }


def test_unknown_code_falls_back_to_stripes_category() -> None:
    found = reason_code("visa", "99.9", "unrecognized")

    assert (found.category, found.days_to_answer) == ("fraudulent", None)
    assert category_of("never_heard_of") == "general"


def test_gaps_name_what_is_missing() -> None:
    assert gaps("duplicate", {"duplicate_charge_id": "ch_1"}) == [
        Gap(("duplicate_charge_explanation",)),
        Gap(("receipt", "duplicate_charge_documentation")),
    ]
    assert gaps("general", {"receipt": "file_1"}) == []
