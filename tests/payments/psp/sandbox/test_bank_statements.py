"""The bank's files: camt.053, camt.054 and MT940 of the payouts that arrived."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest

DAY = 24 * 3600


@pytest.fixture
def arrive(plain, pay, pay_out):
    """Pay, pay out and let it arrive at once; the payout. It is noon: no day ends in the middle of a test."""
    now = plain("GET", "/sandbox/clock")[1]["now"]
    plain("POST", "/sandbox/clock", {"advance_seconds": DAY - now % DAY + DAY / 2})

    def once(amount=1000, currency="usd"):
        pay(amount=amount, currency=currency)
        return pay_out()[0]

    return once


@pytest.fixture
def next_day(plain):
    return lambda: plain("POST", "/sandbox/clock", {"advance_seconds": DAY})


@pytest.fixture
def file_of(plain):
    def fetch(name, query=""):
        status, text, _ = plain("GET", f"/sandbox/reports/{name}?{query}")
        assert status == 200, text
        return text

    return fetch


class Camt:
    """Reads a message by the names of its elements, whatever the version."""

    def __init__(self, text):
        self.root = ElementTree.fromstring(text)
        self.namespace = self.root.tag.partition("}")[0] + "}"

    def all(self, path, of=None):
        steps = "/".join(self.namespace + step for step in path.split("/"))
        return (self.root if of is None else of).findall(f".//{steps}")

    def texts(self, path, of=None):
        return [element.text for element in self.all(path, of)]


def test_a_statement_a_day_leads_from_the_opening_balance_to_the_closing_one(arrive, next_day, file_of):
    first, second = arrive(1000), arrive(2000)
    next_day()
    third = arrive(3000)

    message = Camt(file_of("camt053"))

    assert message.namespace == "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.02}"
    one, two = message.all("Stmt")
    assert message.texts("Bal/Amt", one) == ["0.00", "28.53"]
    assert message.texts("Bal/Amt", two) == ["28.53", "57.36"]
    assert message.texts("Bal/Tp/CdOrPrtry/Cd", one) == ["OPBD", "CLBD"]
    assert message.texts("ElctrncSeqNb") == ["1", "2"]
    assert message.texts("Ntry/NtryDtls/TxDtls/Refs/EndToEndId") == [
        payout["trace_id"]["value"] for payout in (first, second, third)
    ]
    assert message.texts("RmtInf/Ustrd")[0] == f"STRIPE PAYOUT {first['id']}"
    assert message.texts("Ntry/Amt") == ["9.41", "19.12", "28.83"]
    assert set(message.texts("Ntry/CdtDbtInd")) == {"CRDT"}
    assert len(set(message.texts("Ntry/AcctSvcrRef"))) == 3


def test_each_currency_has_an_account_with_a_valid_number_and_its_own_decimals(arrive, file_of):
    arrive(5000, "jpy")
    arrive(5000, "kwd")

    message = Camt(file_of("camt053"))

    numbers = message.texts("Acct/Id/IBAN")
    assert len(set(numbers)) == 2
    for number in numbers:
        turned = "".join(str(int(character, 36)) for character in number[4:] + number[:4])
        assert int(turned) % 97 == 1
    assert message.texts("Acct/Ccy") == ["JPY", "KWD"]
    assert message.texts("Ntry/Amt") == ["4825", "4.555"]


def test_later_days_open_with_what_came_before(arrive, next_day, file_of):
    arrive(1000)
    next_day()
    second = arrive(2000)

    message = Camt(file_of("camt053", f"from={second['arrival_date']}"))

    assert message.texts("ElctrncSeqNb") == ["2"]
    assert message.texts("Bal/Amt") == ["9.41", "28.53"]


def test_version_eight_says_the_same_in_its_own_elements(arrive, file_of):
    payout = arrive()

    message = Camt(file_of("camt053", "version=08"))

    assert message.namespace == "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
    assert message.texts("Ntry/Sts/Cd") == ["BOOK"]
    assert message.texts("Svcr/FinInstnId/BICFI") == ["SNDBGB2LXXX"]
    assert message.texts("RltdPties/Dbtr/Pty/Nm") == ["STRIPE PAYMENTS SANDBOX"]
    assert message.texts("TxDtls/Amt") == ["9.41"]
    assert message.texts("TxDtls/Refs/EndToEndId") == [payout["trace_id"]["value"]]


def test_a_notification_has_the_entries_without_balances(arrive, file_of):
    arrive()

    message = Camt(file_of("camt054"))

    assert message.namespace == "{urn:iso:std:iso:20022:tech:xsd:camt.054.001.02}"
    assert message.all("Bal") == []
    assert message.texts("BkToCstmrDbtCdtNtfctn/Ntfctn/Ntry/Amt") == ["9.41"]


def test_money_on_its_way_or_sent_back_is_not_at_the_bank(pay, pay_out, file_of):
    pay()
    pay_out(fails=True)
    pay()
    pay_out(arrival_seconds=DAY)

    assert Camt(file_of("camt053")).all("Stmt") == []
    assert file_of("mt940") == ""


def test_mt940_has_its_fields_line_by_line(arrive, next_day, file_of):
    payout = arrive(1000)
    camt = Camt(file_of("camt053"))
    (day,), (number,) = camt.texts("BookgDt/Dt"), camt.texts("Acct/Id/IBAN")
    (reference,) = camt.texts("Ntry/AcctSvcrRef")
    date, trace = day[2:].replace("-", ""), payout["trace_id"]["value"]

    text = file_of("mt940")

    assert text.split("\r\n") == [
        f":20:{number[-6:]}{date}0001",
        f":25:{number}",
        ":28C:00001/00001",
        f":60F:C{date}USD0,00",
        f":61:{date}{date[2:]}C9,41NTRF{trace}//{reference}",
        f":86:/EREF/{trace}",
        "/ORDP//NAME/STRIPE PAYMENTS SANDBOX",
        f"/REMI/STRIPE PAYOUT {payout['id'].replace('_', '-')}",
        f":62F:C{date}USD9,41",
        f":64:C{date}USD9,41",
        "-",
        "",
    ]


def test_another_reader_of_mt940_finds_the_same_amounts(arrive, file_of):
    mt940 = pytest.importorskip("mt940")
    payouts = [arrive(5000, "jpy"), arrive(5000, "kwd"), arrive(1000)]

    found = mt940.parse(file_of("mt940"))

    assert [
        (one.data["amount"].amount, one.data["amount"].currency, one.data["customer_reference"])
        for one in found
    ] == [
        (amount, currency, payout["trace_id"]["value"])
        for amount, currency, payout in zip(
            (Decimal("4825"), Decimal("4.555"), Decimal("9.41")), ("JPY", "KWD", "USD"), payouts, strict=True
        )
    ]


def test_planted_differences_leave_a_statement_that_adds_up(arrive, next_day, plain):
    payouts = []
    for number in range(15):
        payouts.append(arrive(1000 + number))
        next_day()

    _, answer, _ = plain("POST", "/sandbox/reports/camt053", {"rate": 0.5, "seed": 3, "late_days": 30})

    planted = answer["planted"]
    assert len(planted) == 8
    assert {one["kind"] for one in planted} == {"missing", "extra", "amount_differs", "duplicate", "late"}
    message = Camt(answer["content"])
    balance = Decimal(0)
    for statement in message.all("Stmt"):
        opening, closing = (Decimal(text) for text in message.texts("Bal/Amt", statement))
        balance += sum(Decimal(text) for text in message.texts("Ntry/Amt", statement))
        assert (opening <= closing, closing) == (True, balance)
    shown = message.texts("EndToEndId")
    for one in planted:
        trace = (one["booked"] or one["reported"])["end_to_end"]
        times = {"missing": 0, "duplicate": 2}.get(one["kind"], 1)
        assert shown.count(trace) == times
    touched = {one["booked"]["payout"] for one in planted if one["booked"]}
    for payout in payouts:
        if payout["id"] not in touched:
            assert shown.count(payout["trace_id"]["value"]) == 1
