"""BooksProof: how far the nightly proof of the books has come. It goes on where the run before ended."""

from __future__ import annotations

from django.db import models


class BooksProof(models.Model):
    """The one cursor of check_books, by name.

    journal_after: entries up to this id were proven once; they never change (append-only, sealed). step, position: the
    check that is under way, and the account or merchant behind which it goes on; empty between two rounds.
    """

    name = models.CharField(primary_key=True, max_length=32)
    journal_after = models.UUIDField(null=True)
    step = models.CharField(max_length=64, blank=True)
    position = models.CharField(max_length=64, blank=True)
    entries = models.BigIntegerField(default=0, help_text="Proven in all rounds.")
    round_started_at = models.DateTimeField(null=True)
    round_ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "proof of the books"
        verbose_name_plural = "proofs of the books"

    def __str__(self) -> str:
        return f"Proof of the books {self.name}"
