"""The nightly proof: every check of the books over every merchant, an error at the first difference."""

from __future__ import annotations

import logging
from dataclasses import asdict

from foundation.transactions import outside_transaction
from ledger.queries.verify import BooksDiffer, verify_books

log = logging.getLogger(__name__)


@outside_transaction
def check_books() -> None:
    """Run verify_books over everything.

    Raises: BooksDiffer at the first difference, which leaves the job among the dead and so calls a person
    (docs/runbooks/books-differ.md). Writes nothing. Safe to repeat.
    """
    verification = verify_books(limit=1)
    if not verification.is_whole:
        first = verification.differences[0]
        log.error("books_differ", extra=asdict(first))
        raise BooksDiffer(f"{first.check}: {first.subject}: expected {first.expected}, found {first.found}")
    log.info("books_whole", extra={"entries": verification.entries, "postings": verification.postings})
