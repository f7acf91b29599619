"""The files of the provider: Stripe's balance, payout reconciliation and payouts reports, Adyen's settlement
details."""

import csv
import io
from decimal import Decimal

import pytest

ACCOUNT = "sk_test_first"
DAY = 24 * 3600
KINDS = {"missing", "extra", "amount_differs", "duplicate", "fee_differs", "unknown_currency", "late"}


@pytest.fixture
def report(plain):
    """The rows of a report, as a spreadsheet would read them."""

    def fetch(name, query=""):
        status, text, headers = plain("GET", f"/sandbox/reports/{name}?{query}")
        assert (status, headers["content-type"]) == (200, "text/csv"), text
        return list(csv.DictReader(io.StringIO(text)))

    return fetch


@pytest.fixture
def planted(plain):
    """The rows of a report with differences, and the list of them."""

    def fetch(name, **wish):
        status, answer, _ = plain("POST", f"/sandbox/reports/{name}", wish)
        assert status == 200, answer
        return list(csv.DictReader(io.StringIO(answer["content"]))), answer["planted"]

    return fetch


def amounts_of(row):
    return row["currency"], row["gross"], row["fee"], row["net"]


def test_the_balance_report_writes_each_currency_with_its_own_decimals(client, report, pay):
    dollars = pay(amount=1050, description="Order 7, blue", metadata={"charge": "ch_ours"})
    pay(amount=5000, currency="jpy")
    pay(amount=5000, currency="kwd")
    refund = client.v1.refunds.create(
        {"payment_intent": dollars.id, "amount": 50, "metadata": {"refund": "re_ours"}}
    )

    rows = report("stripe_balance", "columns=payment_metadata[charge],refund_metadata[refund]")

    assert [amounts_of(row) for row in rows] == [
        ("usd", "10.50", "0.60", "9.90"),
        ("jpy", "5000", "175", "4825"),
        ("kwd", "5.000", "0.445", "4.555"),
        ("usd", "-0.50", "0.00", "-0.50"),
    ]
    sale, back = rows[0], rows[3]
    assert (sale["reporting_category"], sale["source_id"]) == ("charge", dollars.latest_charge)
    assert (sale["payment_intent_id"], sale["description"]) == (dollars.id, "Order 7, blue")
    assert (sale["card_brand"], sale["payment_method_type"]) == ("visa", "card")
    assert (sale["automatic_payout_id"], sale["automatic_payout_effective_at"]) == ("", "")
    assert (back["reporting_category"], back["source_id"]) == ("refund", refund.id)
    assert back["charge_id"] == dollars.latest_charge
    assert [(row["payment_metadata[charge]"], row["refund_metadata[refund]"]) for row in (sale, back)] == [
        ("ch_ours", ""),
        ("ch_ours", "re_ours"),
    ]


def test_the_balance_report_keeps_to_its_days_and_currency(plain, report, pay):
    pay(amount=1000)
    plain("POST", "/sandbox/clock", {"advance_seconds": DAY})
    pay(amount=2000)
    pay(amount=3000, currency="eur")
    first, second, third = report("stripe_balance")

    assert first["created"][:10] < second["created"][:10]
    assert report("stripe_balance", f"from={second['created'][:10]}") == [second, third]
    assert report("stripe_balance", f"to={second['created'][:10]}") == [first]
    assert report("stripe_balance", "currency=eur") == [third]


def test_the_payout_report_holds_the_settled_movements_and_adds_up_to_each_payout(
    client, report, pay, pay_out
):
    paid = pay(amount=9000)
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 700})
    pay(amount=4000, currency="eur")
    payouts = {one["id"]: one for one in pay_out()}
    pay(amount=1111)

    rows = report("stripe_payout")

    assert len(rows) == 3
    for payout_id, payout in payouts.items():
        mine = [row for row in rows if row["automatic_payout_id"] == payout_id]
        assert sum(Decimal(row["net"]) for row in mine) == Decimal(payout["amount"]) / 100
        assert {row["trace_id"] for row in mine} == {payout["trace_id"]["value"]}
    usd = next(payout_id for payout_id, one in payouts.items() if one["currency"] == "usd")
    assert {row["automatic_payout_id"] for row in report("stripe_payout", f"payout={usd}")} == {usd}


