"""A row that changes is what its audit events add up to; a change past the trigger is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundation.audit.audited_rows import Place, audited_tables, compare_slice, verify_triggers
from foundation.audit.comparing import Findings
from foundation.ids import new_id
from foundation.tenancy.models import Merchant, StaffUser
from foundation.tenancy.operations import create_api_key
from tests.factories.owner import as_owner, past_the_triggers
from tests.foundation.audit.sealed import named

pytestmark = pytest.mark.django_db(transaction=True)


def compared(rows_at_most: int = 2_000) -> Findings:
    findings = Findings()
    place: Place | None = Place()
    while place is not None:
        part = compare_slice(place, rows_at_most=rows_at_most)
        place = Place.from_text(part.place.as_text()) if part.place else None
        findings.join(part.findings)
    return findings


@pytest.fixture
def changed(merchant: Merchant) -> Merchant:
    """Rows that were made, changed and deleted as they should be, secrets among them."""
    create_api_key(merchant_id=merchant.id)
    ada = StaffUser.objects.create_user(username="ada", password="correct-horse-battery")
    ada.set_password("another-horse-battery")
    ada.save()
    StaffUser.objects.create_user(username="bob", password="correct-horse-battery").delete()
    merchant.name = "Tea and Kettles"
    merchant.metadata = {"a": "1", "b": {"c": [1, 2.5, None]}}
    merchant.save()
    return merchant


@pytest.mark.parametrize("rows_at_most", [1, 2, 2_000])
def test_rows_that_went_through_the_application_add_up(changed: Merchant, rows_at_most: int) -> None:
    assert named(compared(rows_at_most)) == []


def test_a_changed_row_is_named_with_its_column(changed: Merchant) -> None:
    past_the_triggers("UPDATE foundation_merchant SET name = 'Other', country = 'FR'")

    findings = compared()

    assert named(findings) == [("row_changed", None, "foundation_merchant", str(changed.id))]
    assert findings.first[0].said.endswith("was changed past the audit in country, name.")


def test_a_changed_secret_is_named_without_being_shown(changed: Merchant) -> None:
    past_the_triggers("UPDATE foundation_staffuser SET password = 'mine' WHERE username = 'ada'")

    (finding,) = compared().first
    assert (finding.kind, finding.table) == ("row_changed", "foundation_staffuser")
    assert "mine" not in finding.said


def test_a_column_that_is_not_audited_may_change(changed: Merchant) -> None:
    past_the_triggers("UPDATE foundation_apikey SET last_used_at = now()")

    assert compared().count == 0


def test_a_deleted_row_is_named(changed: Merchant) -> None:
    (key,) = past_the_triggers("DELETE FROM foundation_apikey RETURNING id::text")[0]

    assert named(compared()) == [("row_missing", None, "foundation_apikey", key)]


def test_an_added_row_is_named(changed: Merchant) -> None:
    key = str(new_id())
    past_the_triggers(
        "INSERT INTO foundation_apikey SELECT (jsonb_populate_record(source, jsonb_build_object("
        "'id', %s::text, 'secret_sha256', repeat('ab', 32)))).* FROM foundation_apikey AS source",
        [key],
    )

    assert named(compared()) == [("row_added", None, "foundation_apikey", key)]


def test_an_audit_event_that_was_made_up_does_not_hide_the_change(changed: Merchant) -> None:
    past_the_triggers(
        "INSERT INTO foundation_auditevent (table_name, row_id, operation, after, actor, request_id, trace_id,"
        " created_at) VALUES ('foundation_merchant', 'no uuid', 'INSERT', '{}', '', '', '', now())"
    )

    assert named(compared()) == [("row_missing", None, "foundation_merchant", "no uuid")]


def test_every_trigger_of_the_migrations_fires(db: None) -> None:
    assert named(verify_triggers()) == []
    assert {"foundation_merchant", "ledger_hold", "payments_refund"} <= set(audited_tables())


@pytest.fixture
def restored() -> Iterator[Any]:
    yield None
    with as_owner() as cursor:
        cursor.execute("ALTER TABLE ledger_posting ENABLE TRIGGER foundation_append_only")


def test_a_trigger_that_was_turned_off_is_named(db: None, restored: Any) -> None:
    with as_owner() as cursor:
        cursor.execute("ALTER TABLE ledger_posting DISABLE TRIGGER foundation_append_only")

    findings = verify_triggers()

    assert named(findings) == [("trigger_off", None, "ledger_posting", None)]
    assert "is disabled" in findings.first[0].said
