"""The nightly proof: every check of the books over every merchant, slice by slice, an error at the first difference."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from time import monotonic
from uuid import UUID

from foundation import clock
from foundation.ids import first_id_at
from foundation.tenancy.queries import find_merchant_id_after
from foundation.transactions import outside_transaction, owns_transaction
from ledger.models import BooksProof
from ledger.queries.proof_slices import ProvenSlice, prove_accounts, prove_entries
from ledger.queries.verify import SEALS, BooksDiffer, Difference, check_merchant, check_names, unhurried

log = logging.getLogger(__name__)

# A slice that overruns still ends before the job's limit of 45 s.
SECONDS = 15.0
STATEMENT_SECONDS = 25
ENTRIES_PER_SLICE = 20_000
ACCOUNTS_PER_SLICE = 50

# Ids are made before their transaction commits: what became visible late has an id of this long ago at most.
OVERLAP = timedelta(days=1)

JOURNAL = "journal"
ACCOUNTS = "accounts"
# Proven by the two slices above; the seals are verified all day by a job of their own.
ELSEWHERE = {
    "entries_are_whole",
    "postings_fit_entry_and_account",
    "reversals_undo_their_entries",
    "balances_equal_replay",
    "guarded_accounts_hold",
    SEALS,
}
_NAME = "books"
_NOTHING = UUID(int=0)


@outside_transaction
def check_books(*, seconds: float = SECONDS, entries_per_slice: int = ENTRIES_PER_SLICE) -> bool:
    """Go on where the last call ended, for about `seconds`. True when the round over everything has ended.

    A round proves the entries since the last one, every account against all of its postings, and every other check of
    verify_books merchant by merchant.
    Raises: BooksDiffer at the first difference, which leaves the job among the dead and so calls a person
    (docs/runbooks/books-differ.md); the next call looks at the same slice again.
    Writes: the BooksProof. Safe to repeat, and two at once: they prove the same twice.
    """
    until = monotonic() + seconds
    with unhurried(STATEMENT_SECONDS):
        while True:
            if _prove_next(entries_per_slice):
                log.info("books_whole")
                return True
            if monotonic() > until:
                return False


def _prove_next(entries_per_slice: int) -> bool:
    """One slice. True behind the last one of a round."""
    proof = BooksProof.objects.filter(name=_NAME).first() or BooksProof(name=_NAME)
    steps = [JOURNAL, ACCOUNTS, *(name for name in check_names() if name not in ELSEWHERE)]
    if proof.step not in steps:
        proof.step, proof.position, proof.round_started_at = steps[0], "", clock.now()
        if proof.journal_after is not None:
            proof.journal_after = min(proof.journal_after, first_id_at(clock.now() - OVERLAP))
    if proof.step == JOURNAL:
        found = prove_entries(proof.journal_after or _NOTHING, entries_per_slice)
        proof.entries += found.count
        proof.journal_after = found.last or proof.journal_after
        is_done = found.count < entries_per_slice
    elif proof.step == ACCOUNTS:
        found = prove_accounts(UUID(proof.position) if proof.position else _NOTHING, ACCOUNTS_PER_SLICE)
        proof.position = str(found.last or "")
        is_done = found.count < ACCOUNTS_PER_SLICE
    else:
        found, is_done = _prove_merchant(proof)
    if found.first is not None:
        _raise(found.first)
    if is_done:
        place = steps.index(proof.step) + 1
        proof.step, proof.position = (steps[place] if place < len(steps) else ""), ""
        if not proof.step:
            proof.round_ended_at = clock.now()
    _keep(proof)
    return not proof.step


def _prove_merchant(proof: BooksProof) -> tuple[ProvenSlice, bool]:
    merchant_id = find_merchant_id_after(UUID(proof.position) if proof.position else None)
    if merchant_id is None:
        return ProvenSlice(0, None, None), True
    proof.position = str(merchant_id)
    return ProvenSlice(1, merchant_id, check_merchant(proof.step, merchant_id)), False


@owns_transaction
def _keep(proof: BooksProof) -> None:
    proof.save()


def _raise(first: Difference) -> None:
    log.error("books_differ", extra=asdict(first))
    raise BooksDiffer(f"{first.check}: {first.subject}: expected {first.expected}, found {first.found}")
