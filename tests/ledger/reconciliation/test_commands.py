"""import_settlement and reconcile print what operators and checks rely on."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.tenancy.models import Merchant
from tests.ledger.reconciliation.settlements import ACCOUNT, captured, charge_row, report

pytestmark = pytest.mark.django_db


def said(*arguments: Any, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def test_a_file_is_imported_and_reconciled(merchant: Merchant, tmp_path: Path) -> None:
    captured(merchant.id, 1)
    file = tmp_path / "balance.csv"
    file.write_bytes(report(charge_row(1), charge_row(2), charge_row(3, gross="x")))

    imported = said("import_settlement", str(file), psp_account=ACCOUNT, format="stripe_balance")
    again = said("import_settlement", str(file), psp_account=ACCOUNT, format="stripe_balance")
    reconciled = said("reconcile", merchant=merchant.public_id)

    assert (imported["is_new"], imported["lines"], imported["stored"], imported["unread"]) == (True, 3, 2, 1)
    assert imported["first_unread"] == [{"line": 4, "reason": "'x' is not an amount."}]
    assert again["is_new"] is False
    assert (reconciled["matched"], reconciled["breaks"], reconciled["ties_out"]) == (1, 1, True)
    assert reconciled["breaks_by_kind"] == {"missing_at_us": 1}


def test_without_a_merchant_all_with_statements_are_reconciled(merchant: Merchant, tmp_path: Path) -> None:
    captured(merchant.id, 1)
    file = tmp_path / "balance.csv"
    file.write_bytes(report(charge_row(1)))
    said("import_settlement", str(file), psp_account=ACCOUNT, format="stripe_balance")

    reconciled = said("reconcile", "--as-of", "2026-12-01")

    assert (reconciled["matched"], reconciled["breaks"], reconciled["ties_out"]) == (1, 0, True)


def test_a_psp_account_that_nothing_was_booked_for_needs_its_merchant(tmp_path: Path) -> None:
    file = tmp_path / "balance.csv"
    file.write_bytes(report(charge_row(1)))

    with pytest.raises(CommandError, match="--merchant"):
        said("import_settlement", str(file), psp_account="psp_nobody", format="stripe_balance")
