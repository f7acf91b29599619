"""What the customer is told at a step of dunning: an event with the policy's words, for whoever writes the message."""

from __future__ import annotations

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import DunningRun, DunningTry, Invoice, RunStatus
from subscriptions.shapes.dunning import dunning_step_shape
from subscriptions.steps.announce import announce
from subscriptions.steps.check_dunning_terms import FINAL


@joins_transaction
def announce_step(run: DunningRun, made: DunningTry, invoice: Invoice) -> None:
    """After the run moved on by a step of its schedule. Publishes invoice.dunning_step."""
    shape = dunning_step_shape(
        run, made, invoice, words=words_of(run, invoice), livemode=invoice.merchant.livemode
    )
    announce(made, events.INVOICE_DUNNING_STEP, shape)


def words_of(run: DunningRun, invoice: Invoice) -> str:
    """The policy's words for the step that was just used up; empty where it has none."""
    if run.policy is None:
        return ""
    step = FINAL if run.status == RunStatus.EXHAUSTED else str(run.tries_used)
    words = str(run.policy.messages.get(step, ""))
    owed = Money(invoice.amount_remaining.amount_minor, invoice.currency)
    return words.replace("{amount}", str(owed)).replace("{number}", invoice.number)
