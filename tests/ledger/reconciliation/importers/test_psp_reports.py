"""Stripe's and Adyen's reports: columns by name, kinds by their words, amounts exactly."""

from __future__ import annotations

import io

from ledger.reconciliation.importers.formats import FORMATS
from ledger.reconciliation.importers.lines import ReadLine, Unread

ADYEN = """\
Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,\
Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),\
Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,\
Modification Merchant Reference,Batch Number
C,M,PSP1,order-1,visa,2026-11-20 12:00:00,CET,Settled,,EUR,,25.00,1,EUR,,23.97,,0.32,0.10,0.61,visa,,12
C,M,PSP1,order-1,visa,2026-11-20 12:00:00,UTC,Refunded,MOD1,EUR,5.00,,1,EUR,5.00,,,,,,visa,,12
C,M,PSP1,order-1,visa,2026-11-20 12:00:00,UTC,RefundedReversed,MOD1,EUR,,5.00,1,EUR,,5.00,,,,,visa,,12
C,M,,,,2026-11-20 12:00:00,UTC,MerchantPayout,"TX123456XT batch 12, M",,,,,EUR,23.97,,,,,,,,12
C,M,,,,2026-11-20 12:00:00,UTC,Settled,,EUR,,1.00,1,EUR,,1.00,,,,,visa,,12
C,M,PSP2,,,2026-11-20 12:00:00,MARS,Settled,,EUR,,1.00,1,EUR,,1.00,,,,,visa,,12
"""


def test_adyens_debits_and_credits_become_signed_lines() -> None:
    rows = list(FORMATS["adyen_settlement"].read(io.BytesIO(ADYEN.encode())))

    lines = [row for row in rows if isinstance(row, ReadLine)]
    assert [(line.kind, line.reference, line.gross_minor, line.fee_minor) for line in lines] == [
        ("charge", "PSP1", 2500, 103),
        ("refund", "MOD1", -500, 0),
        ("refund_failure", "MOD1", 500, 0),
        ("payout", "TX123456XT", -2397, 0),
    ]
    assert lines[0].occurred_at == "2026-11-20T12:00:00+01:00"
    assert len({line.line_key for line in lines}) == 4


def test_adyens_steps_of_one_dispute_are_named_as_its_notifications_name_them() -> None:
    header, *_ = ADYEN.splitlines()
    content = (
        f"{header}\n"
        "C,M,PSP1,order-1,visa,2026-11-20 12:00:00,UTC,Chargeback,D1,EUR,40.00,,1,EUR,55.00,,15.00,,,,visa,,12\n"
        "C,M,PSP1,order-1,visa,2026-11-20 12:00:00,UTC,ChargebackReversed,D1,EUR,,40.00,1,EUR,,40.00,,,,,visa,,12\n"
        "C,M,PSP1,order-1,visa,2026-11-20 12:00:00,UTC,SecondChargeback,D1,EUR,40.00,,1,EUR,40.00,,,,,,visa,,12\n"
    )

    rows = list(FORMATS["adyen_settlement"].read(io.BytesIO(content.encode())))

    told = [
        (row.kind, row.reference, row.gross_minor, row.fee_minor) for row in rows if isinstance(row, ReadLine)
    ]
    assert told == [
        ("dispute", "CHARGEBACK:D1", -4000, 1500),
        ("dispute", "CHARGEBACK_REVERSED:D1", 4000, 0),
        ("dispute", "SECOND_CHARGEBACK:D1", -4000, 0),
    ]


def test_what_adyen_leaves_out_or_misnames_is_kept_with_its_reason() -> None:
    rows = list(FORMATS["adyen_settlement"].read(io.BytesIO(ADYEN.encode())))

    assert [(row.line_number, row.reason) for row in rows if isinstance(row, Unread)] == [
        (6, "The row has no Psp Reference."),
        (7, "'MARS' is no time zone that is known."),
    ]


def test_stripes_amounts_follow_the_digits_of_the_currency() -> None:
    header = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id\n"
    content = (
        header
        + "txn_1,2026-11-20 12:00:00,jpy,5000,175,4825,charge,ch_1\n"
        + "txn_2,2026-11-20 12:00:00,kwd,4.700,0.145,4.555,charge,ch_2\n"
        + "txn_3,2026-11-20 12:00:00,usd,-10.00,0.00,-10.00,refund,re_3\n"
        + "txn_4,2026-11-20 12:00:00,usd,0.5,-0.50,1,adjustment,adj_4\n"
    )

    rows = list(FORMATS["stripe_balance"].read(io.BytesIO(content.encode())))

    told = [(row.kind, row.gross_minor, row.fee_minor) for row in rows if isinstance(row, ReadLine)]
    assert told == [("charge", 5000, 175), ("charge", 4700, 145), ("refund", -1000, 0), ("other", 50, -50)]


def test_the_list_of_payouts_names_them_and_the_day_they_are_expected() -> None:
    content = (
        "payout_id,effective_at_utc,balance_transaction_id,currency,gross,fee,net,reporting_category,description,"
        "payout_expected_arrival_date,trace_id\n"
        "po_1,2026-11-20 12:00:00,txn_1,usd,-9.41,0.00,-9.41,payout,STRIPE PAYOUT,2026-11-22 12:00:00,777\n"
    )

    (row,) = FORMATS["stripe_payout_list"].read(io.BytesIO(content.encode()))

    assert isinstance(row, ReadLine)
    assert (row.kind, row.reference, row.order_reference, row.gross_minor) == ("payout", "po_1", "777", -941)
    assert row.available_at == "2026-11-22T12:00:00+00:00"
