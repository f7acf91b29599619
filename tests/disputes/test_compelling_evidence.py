"""Visa's compelling evidence 3.0."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from disputes.compelling_evidence import Purchase, Standing, weigh_evidence

NOW = datetime(2026, 11, 20, tzinfo=UTC)
KNOWN = {
    "customer_purchase_ip": "203.0.113.7",
    "customer_device_id": "device-1",
    "customer_email_address": "a@example.com",
    "customer_account_id": "u1",
    "shipping_address": "1 High Street",
}


def _purchase(days: int, *, only: tuple[str, ...] = tuple(KNOWN), **fields: object) -> Purchase:
    facts = {name: KNOWN[name] for name in only}
    return Purchase(f"ch_{days}", NOW - timedelta(days=days), facts, **fields)  # type: ignore[arg-type]


DISPUTED = _purchase(0)


@pytest.mark.parametrize(
    ("days", "status"),
    [(119, "not_qualified"), (120, "qualified"), (364, "qualified"), (365, "not_qualified")],
)
def test_case_g15_age_of_the_two_earlier_charges(days: int, status: str) -> None:
    assert weigh_evidence("10.4", DISPUTED, [_purchase(days), _purchase(200)]).status == status


def test_qualified_names_exactly_two_charges_newest_first() -> None:
    standing = weigh_evidence("10.4", DISPUTED, [_purchase(300), _purchase(150), _purchase(200)])

    assert standing == Standing("qualified", ("ch_150", "ch_200"))


@pytest.mark.parametrize(
    ("only", "status"),
    [
        (("customer_purchase_ip", "customer_device_id"), "qualified"),
        (("customer_purchase_ip", "customer_email_address"), "qualified"),
        (("customer_device_id", "shipping_address"), "qualified"),
        (("customer_email_address", "customer_account_id", "shipping_address"), "not_qualified"),
        (("customer_purchase_ip",), "not_qualified"),
    ],
)
def test_two_elements_must_match_and_one_of_them_is_ip_or_device(only: tuple[str, ...], status: str) -> None:
    earlier = [_purchase(150, only=only), _purchase(200, only=only)]

    assert weigh_evidence("10.4", DISPUTED, earlier).status == status


def test_what_we_do_not_know_of_the_disputed_charge_is_asked_for() -> None:
    disputed = _purchase(0, only=("customer_email_address",))

    standing = weigh_evidence("10.4", disputed, [_purchase(150), _purchase(200)])

    assert standing == Standing("requires_action", ("ch_150", "ch_200"), ("missing_customer_identifiers",))


def test_charge_without_a_description_asks_for_one() -> None:
    standing = weigh_evidence("10.4", DISPUTED, [_purchase(150, has_description=False), _purchase(200)])

    assert standing.status == "requires_action"
    assert standing.required_actions == ("missing_prior_undisputed_transaction_description",)


def test_disputed_charges_prove_nothing() -> None:
    earlier = [_purchase(150, was_disputed=True), _purchase(200)]

    assert weigh_evidence("10.4", DISPUTED, earlier).status == "not_qualified"


def test_other_reason_codes_do_not_qualify() -> None:
    assert weigh_evidence("13.1", DISPUTED, [_purchase(150), _purchase(200)]).status == "not_qualified"
