"""Disputes: opened by a magic card or by hand, answered once, decided by what the evidence says or by time."""

import io

import pytest
import stripe

ACCOUNT = "sk_test_first"
DAY = 24 * 3600
# As the sandbox of these tests settles: `settle_seconds` of the fixture.
SETTLED = 61


@pytest.fixture
def client(sandbox):
    """Files go to the same host."""
    urls = {"api": sandbox.base_url, "files": sandbox.base_url}
    return stripe.StripeClient(ACCOUNT, base_addresses=urls, max_network_retries=0)


@pytest.fixture
def time_passes(plain):
    def advance(seconds=SETTLED):
        status, answer, _ = plain("POST", "/sandbox/clock", {"advance_seconds": seconds})
        assert status == 200
        return answer["worked_off"]

    return advance


@pytest.fixture
def dispute(client, plain, pay):
    """A claim against a payment of 10.00, as wished."""

    def open_by_hand(paid=None, **wish):
        paid = paid or pay()
        status, body, _ = plain(
            "POST", "/sandbox/disputes", {"account": ACCOUNT, "payment_intent": paid.id, **wish}
        )
        assert status == 200, body
        return client.v1.disputes.retrieve(body["id"])

    return open_by_hand


@pytest.fixture
def decide(client, plain):
    def as_the_bank(dispute_id, verdict):
        body = {"account": ACCOUNT, "verdict": verdict}
        status, answer, _ = plain("POST", f"/sandbox/disputes/{dispute_id}", body)
        assert status == 200, answer
        return client.v1.disputes.retrieve(dispute_id)

    return as_the_bank


def file_of(content, name="receipt.pdf"):
    file = io.BytesIO(content)
    file.name = name
    return file


def moved(dispute):
    return [(row.amount, row.fee, row.reporting_category) for row in dispute.balance_transactions]


@pytest.mark.parametrize(
    ("card", "opened"),
    [
        ("createDispute", [(1000, "fraudulent", "needs_response", "chargeback")]),
        (
            "createDisputeProductNotReceived",
            [(1000, "product_not_received", "needs_response", "chargeback")],
        ),
        ("createDisputeInquiry", [(1000, "fraudulent", "warning_needs_response", "inquiry")]),
        ("createMultipleDisputes", [(500, "fraudulent", "needs_response", "chargeback")] * 2),
        ("createCeDisputeEligible", [(1000, "fraudulent", "needs_response", "chargeback")]),
        ("createComplianceDispute", [(1000, "noncompliant", "needs_response", "compliance")]),
        ("sandbox_rapid_resolution", [(1000, "fraudulent", "lost", "chargeback")]),
        ("createIssuerFraudRecord", []),
    ],
)
def test_a_magic_card_opens_its_claim_some_time_after_the_charge(client, pay, time_passes, card, opened):
    paid = pay(payment_method=f"pm_card_{card}")
    assert client.v1.disputes.list({"payment_intent": paid.id}).data == []

    time_passes()

    found = client.v1.disputes.list({"charge": paid.latest_charge}).data
    assert [
        (one.amount, one.reason, one.status, one.payment_method_details.card.case_type) for one in found
    ] == opened
    warned = client.v1.radar.early_fraud_warnings.list({"payment_intent": paid.id}).data
    assert len(warned) == (card == "createIssuerFraudRecord")


def test_a_payment_that_is_captured_later_is_disputed_after_that(client, pay, time_passes):
    held = pay(payment_method="pm_card_createDispute", capture_method="manual")
    time_passes()
    assert client.v1.disputes.list().data == []

    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 600})
    time_passes()

    assert [one.amount for one in client.v1.disputes.list().data] == [600]


def test_opening_takes_the_amount_and_a_fee_from_the_balance(client, dispute):
    opened = dispute()

    assert moved(opened) == [(-1000, 1500, "dispute")]
    (transaction,) = client.v1.balance_transactions.list({"type": "adjustment"}).data
    assert (transaction.net, transaction.source, transaction.status) == (-2500, opened.id, "available")
    assert client.v1.charges.retrieve(opened.charge).disputed
    assert client.v1.balance.retrieve().available[0].amount == -2500


@pytest.mark.parametrize(
    ("word", "status", "movements"),
    [
        ("winning_evidence", "won", [(-1000, 1500, "dispute"), (1000, 0, "dispute_reversal")]),
        ("losing_evidence", "lost", [(-1000, 1500, "dispute")]),
        ("our own words", "under_review", [(-1000, 1500, "dispute")]),
    ],
)
def test_what_the_evidence_says_decides_it(client, dispute, time_passes, word, status, movements):
    opened = dispute()

    sent = client.v1.disputes.update(opened.id, {"evidence": {"uncategorized_text": word}})
    time_passes()

    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    decided = client.v1.disputes.retrieve(opened.id)
    assert (decided.status, moved(decided)) == (status, movements)


