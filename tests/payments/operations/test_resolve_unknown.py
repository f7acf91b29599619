"""What is in doubt: who asks, what proves what, and what reaches a person instead of being guessed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.money import Money
from foundation.resilience import breaker
from foundation.resilience.circuits import Switch
from payments.models import AttemptStatus, CaseKind, IntentStatus
from payments.operations.ask_psp import ask_psp
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.operations.sweep_due_checks import sweep_due_checks
from payments.psp.admission import circuit_of
from payments.psp.outcomes import Declined, NotFound, Succeeded, Unknown
from tests.factories.books import assert_all_decided, assert_books_agree, statuses_of_attempts
from tests.factories.later import DAY_SECONDS, later, look_after
from tests.factories.shop import Shop


def success(shop: Shop, amount: int = 10_00, currency: str = "usd") -> Succeeded:
    moved = Money(amount, currency)
    return Succeeded(psp_reference="pi_late", amount=moved, captured=moved, fee=Money(59, currency))


def record(shop: Shop, intent: object, outcome: object) -> None:
    attempt = shop.attempt(intent)  # type: ignore[type-var]
    record_attempt_outcome(
        merchant_id=shop.id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt.id,
        outcome=outcome,  # type: ignore[arg-type]
        call=None,
    )


def test_looks_follow_the_schedule(shop: Shop) -> None:
    shop.psp.fails("error_before_booking")
    shop.psp.fails("inquiry_lag", operation="inquire", times=99, seconds=9_000)
    intent = shop.pays()
    sent_at = shop.attempt(intent).submitted_at
    assert sent_at is not None

    waits = [(shop.attempt(intent).next_check_at - sent_at).total_seconds()]  # type: ignore[operator]
    for seconds in (11, 31):
        look_after(seconds)
        waits.append((shop.attempt(intent).next_check_at - sent_at).total_seconds())  # type: ignore[operator]

    assert waits == [10, 30, 61]


def test_look_that_our_own_guard_turned_away_is_made_up_for_within_a_minute(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    circuit = circuit_of(shop.account.public_id, "inquire")
    breaker.switch(circuit, Switch.OPEN)
    look_after(125)
    assert shop.fresh(intent).status == IntentStatus.PROCESSING

    breaker.switch(circuit, Switch.AUTOMATIC)
    look_after(125 + 61)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


def test_charge_that_the_psp_does_not_report_yet_is_not_given_up(shop: Shop) -> None:
    shop.account.maximum_report_delay_seconds = 900
    shop.account.save(update_fields=["maximum_report_delay_seconds"])
    shop.psp.fails("error_after_booking")
    shop.psp.fails("inquiry_lag", operation="inquire", times=99, seconds=600)
    intent = shop.pays(10_00)

    for seconds in (11, 31, 121, 580):
        look_after(seconds)
        assert shop.fresh(intent).status == IntentStatus.PROCESSING
    look_after(611)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_unknown_that_stays_unknown_is_put_before_a_person_once_and_taken_back_when_known(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    shop.psp.fails("error_before_booking", operation="inquire", times=3)
    intent = shop.pays(10_00)

    look_after(11)
    assert shop.cases() == []
    look_after(62)
    look_after(130)
    assert [(kind, about) for kind, about, _ in shop.cases()] == [(CaseKind.IN_DOUBT, "attempt")]
    assert shop.fresh(intent).status == IntentStatus.PROCESSING
    assert shop.events().count("case.opened") == 1
    look_after(2 * DAY_SECONDS)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.cases() == []
    assert_books_agree(shop)


def test_success_that_comes_after_its_absence_was_proven_moves_nothing_and_asks_a_person(shop: Shop) -> None:
    shop.psp.fails("error_before_booking")
    intent = shop.pays(10_00)
    look_after(11)
    look_after(63)
    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT]
    before = shop.balances()

    for _ in range(2):
        record(shop, intent, success(shop))

    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT]
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CONFIRMATION
    assert shop.balances() == before == {}
    [(kind, about, evidence)] = shop.cases()
    assert (kind, about) == ("contradiction", "attempt")
    assert (evidence["recorded"], evidence["psp_says"]) == ("not_sent", "succeeded")


@pytest.mark.parametrize("outcome", [Declined(code="card_declined"), NotFound(), Unknown(reason="no_answer")])
def test_proven_success_is_never_lowered(shop: Shop, outcome: object) -> None:
    intent = shop.pays(10_00)

    with later(2 * DAY_SECONDS):
        record(shop, intent, outcome)

    assert shop.attempt(intent).status == AttemptStatus.SUCCEEDED
    assert_books_agree(shop)


def test_success_of_a_capture_that_had_failed_asks_a_person(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("status_429", operation="capture")
    capture = shop.captures(intent)

    record_capture_outcome(merchant_id=shop.id, capture_id=capture.id, outcome=success(shop), call=None)

    assert [(kind, about) for kind, about, _ in shop.cases()] == [("contradiction", "capture")]
    assert_books_agree(shop)


def test_payment_that_the_psp_itself_named_is_not_given_up_when_it_is_not_found(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_authenticationRequired")

    with later(DAY_SECONDS):
        record(shop, intent, NotFound())

    assert shop.attempt(intent).status == AttemptStatus.REQUIRES_ACTION
    assert shop.attempt(intent).next_check_at is not None


# --- What the PSP moved, not what was asked for


@pytest.mark.parametrize(("delta", "moved"), [(-1, 9_99), (500, 15_00)])
def test_charge_of_another_amount_is_booked_as_moved_and_put_before_a_person(
    shop: Shop, delta: int, moved: int
) -> None:
    shop.psp.fails("wrong_amount", delta=delta)

    intent = shop.pays(10_00)

    assert (intent.status, intent.amount_minor, intent.amount_received_minor) == (
        IntentStatus.SUCCEEDED,
        10_00,
        moved,
    )
    [(kind, about, evidence)] = shop.cases()
    assert (kind, about) == ("amount_differs", "attempt")
    assert (evidence["asked"], evidence["moved"]) == (str(Money(10_00, "usd")), str(Money(moved, "usd")))
    assert_books_agree(shop)


def test_authorization_of_another_amount_holds_what_the_issuer_holds(shop: Shop) -> None:
    shop.psp.fails("wrong_amount", delta=-100)

    intent = shop.authorizes(10_00)

    assert (intent.status, intent.amount_capturable_minor) == (IntentStatus.REQUIRES_CAPTURE, 9_00)
    assert [kind for kind, _, _ in shop.cases()] == ["amount_differs"]
    assert_books_agree(shop)
    shop.captures(intent)
    assert shop.fresh(intent).amount_received_minor == 9_00
    assert_books_agree(shop)


def test_answer_in_another_currency_is_booked_nowhere_and_put_before_a_person(shop: Shop) -> None:
    shop.psp.fails("error_before_booking")
    intent = shop.pays(10_00)

    record(shop, intent, success(shop, currency="eur"))

    assert shop.attempt(intent).status == AttemptStatus.UNKNOWN
    assert shop.balances() == {}
    assert [kind for kind, _, _ in shop.cases()] == ["currency_differs"]


# --- Amounts that the PSP counts otherwise


@pytest.mark.parametrize(
    ("amount", "currency", "fee"),
    [(5_000, "jpy", 175), (12_500, "kwd", 663), (5_001, "isk", 145), (500_000, "mga", 17_500)],
)
def test_currencies_are_booked_in_their_own_minor_units(
    shop: Shop, amount: int, currency: str, fee: int
) -> None:
    intent = shop.pays(amount, currency)

    attempt = shop.attempt(intent)
    assert (intent.status, attempt.amount_captured_minor) == (IntentStatus.SUCCEEDED, amount)
    assert attempt.fee_minor == fee
    assert shop.ledger("psp_clearing", currency) == amount - fee


def test_amount_that_the_psp_cannot_express_is_declined_without_a_call(shop: Shop) -> None:
    intent = shop.pays(501, "mga")

    assert shop.attempt(intent).error_code == "amount_not_representable"
    assert shop.psp.charges("mga") == 0


# --- Who asks


def test_sweep_stages_each_due_look_once_a_minute(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    shop.pays()

    assert sweep_due_checks() == 0
    with later(30):
        for _ in range(3):
            sweep_due_checks()

    assert Job.objects.filter(merchant_id=shop.id, name="payments.resolve_unknown").count() == 1


def test_look_that_died_is_staged_again_in_the_next_minute(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    shop.pays()

    for seconds in (30, 95):
        with later(seconds):
            sweep_due_checks()

    assert Job.objects.filter(merchant_id=shop.id, name="payments.resolve_unknown").count() == 2


def test_agent_with_the_customer_on_the_line_can_ask_at_once(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    question = new_id()

    looks = [ask_psp(merchant_id=shop.id, payment_intent_id=intent.id, asked=question) for _ in range(2)]
    run_due_jobs()

    assert looks[0] == 1
    assert Job.objects.filter(merchant_id=shop.id, name="payments.resolve_unknown").count() == 1
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


def test_agent_who_asks_while_the_call_is_under_way_proves_nothing(shop: Shop) -> None:
    shop.account.maximum_report_delay_seconds = 1
    shop.account.save(update_fields=["maximum_report_delay_seconds"])
    intent = shop.intent()
    from payments.operations.confirm_payment_intent import confirm_payment_intent

    confirm_payment_intent(
        merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=new_id(), in_background=True
    )
    attempt = shop.attempt(intent)
    attempt.submit()
    attempt.submitted_at = clock.now() - timedelta(seconds=8)
    attempt.save()
    Job.objects.all().delete()

    ask_psp(merchant_id=shop.id, payment_intent_id=intent.id, asked=new_id())
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.UNKNOWN


def test_nothing_is_left_to_look_at_once_all_is_known(shop: Shop) -> None:
    shop.captures(shop.authorizes(10_00))
    shop.gives_back(shop.pays(5_00))
    shop.cancels(shop.authorizes(3_00))
    shop.pays(token="pm_card_chargeDeclined")

    with later(2 * DAY_SECONDS):
        assert sweep_due_checks() == 0
    assert_all_decided(shop)
    assert_books_agree(shop)
