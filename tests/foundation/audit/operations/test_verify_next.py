"""The verifier goes round everything in slices and keeps what it found."""

from __future__ import annotations

import pytest

from foundation.audit.models import AuditVerification
from foundation.audit.operations.verify_next import verify_next
from foundation.audit.tasks import seal, verify
from foundation.jobs.registry import registered_jobs
from foundation.observability.gauges import DatabaseGauges
from foundation.tenancy.models import Merchant
from tests.factories.owner import past_the_triggers
from tests.foundation.audit.sealed import business, ids_of, seal_all

pytestmark = pytest.mark.django_db(transaction=True)


def gauge(name: str) -> list[float]:
    (family,) = (one for one in DatabaseGauges().collect() if one.name == name)
    return [sample.value for sample in family.samples]


def test_a_round_over_whole_books_finds_nothing(merchant: Merchant) -> None:
    business(merchant, "capture:1")
    seal_all()

    seals, rows = verify_next()

    assert (seals.kind, seals.first_seal, seals.last_seal, seals.is_last) == ("seals", 1, 1, True)
    assert (rows.kind, rows.is_last, rows.last_position) == ("rows", True, "")
    assert (seals.findings, rows.findings) == ([], [])
    assert gauge("payments_seal_findings") == [0.0]
    assert 0 <= gauge("payments_seal_age_seconds")[0] < 60


def test_a_slice_goes_on_where_the_last_one_ended_until_the_round_is_complete(merchant: Merchant) -> None:
    business(merchant, "capture:1")
    seal_all()

    ends = []
    for _ in range(200):
        rows = verify_next(seconds=0)[1]
        ends.append(rows.last_position)
        if rows.is_last:
            break

    assert len(ends) > 10
    assert len(set(ends)) == len(ends)
    assert ends[-1] == ""
    assert verify_next(seconds=0)[1].last_position == ends[0]


def test_what_was_tampered_with_is_kept_and_told_to_the_metrics(merchant: Merchant) -> None:
    business(merchant, "capture:1")
    seal_all()
    key = ids_of("ledger_posting")[0]
    past_the_triggers("UPDATE ledger_posting SET amount_minor = 1 WHERE id::text = %s", [key])
    past_the_triggers("UPDATE foundation_merchant SET name = 'Other'")

    seals, rows = verify_next()

    assert [(one["kind"], one["table"], one["key"]) for one in seals.findings] == [
        ("row_changed", "ledger_posting", key)
    ]
    assert [(one["kind"], one["table"], one["key"]) for one in rows.findings] == [
        ("row_changed", "foundation_merchant", str(merchant.id))
    ]
    assert AuditVerification.objects.filter(finding_count=1).count() == 2
    assert gauge("payments_seal_findings") == [2.0]


def test_with_nothing_sealed_yet_it_has_nothing_to_say(merchant: Merchant) -> None:
    seals, _ = verify_next()

    assert (seals.first_seal, seals.last_seal, seals.is_last, seals.findings) == (1, 0, True, [])
    assert gauge("payments_seal_age_seconds") == [-1.0]


def test_both_are_jobs(merchant: Merchant) -> None:
    assert registered_jobs()["audit.seal"].handler is seal
    assert registered_jobs()["audit.verify"].handler is verify

    assert seal() is None
    assert verify() is None
    assert AuditVerification.objects.count() == 2