@pytest.mark.parametrize(
    ("word", "status", "movements"),
    [
        ("winning_evidence", "warning_closed", []),
        ("losing_evidence", "warning_closed", []),
        ("escalate_inquiry_evidence", "needs_response", [(-1000, 1500, "dispute")]),
    ],
)
def test_an_inquiry_closes_without_a_cent_or_becomes_a_chargeback(
    client, dispute, time_passes, word, status, movements
):
    opened = dispute(stage="inquiry")
    assert moved(opened) == []

    client.v1.disputes.update(opened.id, {"evidence": {"uncategorized_text": word}})
    time_passes()

    decided = client.v1.disputes.retrieve(opened.id)
    assert (decided.status, moved(decided)) == (status, movements)


def test_nobody_answers_in_time(client, dispute, time_passes):
    chargeback, inquiry = dispute(), dispute(stage="inquiry")
    time_passes(chargeback.evidence_details.due_by - chargeback.created - 60)
    assert client.v1.disputes.retrieve(chargeback.id).status == "needs_response"

    time_passes(120)
    assert client.v1.disputes.retrieve(chargeback.id).status == "lost"
    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_needs_response"

    time_passes(120 * DAY)
    assert client.v1.disputes.retrieve(inquiry.id).status == "warning_closed"


def test_closing_is_losing_and_only_once(client, dispute):
    opened = dispute()

    assert client.v1.disputes.close(opened.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.close(opened.id)


def test_evidence_is_staged_freely_and_sent_once(client, dispute):
    opened = dispute()

    staged = client.v1.disputes.update(opened.id, {"evidence": {"customer_name": "Ada"}, "submit": False})
    client.v1.disputes.update(opened.id, {"evidence": {"customer_name": ""}, "submit": False})
    with pytest.raises(stripe.InvalidRequestError, match="no evidence"):
        client.v1.disputes.update(opened.id, {"submit": True})
    client.v1.disputes.update(opened.id, {"evidence": {"service_date": "2026-11-20"}})
    with pytest.raises(stripe.InvalidRequestError, match="already been submitted"):
        client.v1.disputes.update(opened.id, {"evidence": {"customer_name": "Ada"}, "submit": False})

    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    sent = client.v1.disputes.retrieve(opened.id)
    assert (sent.evidence.customer_name, sent.evidence.service_date) == (None, "2026-11-20")


def test_a_file_is_known_by_its_content_and_named_by_its_id(client, sandbox, dispute):
    opened = dispute()
    params = {"purpose": "dispute_evidence"}

    file, again = (
        client.v1.files.create(params | {"file": file_of(b"\x89PNG\r\n\x1a\n")}, {"idempotency_key": "one"})
        for _ in range(2)
    )
    sent = client.v1.disputes.update(opened.id, {"evidence": {"receipt": file.id}})

    assert (file.id, file.type, file.size, file.filename) == (again.id, "png", 8, "receipt.pdf")
    assert sent.evidence.receipt == file.id
    with pytest.raises(stripe.InvalidRequestError, match="PDF, a JPEG or a PNG"):
        client.v1.files.create(params | {"file": file_of(b"PK\x03\x04")})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.files.create(params | {"file": file_of(b"%PDF-other")}, {"idempotency_key": "one"})


def test_a_file_nobody_uploaded_cannot_be_sent(client, dispute):
    opened = dispute()

    with pytest.raises(stripe.InvalidRequestError, match="No such file upload"):
        client.v1.disputes.update(opened.id, {"evidence": {"receipt": "file_none"}})

    assert client.v1.disputes.retrieve(opened.id).status == "needs_response"


def test_a_disputed_charge_is_not_refunded_and_what_is_left_of_it_is(client, pay, dispute, decide):
    whole, part, asked = dispute(), dispute(amount=400), dispute(stage="inquiry")

    for charge, amount in ((whole.charge, None), (part.charge, 700)):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.refunds.create({"charge": charge} | ({"amount": amount} if amount else {}))
        assert refusal.value.code == "charge_disputed"
    rest = client.v1.refunds.create({"charge": part.charge})
    client.v1.refunds.create({"charge": asked.charge})
    decide(whole.id, "won")
    after = client.v1.refunds.create({"charge": whole.charge})

    assert (rest.amount, after.amount) == (600, 1000)
    assert client.v1.disputes.retrieve(asked.id).status == "warning_closed"


def test_a_refund_on_its_way_fails_when_the_dispute_lands(client, pay, dispute):
    paid = pay(payment_method="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": paid.id})

    dispute(paid)

    failed = client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "charge_for_pending_refund_disputed")


def test_what_was_refunded_before_comes_back_although_lost(client, pay, dispute, decide):
    paid = pay()
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 300})

    lost = decide(dispute(paid).id, "lost")

    assert moved(lost) == [(-1000, 1500, "dispute"), (300, 0, "dispute_reversal")]


