"""Verify the next slice of everything: the verifier, which goes round for ever."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from time import monotonic

import structlog

from foundation import clock
from foundation.audit.audited_rows import Place, compare_slice, verify_triggers
from foundation.audit.chain import SealRecord
from foundation.audit.comparing import Findings
from foundation.audit.models import AuditVerification
from foundation.audit.reading import find_last_seal, find_seal, get_signing_key, unhurried
from foundation.audit.verifying import verify_seals, verify_unsealed
from foundation.transactions import outside_transaction, owns_transaction

# Two slices and a statement that overruns each stay below the job's limit of 45 s.
SECONDS_PER_SLICE = 8.0
STATEMENT_SECONDS = 12

log = structlog.get_logger(__name__)


@outside_transaction
def verify_next(*, seconds: float = SECONDS_PER_SLICE) -> list[AuditVerification]:
    """Verify from where the last run ended: seals with their rows, then audited rows, for `seconds` each.

    At the end of a round the next run starts over. At least one window and one slice are verified.
    Writes: an AuditVerification for each of the two, with the first findings; a line in the log when there are any.
    Safe to repeat, and two at once: they verify the same twice.
    """
    with unhurried(STATEMENT_SECONDS):
        made = [_verify_seals(monotonic() + seconds), _verify_rows(monotonic() + seconds)]
    for verification in made:
        if verification.finding_count:
            log.critical(
                "seal_broken",
                seal=verification.findings[0]["seal"],
                count=verification.finding_count,
                state=verification.findings[0]["kind"],
                table=verification.findings[0]["table"],
                object_id=verification.findings[0]["key"],
            )
    return made


def _verify_seals(until: float) -> AuditVerification:
    started_at = clock.now()
    before = _find_unfinished(AuditVerification.Kind.SEALS)
    after = find_seal(before.last_seal) if before and before.last_seal else None
    newest = find_last_seal()
    last = after
    findings, rows = Findings(), 0
    for window in verify_seals(get_signing_key().verifying, after=after, last=_number(newest)):
        last, rows = window.last, rows + window.rows
        findings.join(window.findings)
        if monotonic() > until:
            break
    is_last = _number(last) == _number(newest)
    if is_last:
        unsealed, found = verify_unsealed(newest)
        rows += unsealed
        findings.join(found)
    return _record(
        kind=AuditVerification.Kind.SEALS,
        started_at=started_at,
        first_seal=_number(after) + 1,
        last_seal=_number(last),
        is_last=is_last,
        row_count=rows,
        findings=findings,
    )


def _verify_rows(until: float) -> AuditVerification:
    started_at = clock.now()
    before = _find_unfinished(AuditVerification.Kind.ROWS)
    place: Place | None = Place.from_text(before.last_position if before else "")
    rows = 0
    findings = verify_triggers()
    while place is not None:
        part = compare_slice(place)
        place = part.place
        rows += part.rows
        findings.join(part.findings)
        if monotonic() > until:
            break
    return _record(
        kind=AuditVerification.Kind.ROWS,
        started_at=started_at,
        last_position=place.as_text() if place else "",
        is_last=place is None,
        row_count=rows,
        findings=findings,
    )


def _find_unfinished(kind: AuditVerification.Kind) -> AuditVerification | None:
    """The slice after which the round goes on; None at the start of one."""
    verification = AuditVerification.objects.filter(kind=kind).order_by("-id").first()
    return None if verification is None or verification.is_last else verification


def _number(seal: SealRecord | None) -> int:
    return seal.number if seal else 0


@owns_transaction
def _record(
    *,
    kind: AuditVerification.Kind,
    started_at: datetime,
    is_last: bool,
    row_count: int,
    findings: Findings,
    first_seal: int | None = None,
    last_seal: int | None = None,
    last_position: str = "",
) -> AuditVerification:
    return AuditVerification.objects.create(
        kind=kind,
        started_at=started_at,
        finished_at=clock.now(),
        first_seal=first_seal,
        last_seal=last_seal,
        last_position=last_position,
        is_last=is_last,
        row_count=row_count,
        finding_count=findings.count,
        findings=[asdict(finding) for finding in findings.first],
    )
