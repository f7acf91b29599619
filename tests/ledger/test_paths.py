"""What a path says about its account."""

from __future__ import annotations

import pytest

from ledger.errors import AccountPathInvalid
from ledger.paths import rule_of


@pytest.mark.parametrize(
    ("path", "type_", "side"),
    [
        ("assets/psp_clearing/psp_1", "asset", "debit"),
        ("liabilities/customer_balance/cus_1", "liability", "credit"),
        ("income/sales", "income", "credit"),
        ("income/refunds", "income", "debit"),
        ("income/refunds/eu", "income", "debit"),
        ("income/refunds_provision", "income", "credit"),
        ("income/credits", "income", "debit"),
        ("expenses/psp_fees", "expense", "debit"),
        ("equity/opening", "equity", "credit"),
        ("memo/authorized", "memo", "debit"),
        ("memo/authorization_contra", "memo", "credit"),
    ],
)
def test_type_and_normal_side_follow_from_the_path(path: str, type_: str, side: str) -> None:
    rule = rule_of(path)

    assert (rule.type, rule.normal_side) == (type_, side)


@pytest.mark.parametrize(
    "path",
    ["", "assets", "assets/", "sales/x", "assets//x", "assets/a b", "/assets/x", "assets/" + "x" * 200],
)
def test_a_path_of_no_account_is_refused(path: str) -> None:
    with pytest.raises(AccountPathInvalid):
        rule_of(path)
