"""What the evidence says about a movement in doubt: a verdict with its reasons, for people. Pure; no database.

A suggestion decides nothing. Positive proof (a settlement line, the PSP's own word) outweighs absence, absence counts
only after the PSP's maximum report delay, and evidence that speaks both ways suggests nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.money import Money
from payments.models import CaseVerdict

HAPPENED_WORDS = frozenset({"succeeded"})
NOT_HAPPENED_WORDS = frozenset({"declined", "voided", "not_sent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtFacts:
    """What is known of one movement. Ages and delays in seconds; asked and what was seen in minor units.

    is_void: the movement is a release, which the PSP tells of as `voided`. is_decided: our books have a definite
    outcome, which something contradicts. booked: whether that outcome says that money moved. settled: on the
    statement lines that name it. told: in the webhooks and answers that say it happened. answers: the PSP's words to
    our inquiries, newest first. news: the words of its webhooks. has_reference: the PSP named it to us once.
    """

    asked: Money | None
    age_seconds: int
    report_delay_seconds: int
    is_void: bool = False
    is_decided: bool = False
    booked: bool = False
    has_reference: bool = False
    settled: Money | None = None
    told: Money | None = None
    answers: tuple[str, ...] = ()
    news: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """verdict: None when the evidence does not carry one. amount: with other_amount, what moved."""

    verdict: CaseVerdict | None
    reasons: tuple[str, ...]
    amount: Money | None = None


def suggest_verdict(facts: DoubtFacts) -> Suggestion:
    """The verdict that the evidence carries, the strongest proof first."""
    if facts.settled is not None:
        return _of_money(facts, facts.settled, "A settlement line of the PSP names it: the money moved.")
    yes, no = _says_yes(facts), _says_no(facts)
    if yes and no:
        return Suggestion(
            None, (*yes, *no, "The PSP says both: ask its support, and wait for the settlement.")
        )
    if yes:
        return _of_money(facts, facts.told, *yes)
    if no:
        return _negative(facts, *no)
    return _of_silence(facts)


def _of_money(facts: DoubtFacts, moved: Money | None, *reasons: str) -> Suggestion:
    if facts.is_decided and facts.booked:
        return Suggestion(CaseVerdict.KEEP_OURS, (*reasons, "Our books say so too."))
    if moved is not None and facts.asked is not None and moved != facts.asked:
        reason = f"It was {moved}, not the {facts.asked} asked for."
        if moved.currency != facts.asked.currency:
            return Suggestion(None, (*reasons, reason, "Another currency can not be booked on it by itself."))
        return Suggestion(CaseVerdict.OTHER_AMOUNT, (*reasons, reason), moved)
    return Suggestion(CaseVerdict.HAPPENED, reasons)


def _negative(facts: DoubtFacts, *reasons: str) -> Suggestion:
    if facts.is_decided and not facts.booked:
        return Suggestion(CaseVerdict.KEEP_OURS, (*reasons, "Our books say so too."))
    return Suggestion(CaseVerdict.DID_NOT_HAPPEN, reasons)


def _of_silence(facts: DoubtFacts) -> Suggestion:
    last = facts.answers[0] if facts.answers else ""
    is_late = facts.age_seconds > facts.report_delay_seconds
    if last == "not_found" and is_late and not facts.has_reference and not facts.is_decided:
        return Suggestion(
            CaseVerdict.DID_NOT_HAPPEN,
            ("The PSP does not know our key, and is past the time in which it would have to.",),
        )
    if last == "not_found" and facts.has_reference:
        return Suggestion(
            None, ("The PSP named it once and does not show it now: that proves nothing. Ask its support.",)
        )
    if not is_late:
        return Suggestion(None, ("The PSP may still report it: wait until its maximum delay is over.",))
    if not facts.answers:
        return Suggestion(None, ("The PSP has not been asked yet: ask it now.",))
    return Suggestion(
        None, ("The PSP gives no definite answer: ask its support, with our key and its reference.",)
    )


def _says_yes(facts: DoubtFacts) -> tuple[str, ...]:
    return _said(facts, {"voided"} if facts.is_void else HAPPENED_WORDS, "that it happened")


def _says_no(facts: DoubtFacts) -> tuple[str, ...]:
    return _said(
        facts, {"declined", "succeeded"} if facts.is_void else NOT_HAPPENED_WORDS, "that it did not happen"
    )


def _said(facts: DoubtFacts, words: frozenset[str] | set[str], what: str) -> tuple[str, ...]:
    reasons = []
    if facts.answers and facts.answers[0] in words:
        reasons.append(f"The PSP's newest answer says {what}.")
    if any(word in words for word in facts.news):
        reasons.append(f"A signed webhook of the PSP says {what}.")
    return tuple(reasons)
