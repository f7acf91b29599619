"""Declines in plain words."""

from __future__ import annotations

import re

import pytest

from payments.declines import FALLBACK, HARD_DECLINES, decline_message
from payments.psp.stripe.reading import RETRYABLE_DECLINES


@pytest.mark.parametrize(
    ("code", "decline_code", "sentence"),
    [
        ("card_declined", "insufficient_funds", "There is not enough money on the card."),
        ("expired_card", "", "The card has expired."),
        ("expired_card", "generic_decline", "The card was declined. The customer has to ask the bank why."),
        ("card_declined", "a_code_of_tomorrow", FALLBACK),
        ("", "", FALLBACK),
    ],
)
def test_decline_code_speaks_before_the_code(code: str, decline_code: str, sentence: str) -> None:
    assert decline_message(code, decline_code) == sentence


@pytest.mark.parametrize("code", ["lost_card", "stolen_card", "pickup_card", "fraudulent"])
def test_agent_is_told_what_not_to_tell(code: str) -> None:
    assert "Do not tell the customer why." in decline_message("card_declined", code)


def test_no_hard_decline_is_tried_again() -> None:
    assert set() == HARD_DECLINES & RETRYABLE_DECLINES


@pytest.mark.parametrize("code", sorted(RETRYABLE_DECLINES | HARD_DECLINES))
def test_every_decline_that_we_weigh_has_a_sentence(code: str) -> None:
    assert re.fullmatch(r"[A-Z].*\.", decline_message("card_declined", code))
    assert decline_message("card_declined", code) != FALLBACK
