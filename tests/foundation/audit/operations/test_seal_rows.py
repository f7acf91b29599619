"""The sealer: everything once, in bounded memory, one seal after the other."""

from __future__ import annotations

import tracemalloc

import pytest
from django.db import IntegrityError, connection, transaction

from foundation.audit.models import Seal, SealPage
from foundation.audit.operations.seal_rows import TransactionCountWentBack, seal_rows
from foundation.audit.reading import Range, read_rows
from foundation.audit.sealed_tables import read_columns
from foundation.tenancy.models import Merchant
from tests.factories.owner import as_owner, past_the_triggers
from tests.foundation.audit.sealed import SEALED, business, ids_of, seal_all, verified

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 1024 * 1024


def sealed_keys(table: str) -> list[str]:
    pages = SealPage.objects.filter(table_name=table).order_by("seal_number", "page")
    return [key for page in pages for key in page.keys.split("\n")]


def test_every_row_is_in_exactly_one_seal(merchant: Merchant) -> None:
    business(merchant, "capture:1", "capture:2")
    first = seal_all()
    business(merchant, "capture:3")
    second = seal_all()

    assert (first, second) == ([1], [2])
    for table in SEALED:
        assert sorted(sealed_keys(table)) == sorted(ids_of(table))
    assert Seal.objects.get(number=2).parts["ledger_posting"]["rows"] == 2


def test_a_seal_joins_the_one_before_and_begins_where_it_ended(merchant: Merchant) -> None:
    business(merchant, "capture:1")
    seal_all()
    seal_all()

    first, second = Seal.objects.order_by("number")

    assert (first.previous_hash, second.previous_hash) == ("0" * 64, first.hash)
    assert {part["from_xid"] for part in second.parts.values()} == {first.upto_xid}


def test_a_minute_without_rows_is_sealed_too_so_that_a_gap_shows(merchant: Merchant) -> None:
    seal_all()
    seal_all()

    assert Seal.objects.get(number=2).row_count == 0
    assert verified().count == 0


def test_a_backlog_is_sealed_in_seals_of_bounded_size(merchant: Merchant) -> None:
    business(merchant, *(f"capture:{number}" for number in range(10)))

    numbers = seal_all(rows_per_seal=7)

    rows = [seal.parts["ledger_posting"]["rows"] for seal in Seal.objects.order_by("number")]
    assert len(numbers) > 2
    assert sum(rows) == 20
    assert max(rows) <= 7
    assert verified().count == 0


def test_no_more_seals_than_asked_are_made_and_the_next_run_goes_on(merchant: Merchant) -> None:
    business(merchant, *(f"capture:{number}" for number in range(10)))

    assert seal_all(rows_per_seal=3, seals_at_most=2) == [1, 2]
    assert seal_rows(rows_per_seal=1_000) == [3]
    assert sorted(sealed_keys("ledger_posting")) == sorted(ids_of("ledger_posting"))


def test_a_transaction_larger_than_a_seal_is_sealed_whole(merchant: Merchant) -> None:
    with transaction.atomic():
        Merchant.objects.bulk_create(
            Merchant(name=f"Shop {number}", default_currency="usd") for number in range(50)
        )

    seal_all(rows_per_seal=10)

    assert max(seal.parts["foundation_auditevent"]["rows"] for seal in Seal.objects.all()) == 50
    assert verified().count == 0


def test_a_hundred_thousand_rows_are_sealed_and_verified_in_bounded_memory(db: None) -> None:
    past_the_triggers(
        "INSERT INTO foundation_auditevent (table_name, row_id, operation, after, actor, request_id, trace_id,"
        " created_at) SELECT 't', number::text, 'INSERT', jsonb_build_object('number', number,"
        " 'text', repeat('x', 200)), 'system', '', '', now() FROM generate_series(1, 100000) AS number"
    )
    tracemalloc.start()

    seal_all()
    _, sealing_peak = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    findings = verified()
    _, verifying_peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert Seal.objects.get(number=1).parts["foundation_auditevent"]["rows"] == 100_000
    assert findings.count == 0
    # The rows' text alone is more than 30 MB.
    assert sealing_peak < 10 * MEGABYTE
    assert verifying_peak < 10 * MEGABYTE


def test_a_count_of_transactions_that_went_back_is_refused_and_leaves_no_seal(merchant: Merchant) -> None:
    seal_all()
    past_the_triggers("UPDATE foundation_seal SET upto_xid = '4611686018427387904'")

    with pytest.raises(TransactionCountWentBack):
        seal_rows()

    assert Seal.objects.count() == 1


def test_a_sealer_that_dies_leaves_nothing_and_the_next_one_seals_all(merchant: Merchant) -> None:
    business(merchant, "capture:1")
    with pytest.raises(IntegrityError):
        # The page of another sealer that never was: this one dies in the middle of its seal.
        SealPage.objects.create(seal_number=1, table_name="ledger_posting", page=0, keys="", hashes=b"")
        seal_all()
    past_the_triggers("DELETE FROM foundation_sealpage")

    assert Seal.objects.count() == 0
    assert seal_all() == [1]
    assert sorted(sealed_keys("foundation_event")) == sorted(ids_of("foundation_event"))


@pytest.mark.parametrize("table", ["foundation_seal", "foundation_sealpage", "foundation_auditverification"])
def test_seals_are_append_only_even_for_their_owner(merchant: Merchant, table: str) -> None:
    business(merchant, "capture:1")
    seal_all()

    for statement in (
        f"UPDATE {table} SET {'number' if table == 'foundation_seal' else 'id'} = 9",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            with as_owner() as cursor:
                cursor.execute(statement)


@pytest.mark.parametrize("table", SEALED)
def test_the_text_of_a_row_does_not_depend_on_the_session(merchant: Merchant, table: str) -> None:
    business(merchant, "capture:1")
    columns, everything = read_columns(table), [Range(0, 2**62)]
    before = list(read_rows(table, columns, everything))

    with connection.cursor() as cursor:
        for setting in ("TimeZone = 'Asia/Tokyo'", "bytea_output = 'escape'", "DateStyle = 'SQL, DMY'"):
            cursor.execute(f"SET {setting}")

    assert before
    assert list(read_rows(table, columns, everything)) == before
