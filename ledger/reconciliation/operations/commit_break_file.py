"""Have a file of breaks done."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from ledger.models import BreakFile
from ledger.reconciliation.errors import BreakFileCommitted, TwoPeopleNeeded
from ledger.reconciliation.locks import lock_break_file


@owns_transaction
def commit_break_file(*, merchant_id: UUID, file_id: UUID, may_write_off: bool) -> BreakFile:
    """A person who has seen the preview lets it be done, in their name.

    may_write_off: whether they may ask for write-offs.
    Raises: ResourceMissing; TwoPeopleNeeded unless a person commits; BreakFileCommitted.
    Writes: the file, one job.
    Not safe to repeat: the second commit is refused.
    """
    file = lock_break_file(merchant_id, file_id)
    if not current().is_person:
        raise TwoPeopleNeeded("A file of breaks is committed by a person.")
    if file.status != BreakFile.Status.PREVIEWED:
        raise BreakFileCommitted()
    file.commit(current().actor, clock.now(), may_write_off=may_write_off)
    file.save()
    stage_job(
        "ledger.apply_break_file",
        {"merchant_id": str(merchant_id), "file_id": str(file_id)},
        merchant_id=merchant_id,
        dedupe_key=f"break_file:{file_id}",
    )
    return file
