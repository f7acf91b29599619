"""roll_snapshots: a balance reads the same before and after, whoever is still writing."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from foundation.tenancy.models import Merchant
from ledger.models import BalanceSnapshot
from ledger.operations.roll_snapshots import roll_snapshots
from ledger.queries.balances import get_balance
from tests.ledger.books import CLEARING, captured, post, roll_all, usd, wait_for_older_transactions

pytestmark = pytest.mark.django_db(transaction=True)


def snapshot() -> tuple[int, int]:
    kept = BalanceSnapshot.objects.get(account__path=CLEARING)
    return int(kept.debits), int(kept.credits)


def test_balances_read_the_same_with_a_snapshot_and_go_on_from_it(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    post(merchant_id=merchant.id, reference="refund:1", lines=captured(-300))

    assert roll_all() == 2
    assert snapshot() == (1000, 300)
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(50))
    clearing = get_balance(merchant.id, CLEARING, "usd")
    assert (clearing.debits_minor, clearing.credits_minor) == (1050, 300)

    assert roll_all() == 2
    assert snapshot() == (1050, 300)
    assert get_balance(merchant.id, CLEARING, "usd") == clearing


def test_an_account_without_enough_new_postings_is_left_alone(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))

    assert roll_snapshots(min_postings=2) == 0
    post(merchant_id=merchant.id, reference="capture:2", lines=captured(1000))
    wait_for_older_transactions()
    assert roll_snapshots(min_postings=2) == 2
    assert roll_snapshots(min_postings=1) == 0


def test_a_posting_that_commits_after_the_roll_is_not_missed(merchant: Merchant) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    other = {key: connection.get_connection_params()[key] for key in ("dbname", "host", "port", "user")}
    with psycopg.connect(**other) as slow:
        # This transaction has its number before the later capture and commits after the roll.
        slow.execute("SELECT pg_current_xact_id()")
        post(merchant_id=merchant.id, reference="capture:2", lines=captured(20))
        late = slow.execute(
            "SELECT entry_id FROM ledger_post_entry(%s, now(), '', '', 'slow', gen_random_uuid(),"
            " 'capture:late', 'capture', now(), '', NULL, '', '', NULL, NULL, '', %s, '{usd,usd}', '{3,-3}')",
            [merchant.id, [CLEARING, "income/sales"]],
        ).fetchone()
        roll_snapshots(min_postings=1)
        seen_before = get_balance(merchant.id, CLEARING, "usd").balance
        slow.commit()

    seen_after = get_balance(merchant.id, CLEARING, "usd").balance
    roll_all()
    assert late is not None
    assert late[0] is not None
    assert (seen_before, seen_after) == (usd(1020), usd(1023))
    assert get_balance(merchant.id, CLEARING, "usd").balance == usd(1023)
    assert snapshot() == (1023, 0)


def test_a_snapshot_of_another_clusters_transactions_is_not_believed_and_is_dropped(
    merchant: Merchant,
) -> None:
    post(merchant_id=merchant.id, reference="capture:1", lines=captured(1000))
    roll_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_balancesnapshot SET up_to_xid = '4000000000', debits = 77")

    restored = get_balance(merchant.id, CLEARING, "usd").balance
    rolled = roll_all()

    assert restored == usd(1000)
    assert rolled == 2
    assert snapshot() == (1000, 0)


def test_more_accounts_than_a_page_are_all_rolled(merchant: Merchant) -> None:
    for currency in ("usd", "eur", "gbp"):
        post(merchant_id=merchant.id, reference=f"capture:{currency}", lines=captured(10, currency))

    wait_for_older_transactions()
    assert roll_snapshots(min_postings=1, page_size=2) == 6
    assert BalanceSnapshot.objects.count() == 6