def test_the_list_of_payouts_shows_them_negative_and_a_failed_one_coming_back(plain, report, pay, pay_out):
    pay(amount=1000)
    (failing,) = pay_out(arrival_seconds=DAY, fails=True)
    plain("POST", "/sandbox/clock", {"advance_seconds": DAY})
    (good,) = pay_out()

    rows = report("stripe_payout_list")

    assert [
        (row["payout_id"], row["reporting_category"], row["net"], row["payout_status"]) for row in rows
    ] == [
        (failing["id"], "payout", "-9.41", "failed"),
        (failing["id"], "payout_reversal", "9.41", "failed"),
        (good["id"], "payout", "-9.41", "paid"),
    ]
    assert rows[2]["trace_id"] == good["trace_id"]["value"]
    assert [row["reporting_category"] for row in report("stripe_payout", f"payout={good['id']}")] == [
        "payout_reversal"
    ]


def test_adyens_report_balances_every_batch_and_splits_the_fee(client, report, pay, pay_out):
    paid = pay(amount=10000, metadata={"charge": "ch_ours"})
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 700})
    pay(amount=4000, currency="eur", payment_method="pm_card_mastercard")
    first = pay_out()
    pay(amount=2000)
    (second,) = pay_out()

    rows = report("adyen_settlement")

    assert [(row["Batch Number"], row["Net Currency"], row["Type"]) for row in rows] == [
        ("1", "EUR", "Settled"),
        ("1", "EUR", "MerchantPayout"),
        ("1", "USD", "Settled"),
        ("1", "USD", "Refunded"),
        ("1", "USD", "MerchantPayout"),
        ("2", "USD", "Settled"),
        ("2", "USD", "MerchantPayout"),
    ]
    for batch in (("1", "EUR"), ("1", "USD"), ("2", "USD")):
        mine = [row for row in rows if (row["Batch Number"], row["Net Currency"]) == batch]
        credits = sum(Decimal(row["Net Credit (NC)"] or 0) for row in mine)
        assert credits == sum(Decimal(row["Net Debit (NC)"] or 0) for row in mine)
    sale, back, payout = rows[2], rows[3], rows[6]
    assert (sale["Psp Reference"], sale["Merchant Reference"]) == (paid.latest_charge, "ch_ours")
    assert (sale["Gross Credit (GC)"], sale["Gross Debit (GC)"], sale["Net Credit (NC)"]) == (
        "100.00",
        "",
        "96.80",
    )
    assert [sale[f"{part} (NC)"] for part in ("Commission", "Markup", "Scheme Fees", "Interchange")] == [
        "",
        "0.96",
        "0.32",
        "1.92",
    ]
    assert (back["Psp Reference"], back["Modification Reference"]) == (paid.latest_charge, refund.id)
    assert (back["Gross Debit (GC)"], back["Net Debit (NC)"], back["Markup (NC)"]) == ("7.00", "7.00", "")
    assert (rows[0]["Payment Method"], sale["Payment Method"]) == ("mc", "visa")
    assert payout["Modification Merchant Reference"] == second["id"]
    assert {rows[1]["Modification Merchant Reference"], rows[4]["Modification Merchant Reference"]} == {
        one["id"] for one in first
    }


def test_a_long_report_has_every_line_once(client, plain, report, pay):
    paid = pay(amount=90000)
    for _ in range(520):
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 1})

    rows = report("stripe_balance")

    assert len(rows) == 521
    assert len({row["balance_transaction_id"] for row in rows}) == 521


def test_the_same_request_gives_the_same_bytes(plain, pay, pay_out):
    for amount in range(1000, 1020):
        pay(amount=amount)
    pay_out()

    for name in plain("GET", "/sandbox/reports")[1]["reports"]:
        path = f"/sandbox/reports/{name}?rate=0.2&seed=4"
        assert plain("GET", path)[1] == plain("GET", path)[1]
    assert (
        plain("GET", "/sandbox/reports/stripe_balance?rate=0.2&seed=4")[1]
        != plain("GET", "/sandbox/reports/stripe_balance?rate=0.2&seed=5")[1]
    )