def test_contesting_costs_a_fee_that_a_win_gives_back(client, dispute, time_passes):
    opened = dispute(counter_fee=700)

    client.v1.disputes.update(opened.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    time_passes()

    assert moved(client.v1.disputes.retrieve(opened.id)) == [
        (-1000, 1500, "dispute"),
        (0, 700, "dispute"),
        (1000, -700, "dispute_reversal"),
    ]


def test_the_bank_may_come_back_and_may_change_its_mind(client, dispute, decide):
    opened = dispute()

    assert decide(opened.id, "lost").status == "lost"
    assert decide(opened.id, "won").status == "won"
    again = decide(opened.id, "second_chargeback")

    assert (again.status, again.evidence_details.submission_count) == ("needs_response", 0)
    assert moved(again) == [(-1000, 1500, "dispute"), (1000, 0, "dispute_reversal"), (-1000, 0, "dispute")]


def test_events_come_in_the_order_in_which_it_happens(client, dispute, time_passes):
    opened = dispute()
    client.v1.disputes.update(opened.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    time_passes()
    dispute(prevented=True)
    dispute(fraud_warning=False, stage="inquiry")

    events = client.v1.events.list({"types": ["charge.dispute.*", "radar.*"], "limit": 100}).data[::-1]

    assert [event.type.removeprefix("charge.dispute.") for event in events] == [
        "created", "funds_withdrawn", "updated", "funds_reinstated", "closed",
        "created", "funds_withdrawn", "closed",
        "created",
    ]  # fmt: skip


def test_a_warning_is_no_longer_actionable_once_disputed(client, plain, pay, dispute):
    paid = pay()
    wish = {"account": ACCOUNT, "charge": paid.latest_charge, "fraud_warning": True}
    _, warning, _ = plain("POST", "/sandbox/disputes", wish)
    assert warning["actionable"]

    dispute(paid)

    assert not client.v1.radar.early_fraud_warnings.retrieve(warning["id"]).actionable


def test_the_books_and_the_reports_tell_of_disputes(client, plain, dispute, decide, pay_out, pay):
    decide(dispute().id, "won")
    decide(dispute(amount=400).id, "lost")
    dispute(prevented=True)
    dispute(stage="inquiry")
    pay(amount=20000)

    _, summary, _ = plain("GET", f"/books?account={ACCOUNT}")
    _, entries, _ = plain("GET", f"/books/entries?account={ACCOUNT}")
    pay_out()
    balance, payout, adyen = (
        plain("GET", f"/sandbox/reports/{name}")[1].splitlines()
        for name in ("stripe_balance", "stripe_payout", "adyen_settlement")
    )

    usd = summary["accounts"][ACCOUNT]["usd"]
    figures = {name: value for name, value in usd.items() if "dispute" in name or "inquir" in name}
    assert figures == {
        "disputes_withdrawn_minor": 2400,
        "disputes_reinstated_minor": 1000,
        "disputes_fees_minor": 3000,
        "disputes_count": 4,
        "disputes_open_count": 0,
        "disputes_won_count": 1,
        "disputes_lost_count": 2,
        "disputes_prevented_minor": 1000,
        "inquiries_count": 1,
    }
    assert usd["fees_minor"] == 4 * 59 + 610
    assert usd["net_minor"] == 24000 - 4 * 59 - 610 - 1400 - 3000
    of_disputes = [entry for entry in entries["entries"] if entry["dispute"]]
    assert [entry["amount_minor"] for entry in of_disputes] == [-1000, 1000, -400, -1000]
    assert all(entry["payment_intent"] for entry in of_disputes)
    for lines in (balance, payout):
        assert sum(",dispute," in line for line in lines) == 3
        assert sum(",dispute_reversal," in line for line in lines) == 1
    assert sum(",Chargeback," in line for line in adyen) == 3
    assert sum(",ChargebackReversed," in line for line in adyen) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"charge": "ch_none"},
        {"charge": "ch_none", "amount": 0},
        {"charge": "ch_none", "reason": "whim"},
        {"charge": "ch_none", "stage": "court"},
        {"charge": "ch_none", "surprise": 1},
        {"charge": "ch_none", "counter_fee": -1},
    ],
    ids=str,
)
def test_a_wish_that_cannot_be_is_refused(client, plain, wish):
    status, answer, _ = plain("POST", "/sandbox/disputes", {"account": ACCOUNT} | wish)

    assert status == 400, answer
    assert client.v1.disputes.list().data == []


def test_a_verdict_that_does_not_fit_is_refused(plain, dispute):
    opened = dispute()

    for verdict in ("second_chargeback", "escalate", "perhaps"):
        body = {"account": ACCOUNT, "verdict": verdict}
        assert plain("POST", f"/sandbox/disputes/{opened.id}", body)[0] == 400
