"""camt.053, camt.054 and MT940 tell of the same movements in the same words."""

from __future__ import annotations

import io

from ledger.reconciliation.importers.formats import FORMATS
from ledger.reconciliation.importers.lines import ReadLine, Row, StatedBalance, Unread

MT940 = """\
{1:F01BANK}{2:O940}{4:
:20:STMT1
:25:GB24SNDB15494943020372
:28C:00001/00001
:60F:C261120USD100,00
:61:2611201120C225,53NTRF323488966088792//BKGSYLR8
:86:/EREF/323488966088792
/REMI/STRIPE PAYOUT po-1-OxZz0q
:61:2611201120D5,NCHGNONREF//BKFEE
:86:Account fee
:62F:C261120USD320,53
-}
:20:STMT2
:25:X
:28C:1
:60F:C261120JPY0,
:61:2611201120C4825,NTRFabc//BKJPY
:86:PAYOUT
:62F:C261120JPY4825,
-
"""

ENTRY = """
<Ntry><Amt Ccy="USD">225.53</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>
<AcctSvcrRef>BKGSYLR8</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>323488966088792</EndToEndId></Refs>
<RmtInf><Ustrd>STRIPE PAYOUT po_1_OxZz0q</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
"""
BATCH = """
<Ntry><Amt Ccy="USD">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-20</Dt></BookgDt><NtryDtls>
<TxDtls><Amt Ccy="USD">{first}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Ustrd>po_1abc</Ustrd></RmtInf></TxDtls>
<TxDtls><Amt Ccy="USD">20.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Ustrd>po_2abc</Ustrd></RmtInf></TxDtls>
</NtryDtls></Ntry>
"""


def camt053(*entries: str) -> bytes:
    balance = (
        "<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy='USD'>{}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        "<Dt><Dt>2026-11-20</Dt></Dt></Bal>"
    )
    inside = balance.format("OPBD", "100.00") + balance.format("CLBD", "325.53") + "".join(entries)
    return f"<Document xmlns='urn:x'><BkToCstmrStmt><Stmt>{inside}</Stmt></BkToCstmrStmt></Document>".encode()


def read(format: str, content: bytes) -> list[Row]:
    return list(FORMATS[format].read(io.BytesIO(content)))


def lines(rows: list[Row]) -> list[ReadLine]:
    return [row for row in rows if isinstance(row, ReadLine)]


def test_mt940_gives_movements_signed_and_named_and_the_stated_balances() -> None:
    rows = read("mt940", MT940.encode())

    told = [(line.gross_minor, line.currency, line.reference, line.kind) for line in lines(rows)]
    assert told == [
        (22553, "usd", "po_1_OxZz0q", "payout"),
        (-500, "usd", "", "other"),
        (4825, "jpy", "abc", "payout"),
    ]
    stated = [(row.which, row.currency, row.amount_minor) for row in rows if isinstance(row, StatedBalance)]
    assert stated == [
        ("opening", "usd", 10000),
        ("closing", "usd", 32053),
        ("opening", "jpy", 0),
        ("closing", "jpy", 4825),
    ]


def test_a_message_that_is_no_mt940_is_kept_whole_beside_the_good_ones() -> None:
    rows = read("mt940", (":20:X\n:60F:garbage\n:61:garbage\n-\n" + MT940).encode())

    unread = [row for row in rows if isinstance(row, Unread)]
    assert len(unread) == 1
    assert (unread[0].line_number, unread[0].text.startswith(":20:X")) == (1, True)
    assert len(lines(rows)) == 3


def test_camt053_gives_the_entry_its_reference_and_the_stated_balances() -> None:
    rows = read("camt053", camt053(ENTRY.format(status="BOOK")))

    (line,) = lines(rows)
    assert (line.gross_minor, line.currency, line.reference) == (22553, "usd", "po_1_OxZz0q")
    assert line.occurred_at == "2026-11-20T00:00:00+00:00"
    assert [(row.which, row.amount_minor) for row in rows if isinstance(row, StatedBalance)] == [
        ("opening", 10000),
        ("closing", 32553),
    ]


def test_what_is_only_pending_at_the_bank_is_no_line() -> None:
    assert lines(read("camt053", camt053(ENTRY.format(status="PDNG")))) == []


def test_newer_versions_nest_the_status() -> None:
    assert len(lines(read("camt053", camt053(ENTRY.format(status="<Cd>BOOK</Cd>"))))) == 1


def test_the_same_movement_has_the_same_key_in_camt_and_mt940() -> None:
    camt = lines(read("camt053", camt053(ENTRY.format(status="BOOK"))))[0]
    notified = ENTRY.format(status="BOOK")
    camt054 = lines(read("camt054", f"<Document><Ntfctn>{notified}</Ntfctn></Document>".encode()))[0]
    mt940 = lines(read("mt940", MT940.encode()))[0]

    assert camt.line_key == camt054.line_key == mt940.line_key


def test_a_batch_that_adds_up_is_a_line_per_payment_and_else_one_line() -> None:
    adds_up = lines(read("camt053", camt053(BATCH.format(first="10.00"))))
    does_not = lines(read("camt053", camt053(BATCH.format(first="11.00"))))

    assert [(line.gross_minor, line.reference) for line in adds_up] == [(1000, "po_1abc"), (2000, "po_2abc")]
    assert [line.gross_minor for line in does_not] == [3000]


def test_an_entry_without_a_side_is_kept_with_its_reason() -> None:
    broken = ENTRY.format(status="BOOK").replace("CRDT", "SIDEWAYS")

    (row,) = [row for row in read("camt053", camt053(broken)) if isinstance(row, Unread)]

    assert row.reason == "'SIDEWAYS' is neither credit nor debit."