@pytest.mark.parametrize("name", ["stripe_balance", "stripe_payout"])
def test_planted_differences_are_what_the_list_says_and_nothing_else(
    client, report, planted, pay, pay_out, name
):
    payments = [pay(amount=1000 + number) for number in range(40)]
    for paid in payments[:10]:
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 300})
    pay_out()
    clean = {row["balance_transaction_id"]: row for row in report(name)}

    rows, differences = planted(name, rate=0.3, seed=11)

    assert len(differences) == 15
    assert {one["kind"] for one in differences} == KINDS
    expected = dict(clean)
    for one in differences:
        booked, reported = one["booked"], one["reported"]
        match one["kind"]:
            case "missing":
                del expected[booked["balance_transaction"]]
            case "extra":
                assert reported["balance_transaction"] not in clean
                assert reported["source"] not in {row["source_id"] for row in clean.values()}
                expected[reported["balance_transaction"]] = None
            case "duplicate":
                assert reported | {"balance_transaction": ""} == booked | {"balance_transaction": ""}
                expected[reported["balance_transaction"]] = None
            case _:
                expected[booked["balance_transaction"]] = None
    assert len(rows) == len(expected)
    for row in rows:
        assert expected[row["balance_transaction_id"]] in (None, row)
    for one in differences:
        if one["reported"]:
            row = next(
                row for row in rows if row["balance_transaction_id"] == one["reported"]["balance_transaction"]
            )
            assert Decimal(row["gross"]) * 100 == one["reported"]["gross_minor"]
            assert Decimal(row["net"]) * 100 == one["reported"]["net_minor"]
            assert row["currency"] == one["reported"]["currency"]


def test_each_kind_changes_what_its_name_says(planted, pay, pay_out):
    for number in range(20):
        pay(amount=1000 + number)
    pay_out()

    def only(kind):
        _, differences = planted("adyen_settlement", rate=0.05, seed=3, kinds=[kind])
        (one,) = differences
        assert one["kind"] == kind
        booked, reported = one["booked"], one["reported"]
        return {name for name in booked or {} if reported and booked[name] != reported[name]}, one

    assert only("amount_differs")[0] == {"gross_minor", "net_minor"}
    assert only("fee_differs")[0] == {"fee_minor", "net_minor"}
    assert only("unknown_currency")[0] == {"currency"}
    assert only("duplicate")[0] == {"balance_transaction"}
    assert only("missing")[1]["reported"] is None
    assert only("extra")[1]["booked"] is None
    changed, late = only("late")
    assert changed == {"created"}
    assert late["reported"]["created"] - late["booked"]["created"] == 10 * DAY


def test_payouts_themselves_are_never_changed(planted, report, pay, pay_out):
    pay()
    pay_out()

    rows, differences = planted("stripe_payout_list", rate=1, seed=1)

    assert (rows, differences) == (report("stripe_payout_list"), [])


def test_the_file_says_its_name_and_how_much_was_planted(plain, pay):
    pay()

    _, _, headers = plain("GET", "/sandbox/reports/stripe_balance?rate=1&kinds=missing&from=86400")

    assert headers["planted-differences"] == "1"
    assert headers["content-disposition"] == (
        'attachment; filename="balance_change_from_activity_itemized_3_86400.csv"'
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nothing_like_it", "reports are stripe_balance"),
        ("stripe_balance?rate=2", "rate is from 0 to 1"),
        ("stripe_balance?rate=often", "rate is a number"),
        ("stripe_balance?kinds=missing,odd", "kinds are of"),
        ("stripe_balance?from=yesterday", "from is a day"),
        ("stripe_balance?currency=zz", "currency is a three-letter code"),
        ("stripe_balance?columns=net", "columns are payment_metadata[key]"),
        ("camt053?version=99", "version is one of 02, 08"),
        ("stripe_balance?colour=red", "unknown: colour"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_its_reason(plain, pay, path, reason):
    pay()

    status, answer, _ = plain("GET", f"/sandbox/reports/{path}")

    assert status == 400
    assert reason in answer["error"]


def test_among_several_accounts_the_report_asks_whose_it_is(connect, plain, report, pay):
    pay()
    connect(key="sk_test_second").v1.balance.retrieve()

    status, answer, _ = plain("GET", "/sandbox/reports/stripe_balance")

    assert (status, answer["error"]) == (400, "account names whose report it is: a secret key")
    assert len(report("stripe_balance", f"account={ACCOUNT}")) == 1
    assert report("stripe_balance", "account=sk_test_second") == []
