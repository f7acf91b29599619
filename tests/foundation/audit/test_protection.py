"""Protected tables: what they refuse, and the evidence they leave."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, migrations, transaction
from django.db.migrations.state import ProjectState

from foundation import clock
from foundation.audit.models import AuditEvent
from foundation.audit.protection import AppendOnly, Audited, NeverDeleted
from foundation.context import acting
from foundation.events.models import Event
from foundation.tenancy.models import ApiKey, Merchant
from foundation.transactions import owns_transaction
from tests.factories.owner import as_owner

pytestmark = pytest.mark.django_db


def make_merchant(name: str = "Shop") -> Merchant:
    return Merchant.objects.create(name=name, default_currency="usd")


def make_key(merchant: Merchant) -> ApiKey:
    return ApiKey.objects.for_merchant(merchant.id).create(
        merchant=merchant, name="server", secret_sha256="ab" * 32, shown_prefix="sk_test_abcd", last4="wxyz"
    )


def evidence(table: str, row_id: object) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(table_name=table, row_id=str(row_id)).order_by("id"))


def test_an_insert_is_recorded_with_all_its_columns() -> None:
    merchant = make_merchant()

    (event,) = evidence("foundation_merchant", merchant.id)

    assert (event.operation, event.before) == ("INSERT", None)
    assert event.after is not None
    assert event.after["name"] == "Shop"
    assert event.after["id"] == str(merchant.id)
    assert event.merchant_id == merchant.id


def test_an_update_is_recorded_with_the_changed_columns_only() -> None:
    merchant = make_merchant()

    Merchant.objects.filter(id=merchant.id).update(name="Other", email="a@example.com")

    event = evidence("foundation_merchant", merchant.id)[-1]
    assert event.operation == "UPDATE"
    assert event.before == {"name": "Shop", "email": ""}
    assert event.after == {"name": "Other", "email": "a@example.com"}


def test_a_delete_is_recorded_with_what_was_lost() -> None:
    merchant = make_merchant()
    key = make_key(merchant)

    ApiKey.objects.for_merchant(merchant.id).delete()

    event = evidence("foundation_apikey", key.id)[-1]
    assert (event.operation, event.after) == ("DELETE", None)
    assert event.before is not None
    assert event.before["name"] == "server"
    assert event.merchant_id == merchant.id


def test_an_update_that_changes_nothing_leaves_no_event() -> None:
    merchant = make_merchant()

    Merchant.objects.filter(id=merchant.id).update(name="Shop")

    assert [event.operation for event in evidence("foundation_merchant", merchant.id)] == ["INSERT"]


def test_a_change_of_excluded_columns_alone_leaves_no_event() -> None:
    merchant = make_merchant()
    key = make_key(merchant)

    ApiKey.objects.for_merchant(merchant.id).update(last_used_at=clock.now())

    (event,) = evidence("foundation_apikey", key.id)
    assert event.after is not None
    assert "last_used_at" not in event.after


def test_a_secret_column_shows_as_a_digest_so_that_its_change_is_seen() -> None:
    merchant = make_merchant()
    key = make_key(merchant)

    ApiKey.objects.for_merchant(merchant.id).update(secret_sha256="cd" * 32)

    inserted, updated = evidence("foundation_apikey", key.id)
    old = "sha256:" + hashlib.sha256(b"ab" * 32).hexdigest()[:16]
    new = "sha256:" + hashlib.sha256(b"cd" * 32).hexdigest()[:16]
    assert inserted.after is not None
    assert inserted.after["secret_sha256"] == old
    assert (updated.before, updated.after) == ({"secret_sha256": old}, {"secret_sha256": new})


def test_a_nested_document_is_compared_as_a_whole() -> None:
    merchant = make_merchant()
    Merchant.objects.filter(id=merchant.id).update(metadata={"a": "1", "b": "2"})

    Merchant.objects.filter(id=merchant.id).update(metadata={"a": "1", "b": "3"})

    event = evidence("foundation_merchant", merchant.id)[-1]
    assert event.before == {"metadata": {"a": "1", "b": "2"}}
    assert event.after == {"metadata": {"a": "1", "b": "3"}}


@pytest.mark.django_db(transaction=True)
def test_an_operation_leaves_its_actor_request_and_trace() -> None:
    merchant = make_merchant()

    @owns_transaction
    def rename(*, merchant_id: Any) -> None:
        Merchant.objects.filter(id=merchant_id).update(name="Renamed")

    with acting(actor="staff:ada", request_id="req_1", trace_id="f" * 32):
        rename(merchant_id=merchant.id)

    event = evidence("foundation_merchant", merchant.id)[-1]
    assert (event.actor, event.request_id, event.trace_id) == ("staff:ada", "req_1", "f" * 32)


@pytest.mark.django_db(transaction=True)
def test_a_change_outside_any_operation_names_the_database_role() -> None:
    merchant = make_merchant()

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        role = cursor.fetchone()[0]
        cursor.execute("UPDATE foundation_merchant SET name = 'by hand' WHERE id = %s", [merchant.id])

    assert evidence("foundation_merchant", merchant.id)[-1].actor == f"database:{role}"


def test_every_row_of_a_bulk_change_is_recorded() -> None:
    merchants = [make_merchant(f"Shop {number}") for number in range(3)]

    Merchant.objects.filter(id__in=[merchant.id for merchant in merchants]).update(country="FR")

    for merchant in merchants:
        assert evidence("foundation_merchant", merchant.id)[-1].after == {"country": "FR"}


def test_a_rolled_back_change_leaves_no_evidence() -> None:
    merchant = make_merchant()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Merchant.objects.filter(id=merchant.id).update(name="Never")
        raise ZeroDivisionError

    assert len(evidence("foundation_merchant", merchant.id)) == 1


def test_a_temporary_table_of_the_same_name_does_not_swallow_the_evidence() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE foundation_auditevent (LIKE foundation_auditevent)")

    merchant = make_merchant()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_temp.foundation_auditevent")
        assert cursor.fetchone()[0] == 0
        cursor.execute("DROP TABLE pg_temp.foundation_auditevent")
    assert len(evidence("foundation_merchant", merchant.id)) == 1


def test_the_writing_transaction_is_kept_with_the_event() -> None:
    merchant = make_merchant()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        assert evidence("foundation_merchant", merchant.id)[0].xid == int(cursor.fetchone()[0])


@pytest.mark.parametrize("table", ["foundation_auditevent", "foundation_event", "foundation_deliveryattempt"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET id = id", "UPDATE {} SET id = id WHERE false", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
)
def test_append_only_tables_refuse_every_change_even_of_their_owner(table: str, statement: str) -> None:
    verb = statement.split()[0]

    with pytest.raises(IntegrityError, match=f"{verb} of {table} is refused: the table is append-only"):
        with transaction.atomic(), as_owner() as cursor:
            cursor.execute(statement.format(table))


def test_append_only_tables_take_rows() -> None:
    merchant = make_merchant()

    Event.objects.for_merchant(merchant.id).create(
        merchant=merchant, type="t", object_type="o", object_id=uuid4(), data={}, api_version="v"
    )

    assert Event.objects.for_merchant(merchant.id).count() == 1


@pytest.fixture
def spare_table() -> Iterator[str]:
    with as_owner() as cursor:
        cursor.execute('CREATE TABLE "odd Table" (number int PRIMARY KEY, "Noise" text, "hid""den" text)')
        yield "odd Table"


def apply(operation: migrations.operations.base.Operation, *, backwards: bool = False) -> None:
    state = ProjectState()
    # Atomic would defer constraints of the whole test transaction.
    with connection.schema_editor(atomic=False) as editor:
        run = operation.database_backwards if backwards else operation.database_forwards
        run("foundation", editor, state, state)


def test_operations_quote_names_and_go_back(spare_table: str) -> None:
    audited = Audited(spare_table, exclude=("Noise",), secret=('hid"den',), key="number")

    apply(audited)
    with connection.cursor() as cursor:
        cursor.execute("""INSERT INTO "odd Table" VALUES (7, 'loud', 'x')""")
        cursor.execute("""UPDATE "odd Table" SET "Noise" = 'louder'""")
        cursor.execute("""UPDATE "odd Table" SET "hid""den" = NULL""")

    inserted, updated = evidence(spare_table, 7)
    digest = "sha256:" + hashlib.sha256(b"x").hexdigest()[:16]
    assert inserted.after == {"number": 7, 'hid"den': digest}
    assert (updated.before, updated.after) == ({'hid"den': digest}, {'hid"den': None})
    apply(audited, backwards=True)
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM "odd Table"')
    assert len(evidence(spare_table, 7)) == 2


def test_a_table_that_is_never_deleted_may_change_but_loses_no_row(spare_table: str) -> None:
    protection = NeverDeleted(spare_table)
    apply(protection)

    with connection.cursor() as cursor:
        cursor.execute("""INSERT INTO "odd Table" VALUES (7, 'a', 'b')""")
        cursor.execute("""UPDATE "odd Table" SET number = 8""")
        for statement in ('DELETE FROM "odd Table"', 'TRUNCATE "odd Table"'):
            with pytest.raises(IntegrityError, match="its rows are never deleted"), transaction.atomic():
                cursor.execute(statement)

    apply(protection, backwards=True)
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM "odd Table"')
        assert cursor.rowcount == 1


def test_a_row_without_a_merchant_column_is_filed_under_the_acting_merchant(spare_table: str) -> None:
    merchant = make_merchant()
    apply(Audited(spare_table, key="number"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.merchant', %s, true)", [str(merchant.id)])
        cursor.execute("""INSERT INTO "odd Table" VALUES (9, 'a', 'b')""")

    assert evidence(spare_table, 9)[0].merchant_id == merchant.id


def test_operations_describe_themselves_and_can_be_written_into_a_migration() -> None:
    audited = Audited("payments_refund", exclude=["updated_at"])

    assert audited.describe() == "Audited: payments_refund"
    assert AppendOnly("ledger_posting").describe() == "Append-only: ledger_posting"
    assert audited.deconstruct() == ("Audited", ("payments_refund",), {"exclude": ["updated_at"]})
