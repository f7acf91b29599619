"""The guard around every connector: deadlines, circuits, turns and pace, with the real connector and a real PSP."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.money import Money
from foundation.resilience import breaker
from foundation.resilience.bulkhead import bulkhead
from foundation.resilience.circuits import UNANSWERED_IN_A_ROW, CallResult, CircuitState, Permit, Switch
from foundation.resilience.hedging import MIN_RECENT
from foundation.resilience.redis_client import KEY_PREFIX, get_redis, outage
from payments.psp.admission import LEASE_SECONDS, STUCK_SECONDS, circuit_of, result_of
from payments.psp.outcomes import NotFound, NotSent, Succeeded, Unknown
from payments.psp.port import (
    AuthorizeRequest,
    CaptureRequest,
    Credentials,
    InquireRequest,
    RefundRequest,
    SaveTokenRequest,
    SetupRequest,
    VoidRequest,
)
from payments.psp.registry import connector_for
from tests.factories.scripted_psp import ScriptedPsp

TEN = Money(10_00, "usd")
guarded = connector_for("stripe")
# Nobody listens on the discard port.
DEAD_REDIS = "redis://127.0.0.1:9/0"
_keys = itertools.count()


@pytest.fixture
def credentials(psp: ScriptedPsp) -> Iterator[Credentials]:
    made = Credentials(
        account_id=f"psp_{new_id().hex}", secret_key=psp.key, base_url=psp.base_url, deadline_seconds=2
    )
    yield made
    client = get_redis()
    for key in client.scan_iter(f"{KEY_PREFIX}*{made.account_id}*"):
        client.delete(key)


def order() -> AuthorizeRequest:
    return AuthorizeRequest(psp_key=f"ch_{new_id().hex}_{next(_keys)}", amount=TEN, token="pm_card_visa")


def question() -> InquireRequest:
    return InquireRequest(kind="attempt", psp_key="ch_unheard_of", amount=TEN)


def force(credentials: Credentials, operation: str, to: Switch) -> None:
    breaker.switch(circuit_of(credentials.account_id, operation), to)


def state(credentials: Credentials, operation: str) -> CircuitState:
    return breaker.read([circuit_of(credentials.account_id, operation)])[0].state


def fail_ten_times(credentials: Credentials, operation: str) -> None:
    circuit = circuit_of(credentials.account_id, operation)
    for _ in range(10):
        breaker.record(circuit, CallResult.UNANSWERED, permit=breaker.ask(circuit))


MOVES: dict[str, Any] = {
    "authorize": order(),
    "capture": CaptureRequest(
        psp_key="cap_1", psp_reference="pi_1", amount=TEN, captured_before=Money.zero("usd"), is_final=True
    ),
    "void": VoidRequest(psp_key="void_1", psp_reference="pi_1"),
    "refund": RefundRequest(psp_key="re_1", psp_reference="pi_1", amount=TEN),
    "set_up": SetupRequest(psp_key="seti_1", token="pm_card_visa"),
    "save_token": SaveTokenRequest(psp_key="tok_1", customer_key="cus_1", token="pm_card_visa"),
}


@pytest.mark.parametrize("operation", MOVES)
def test_an_open_circuit_refuses_with_certainty_and_nothing_leaves(
    credentials: Credentials, psp: ScriptedPsp, operation: str
) -> None:
    force(credentials, operation, Switch.OPEN)

    answer = getattr(guarded, operation)(credentials, MOVES[operation])

    assert answer.outcome == NotSent(reason="breaker_open")
    assert (answer.call.answer, answer.call.http_status) == ({"not_sent": "breaker_open"}, None)
    assert psp.books() == {}


def test_a_refused_inquiry_proves_nothing_and_leaves_no_row(credentials: Credentials) -> None:
    force(credentials, "inquire", Switch.OPEN)

    answer = guarded.inquire(credentials, question())

    assert answer.outcome == Unknown(reason="breaker_open")
    assert answer.call is None


def test_a_refused_look_at_a_token_is_no_word_about_the_token(credentials: Credentials) -> None:
    force(credentials, "describe_token", Switch.OPEN)

    described = guarded.describe_token(credentials, "pm_card_visa")

    assert (described.card, described.call.outcome) == (None, "unknown_breaker_open")


def test_ten_calls_without_an_answer_open_the_circuit_of_that_operation_only(
    credentials: Credentials, psp: ScriptedPsp
) -> None:
    away = replace(credentials, base_url="http://127.0.0.1:9")
    for _ in range(10):
        assert guarded.authorize(away, order()).outcome == NotSent(reason="no_connection")

    assert guarded.authorize(credentials, order()).outcome == NotSent(reason="breaker_open")
    assert isinstance(guarded.inquire(credentials, question()).outcome, NotFound)
    assert [state(credentials, name) for name in ("authorize", "capture", "refund", "inquire")] == [
        CircuitState.OPEN,
        CircuitState.CLOSED,
        CircuitState.CLOSED,
        CircuitState.CLOSED,
    ]
    assert psp.charges() == 0


def test_when_the_pause_is_over_one_probe_that_is_answered_closes_it(
    credentials: Credentials, psp: ScriptedPsp
) -> None:
    fail_ten_times(credentials, "authorize")
    assert guarded.authorize(credentials, order()).outcome == NotSent(reason="breaker_open")
    _let_the_pause_pass(credentials, "authorize")

    answer = guarded.authorize(credentials, order())

    assert isinstance(answer.outcome, Succeeded)
    assert state(credentials, "authorize") is CircuitState.CLOSED
    assert psp.charges() == 1


def test_an_open_inquiry_circuit_lets_its_probe_through_too(credentials: Credentials) -> None:
    fail_ten_times(credentials, "inquire")
    assert guarded.inquire(credentials, question()).outcome == Unknown(reason="breaker_open")
    _let_the_pause_pass(credentials, "inquire")

    assert isinstance(guarded.inquire(credentials, question()).outcome, NotFound)
    assert state(credentials, "inquire") is CircuitState.CLOSED


def test_declines_never_open_a_circuit(credentials: Credentials) -> None:
    declined = replace(order(), token="pm_card_chargeDeclined")
    for number in range(12):
        guarded.authorize(credentials, replace(declined, psp_key=f"{declined.psp_key}_{number}"))

    reading = breaker.read([circuit_of(credentials.account_id, "authorize")])[0]

    assert (reading.state, reading.calls, reading.errors) == (CircuitState.CLOSED, 12, 0)


@pytest.mark.parametrize(
    ("word", "http_status", "result"),
    [
        ("succeeded", 200, CallResult.ANSWERED),
        ("declined", 402, CallResult.ANSWERED),
        ("requires_action", 200, CallResult.ANSWERED),
        ("pending", 200, CallResult.ANSWERED),
        ("not_found", 404, CallResult.ANSWERED),
        ("unknown", 409, CallResult.ANSWERED),
        ("unknown", 404, CallResult.ANSWERED),
        ("unknown", 500, CallResult.UNANSWERED),
        ("unknown", 200, CallResult.UNANSWERED),
        ("not_sent", 429, CallResult.FAILED),
        ("not_sent", 401, CallResult.FAILED),
        ("unknown", None, CallResult.UNANSWERED),
        ("not_sent", None, CallResult.UNANSWERED),
        ("unknown_APIConnectionErr", None, CallResult.UNANSWERED),
        ("declined", None, None),
    ],
)
def test_a_circuit_learns_from_what_really_happened(
    word: str, http_status: int | None, result: CallResult | None
) -> None:
    assert result_of(word, http_status) is result


@pytest.mark.parametrize(
    ("fault", "errors", "unanswered"),
    [
        ("error_before_booking", 1, 1),
        ("status_429", 1, 0),
        ("reset_after_booking", 1, 1),
        ("garbage_after_booking", 1, 1),
    ],
)
def test_faults_of_the_psp_are_counted_as_what_they_are(
    credentials: Credentials, psp: ScriptedPsp, fault: str, errors: int, unanswered: int
) -> None:
    psp.fails(fault)

    guarded.authorize(credentials, order())

    reading = breaker.read([circuit_of(credentials.account_id, "authorize")])[0]
    assert (reading.calls, reading.errors, reading.unanswered_in_a_row) == (1, errors, unanswered)


def test_an_operation_may_have_a_deadline_of_its_own(credentials: Credentials, psp: ScriptedPsp) -> None:
    psp.fails("answer_late", seconds=1.5)
    hurried = replace(credentials, deadlines={"authorize": 1})

    answer = guarded.authorize(hurried, order())

    assert answer.outcome == Unknown(reason="no_answer")
    assert hurried.deadline_of("capture") == 2


def test_where_every_turn_is_taken_a_charge_waits_and_then_is_not_sent(
    credentials: Credentials, psp: ScriptedPsp, settings: Any
) -> None:
    settings.PSP_CALLS_AT_ONCE = 1

    with bulkhead(f"psp:{credentials.account_id}", limit=1, lease_seconds=30):
        charge = guarded.authorize(credentials, order())
        look = guarded.inquire(credentials, question())

    assert charge.outcome == NotSent(reason="bulkhead_full")
    assert look.outcome == Unknown(reason="bulkhead_full")
    assert psp.books() == {}
    assert isinstance(guarded.authorize(credentials, order()).outcome, Succeeded)


@pytest.mark.parametrize(
    ("held_seconds", "after"), [(STUCK_SECONDS + 1, CircuitState.OPEN), (0, CircuitState.CLOSED)]
)
def test_turns_that_are_all_held_by_calls_that_hang_open_the_circuit_and_a_mere_crowd_does_not(
    credentials: Credentials, psp: ScriptedPsp, settings: Any, held_seconds: float, after: CircuitState
) -> None:
    settings.PSP_CALLS_AT_ONCE = 1
    lease_left = LEASE_SECONDS - held_seconds
    for _ in range(UNANSWERED_IN_A_ROW - 1):
        breaker.record(
            circuit_of(credentials.account_id, "authorize"),
            CallResult.STUCK,
            permit=Permit(False, CircuitState.CLOSED),
        )

    with bulkhead(f"psp:{credentials.account_id}", limit=1, lease_seconds=lease_left):
        charge = guarded.authorize(credentials, order())

    assert charge.outcome == NotSent(reason="bulkhead_full")
    assert state(credentials, "authorize") is after
    assert state(credentials, "inquire") is CircuitState.CLOSED
    assert psp.books() == {}


def test_a_look_that_finds_no_turn_cuts_nobody_off(credentials: Credentials, settings: Any) -> None:
    settings.PSP_CALLS_AT_ONCE = 1

    with bulkhead(f"psp:{credentials.account_id}", limit=1, lease_seconds=LEASE_SECONDS - STUCK_SECONDS - 1):
        look = guarded.inquire(credentials, question())

    assert look.outcome == Unknown(reason="bulkhead_full")
    assert state(credentials, "inquire") is CircuitState.CLOSED


def test_a_full_house_at_one_account_is_none_at_the_other(credentials: Credentials, settings: Any) -> None:
    settings.PSP_CALLS_AT_ONCE = 1
    other = replace(credentials, account_id=f"psp_{new_id().hex}")

    with bulkhead(f"psp:{other.account_id}", limit=1, lease_seconds=30):
        answer = guarded.authorize(credentials, order())

    assert isinstance(answer.outcome, Succeeded)


def test_inquiries_beyond_the_calls_per_second_do_not_wait(credentials: Credentials) -> None:
    slow = replace(credentials, calls_per_second=1)

    first, second = (guarded.inquire(slow, question()).outcome for _ in range(2))

    assert (first, second) == (NotFound(), Unknown(reason="rate_limited"))


def test_charges_beyond_the_calls_per_second_wait_for_their_turn(
    credentials: Credentials, psp: ScriptedPsp
) -> None:
    steady = replace(credentials, calls_per_second=4)

    outcomes = [guarded.authorize(steady, order()).outcome for _ in range(6)]

    assert all(isinstance(outcome, Succeeded) for outcome in outcomes)
    assert psp.charges() == 6


def test_without_redis_calls_pass_and_the_process_breaks_its_own_circuit(
    credentials: Credentials, psp: ScriptedPsp, settings: Any
) -> None:
    settings.REDIS_URL = DEAD_REDIS
    limited = replace(credentials, calls_per_second=1)
    try:
        assert isinstance(guarded.authorize(limited, order()).outcome, Succeeded)
        assert isinstance(guarded.authorize(limited, order()).outcome, Succeeded)

        fail_ten_times(credentials, "authorize")
        assert guarded.authorize(credentials, order()).outcome == NotSent(reason="breaker_open")
    finally:
        outage.end()
    assert psp.charges() == 2


def test_a_slow_inquiry_is_asked_again_and_answered_while_the_first_still_hangs(
    credentials: Credentials, psp: ScriptedPsp
) -> None:
    for _ in range(MIN_RECENT):
        guarded.inquire(credentials, question())
    psp.fails("answer_late", operation="inquire", seconds=5)

    answer = guarded.inquire(credentials, question())

    assert isinstance(answer.outcome, NotFound)


def _let_the_pause_pass(credentials: Credentials, operation: str) -> None:
    # Redis has its own clock: what is stored moves into the past instead.
    circuit = circuit_of(credentials.account_id, operation)
    key = f"{KEY_PREFIX}breaker:{circuit.subject}:{circuit.operation}"
    client = get_redis()
    client.hset(key, "opened_at", str(float(client.hget(key, "opened_at")) - 31))
