"""An owner of the database changes, deletes or adds one row past all triggers: it is found and named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from foundation import clock
from foundation.tenancy.models import Merchant
from tests.factories.owner import as_owner, past_the_triggers
from tests.foundation.audit.sealed import SEALED, business, ids_of, named, seal_all, verified

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = {
    "foundation_auditevent": "actor = 'api_key:nobody'",
    "foundation_event": "type = 'charge.refunded'",
    "ledger_journalentry": "description = 'a gift'",
    "ledger_posting": "amount_minor = amount_minor + 1",
}


@pytest.fixture
def sealed(merchant: Merchant) -> Merchant:
    """Three seals of two payments each."""
    for number in range(3):
        business(merchant, f"capture:{number}a", f"capture:{number}b")
        assert seal_all() == [number + 1]
    return merchant


def test_what_nobody_touched_is_whole(sealed: Merchant) -> None:
    business(sealed, "capture:unsealed")

    assert verified().count == 0


@pytest.mark.parametrize("table", SEALED)
def test_a_changed_row_is_named(sealed: Merchant, table: str) -> None:
    key = ids_of(table)[-1]

    past_the_triggers(f"UPDATE {table} SET {CHANGES[table]} WHERE id::text = %s", [key])

    assert named(verified()) == [
        ("row_changed", 3 if table != SEALED[0] else seal_of(table, key), table, key)
    ]


@pytest.mark.parametrize("table", SEALED)
def test_a_deleted_row_is_named(sealed: Merchant, table: str) -> None:
    key = ids_of(table)[0]
    number = seal_of(table, key)

    past_the_triggers(f"DELETE FROM {table} WHERE id::text = %s", [key])

    assert ("row_missing", number, table, key) in named(verified())


@pytest.mark.parametrize("table", SEALED)
def test_a_row_added_among_sealed_ones_is_named(sealed: Merchant, table: str) -> None:
    known = set(ids_of(table))

    add_copy(table, keep_transaction=True)

    (added,) = set(ids_of(table)) - known
    assert [(kind, key) for kind, _, _, key in named(verified())] == [("row_added", added)]


def test_a_posting_added_today_to_a_sealed_entry_is_named_before_and_after_it_is_sealed(
    sealed: Merchant,
) -> None:
    known = set(ids_of("ledger_posting"))

    add_copy("ledger_posting", keep_transaction=False)

    (added,) = set(ids_of("ledger_posting")) - known
    assert named(verified()) == [("row_added", None, "ledger_posting", added)]
    seal_all()
    assert named(verified()) == [("row_added", None, "ledger_posting", added)]


@pytest.mark.parametrize("table", ["foundation_auditevent", "foundation_event", "ledger_journalentry"])
def test_a_row_added_today_under_an_old_date_is_named(sealed: Merchant, table: str) -> None:
    known = set(ids_of(table))
    column = "recorded_at" if table == "ledger_journalentry" else "created_at"

    add_copy(table, keep_transaction=False)
    (added,) = set(ids_of(table)) - known
    past_the_triggers(
        f"UPDATE {table} SET {column} = %s WHERE id::text = %s", [clock.now() - timedelta(hours=1), added]
    )
    seal_all()

    assert ("row_misdated", 4, table, added) in named(verified())


def test_a_row_under_a_transaction_to_come_is_named(sealed: Merchant) -> None:
    key = ids_of("ledger_journalentry")[-1]

    past_the_triggers("UPDATE ledger_journalentry SET xid = '4611686018427387904' WHERE id::text = %s", [key])

    assert ("row_added", None, "ledger_journalentry", key) in named(verified())
    assert ("row_missing", 3, "ledger_journalentry", key) in named(verified())


def test_rows_moved_to_another_seal_are_missing_in_one_and_added_in_the_other(sealed: Merchant) -> None:
    first, last = ids_of("foundation_event")[0], ids_of("foundation_event")[-1]

    past_the_triggers(
        "UPDATE foundation_event SET xid = (SELECT xid FROM foundation_event WHERE id::text = %s)"
        " WHERE id::text = %s",
        [last, first],
    )

    assert named(verified()) == [
        ("row_missing", 1, "foundation_event", first),
        ("row_added", 3, "foundation_event", first),
    ]


def test_the_leaves_cannot_be_changed_along_with_the_row(sealed: Merchant) -> None:
    past_the_triggers(
        "UPDATE foundation_sealpage SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 255)"
        " WHERE seal_number = 2 AND table_name = 'ledger_posting'"
    )

    findings = verified()

    assert named(findings) == [("leaves_changed", 2, "ledger_posting", None)]
    assert "the rows themselves are as sealed" in findings.first[0].said


def test_a_page_of_leaves_that_is_gone_is_named(sealed: Merchant) -> None:
    past_the_triggers(
        "DELETE FROM foundation_sealpage WHERE seal_number = 2 AND table_name = 'foundation_event'"
    )

    assert named(verified()) == [("leaves_changed", 2, "foundation_event", None)]


@pytest.mark.parametrize(
    "change",
    [
        "sealed_at = sealed_at - interval '1 day'",
        "upto_xid = (upto_xid::text::bigint + 1)::text::xid8",
        "parts = jsonb_set(parts, '{ledger_posting,rows}', '1')",
        "parts = '{}'",
    ],
)
def test_a_changed_seal_is_named(sealed: Merchant, change: str) -> None:
    past_the_triggers(f"UPDATE foundation_seal SET {change} WHERE number = 2")

    assert named(verified())[0] == ("seal_changed", 2, None, None)


def test_a_seal_made_anew_without_the_key_is_named(sealed: Merchant) -> None:
    past_the_triggers(
        "UPDATE foundation_seal SET signature = (SELECT signature FROM foundation_seal WHERE number = 1)"
        " WHERE number = 2"
    )

    assert named(verified()) == [("signature_wrong", 2, None, None)]


def test_a_missing_seal_is_named_and_the_others_are_still_verified(sealed: Merchant) -> None:
    key = ids_of("ledger_posting")[-1]
    past_the_triggers("DELETE FROM foundation_seal WHERE number = 2")
    past_the_triggers("UPDATE ledger_posting SET currency = 'eur' WHERE id::text = %s", [key])

    assert named(verified()) == [("seal_missing", 2, None, None), ("row_changed", 3, "ledger_posting", key)]


def test_a_column_added_later_breaks_no_seal_and_is_in_the_next_one(sealed: Merchant) -> None:
    with as_owner() as cursor:
        cursor.execute("ALTER TABLE ledger_journalentry ADD COLUMN channel text NOT NULL DEFAULT 'web'")
    try:
        business(sealed, "capture:later")
        seal_all()
        assert verified().count == 0

        key = ids_of("ledger_journalentry")[-1]
        past_the_triggers("UPDATE ledger_journalentry SET channel = 'shop' WHERE id::text = %s", [key])

        assert named(verified()) == [("row_changed", 4, "ledger_journalentry", key)]
    finally:
        with as_owner() as cursor:
            cursor.execute("ALTER TABLE ledger_journalentry DROP COLUMN channel")
    assert ("columns_missing", 4, "ledger_journalentry", None) in named(verified())


def test_only_the_first_findings_are_kept_and_all_are_counted(merchant: Merchant) -> None:
    business(merchant, *(f"capture:{number}" for number in range(15)))
    seal_all()

    past_the_triggers("UPDATE ledger_posting SET currency = 'eur'")

    findings = verified()
    assert (len(findings.first), findings.count) == (20, 30)


def seal_of(table: str, key: str) -> int:
    """The number of the seal that holds a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seal_number FROM foundation_sealpage WHERE table_name = %s"
            " AND %s = ANY (string_to_array(keys, chr(10)))",
            [table, key],
        )
        return int(cursor.fetchone()[0])


def add_copy(table: str, *, keep_transaction: bool) -> None:
    """Insert a copy of the table's first row under a new key, and under the old or the present transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_identity = 'NO'"
            " ORDER BY ordinal_position",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
    key = "(max_id.value + 1000)" if table in ("foundation_auditevent", "ledger_posting") else "uuidv7()"
    own = {"id": key, "reference": "'forged'", "line": "9"}
    if not keep_transaction:
        own["xid"] = "pg_current_xact_id()"
    values = ", ".join(own.get(name, f"source.{name}") for name in columns)
    past_the_triggers(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
        f" FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) AS source"
        f" LEFT JOIN (SELECT max(id::text)::bigint AS value FROM {table}) AS max_id ON true"
        if key != "uuidv7()"
        else f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
        f" FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) AS source"
    )
