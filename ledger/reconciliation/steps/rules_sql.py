"""The rules for what COMPARE left, each with the name that its matches carry, in order of certainty.

Each reads rest_lines and rest_items and writes new_matches; what it matched is taken out before the next. A rule
pairs by rank, so that two equal lines and two equal entries make two pairs and never four.
"""

from __future__ import annotations

_KEY = "source, psp_account, movement, currency"

# Same reference and amounts, several times (captures in parts), or later than it should be.
REFERENCE = f"""
INSERT INTO new_matches
SELECT l.line_id, i.entry_id, source, 'reference'
FROM (SELECT *, row_number() OVER (PARTITION BY {_KEY}, reference, net, CASE movement WHEN 'charge' THEN fee END
                                   ORDER BY at, line_id) AS place FROM rest_lines WHERE reference <> '') AS l
JOIN (SELECT *, row_number() OVER (PARTITION BY {_KEY}, reference, net, CASE movement WHEN 'charge' THEN fee END
                                   ORDER BY at, entry_id) AS place FROM rest_items WHERE reference <> '') AS i
    USING ({_KEY}, reference, net, place)
WHERE movement <> 'charge' OR l.fee = i.fee
"""  # noqa: S608  constants only

# One line for several entries of a reference: the capture and a fee that was booked later.
REFERENCE_SUM = f"""
INSERT INTO new_matches
SELECT l.line_id, i.entry_id, source, 'reference_sum'
FROM (SELECT *, row_number() OVER (PARTITION BY {_KEY}, reference ORDER BY at, line_id) AS place FROM rest_lines) AS l
JOIN (
    SELECT {_KEY}, reference, sum(net) AS net, sum(fee) AS fee
    FROM rest_items WHERE reference <> '' GROUP BY {_KEY}, reference HAVING count(*) > 1
) AS s USING ({_KEY}, reference)
JOIN rest_items i USING ({_KEY}, reference)
WHERE l.place = 1 AND l.net = s.net AND (movement <> 'charge' OR l.fee = s.fee)
"""  # noqa: S608  constants only

# Several lines for one entry of a reference: a PSP that tells of the money and of its fee apart.
LINES_SUM = f"""
INSERT INTO new_matches
SELECT l.line_id, i.entry_id, source, 'lines_sum'
FROM rest_items i
JOIN (
    SELECT {_KEY}, reference, sum(net) AS net, sum(fee) AS fee
    FROM rest_lines WHERE reference <> '' GROUP BY {_KEY}, reference HAVING count(*) > 1
) AS s USING ({_KEY}, reference)
JOIN rest_lines l USING ({_KEY}, reference)
WHERE i.net = s.net AND (movement <> 'charge' OR i.fee = s.fee)
    AND NOT EXISTS (
        SELECT 1 FROM rest_items o
        WHERE o.source = i.source AND o.psp_account = i.psp_account AND o.movement = i.movement
            AND o.reference = i.reference AND o.currency = i.currency AND o.entry_id <> i.entry_id
    )
"""  # noqa: S608  constants only

# Several lines and several entries of a reference, which come to the same: parts captured with fees booked apart. Every
# line matches every entry; more than a few are left to a person.
REFERENCE_TOTAL = f"""
INSERT INTO new_matches
SELECT l.line_id, i.entry_id, source, 'reference_total'
FROM (
    SELECT {_KEY}, reference, count(*) AS lines, sum(net) AS net, sum(fee) AS fee
    FROM rest_lines WHERE reference <> '' GROUP BY {_KEY}, reference HAVING count(*) > 1
) AS t
JOIN (
    SELECT {_KEY}, reference, count(*) AS items, sum(net) AS net, sum(fee) AS fee
    FROM rest_items WHERE reference <> '' GROUP BY {_KEY}, reference HAVING count(*) > 1
) AS s USING ({_KEY}, reference, net)
JOIN rest_lines l USING ({_KEY}, reference)
JOIN rest_items i USING ({_KEY}, reference)
WHERE t.lines * s.items <= 100 AND (movement <> 'charge' OR t.fee = s.fee)
"""  # noqa: S608  constants only

# The PSP's name of the whole payment instead of the charge's, with the same amounts.
ORDER_REFERENCE = f"""
INSERT INTO new_matches
SELECT l.line_id, i.entry_id, l.source, 'order_reference'
FROM (SELECT *, row_number() OVER (PARTITION BY {_KEY}, order_reference, net, CASE movement WHEN 'charge' THEN fee END
                                   ORDER BY at, line_id) AS place FROM rest_lines WHERE order_reference <> '') AS l
JOIN (SELECT *, row_number() OVER (PARTITION BY {_KEY}, reference, net, CASE movement WHEN 'charge' THEN fee END
                                   ORDER BY at, entry_id) AS place FROM rest_items WHERE reference <> '') AS i
    ON (i.source, i.psp_account, i.movement, i.currency, i.reference, i.net, i.place)
        = (l.source, l.psp_account, l.movement, l.currency, l.order_reference, l.net, l.place)
    AND (l.movement <> 'charge' OR l.fee = i.fee)
"""  # noqa: S608  constants only

# Settled in another currency: what we booked is what the payer paid, and at the told rate it comes to the line's gross,
# but for a minor unit and half the rate's last digit. What it became is posted from the line (steps/post_exchanges).
FX_TOLERANCE = f"""
WITH digits AS (SELECT * FROM unnest(%(currencies)s::text[], %(exponents)s::integer[]) AS d (currency, digits)),
items AS (
    SELECT {_KEY}, reference, sum(gross)::bigint AS gross, sum(fee) AS fee
    FROM rest_items WHERE reference <> '' AND source = 'psp' GROUP BY {_KEY}, reference
),
once AS (
    SELECT *, count(*) OVER (PARTITION BY psp_account, movement, reference) AS lines
    FROM rest_lines WHERE source = 'psp' AND reference <> ''
),
settled AS (
    INSERT INTO settled_fx
    SELECT l.line_id, l.psp_account, l.reference, l.currency, i.currency, l.gross, l.fee, i.gross, l.rate, l.at
    FROM once l
    JOIN items i USING (source, psp_account, movement, reference)
    JOIN digits AS d ON d.currency = l.currency
    JOIN digits AS o ON o.currency = i.currency
    WHERE l.lines = 1 AND l.original_currency = i.currency AND l.currency <> i.currency AND i.fee = 0
        AND l.original = i.gross AND i.gross <> 0 AND sign(l.gross) = sign(i.gross) AND l.rate IS NOT NULL
        AND abs(l.gross - i.gross * l.rate * 10::numeric ^ (d.digits - o.digits))
            <= 1 + abs(i.gross) * 10::numeric ^ (d.digits - o.digits) * 0.5 * 10::numeric ^ -scale(trim_scale(l.rate))
    RETURNING line_id, psp_account, reference, original_currency
)
INSERT INTO new_matches
SELECT s.line_id, i.entry_id, 'psp', 'fx_tolerance'
FROM settled s
JOIN rest_lines l USING (line_id)
JOIN rest_items i ON i.source = 'psp' AND i.psp_account = s.psp_account AND i.reference = s.reference
    AND i.movement = l.movement AND i.currency = s.original_currency
"""  # noqa: S608  constants only

# Nothing names the line, but its amount is there once on both sides within the days a transfer may take.
AMOUNT_AND_DAYS = f"""
INSERT INTO new_matches
SELECT line_id, entry_id, source, 'amount_and_days'
FROM (
    SELECT l.line_id, i.entry_id, source, count(*) OVER (PARTITION BY l.line_id) AS of_line,
           count(*) OVER (PARTITION BY i.entry_id, source) AS of_entry
    FROM rest_lines l JOIN rest_items i USING ({_KEY}, net)
    WHERE (l.reference = '' OR (source = 'bank' AND NOT starts_with(l.reference, 'po_')))
        AND l.at BETWEEN i.at - interval '1 day' AND i.at + %(transfer)s::interval
) AS pairs
WHERE of_line = 1 AND of_entry = 1
"""  # noqa: S608  constants only

# One transfer for all payouts of a day.
PAYOUT_BATCH = """
INSERT INTO new_matches
SELECT line_id, unnest(entries), 'bank', 'payout_batch'
FROM (
    SELECT l.line_id, d.entries, d.day, count(*) OVER (PARTITION BY l.line_id) AS of_line,
           count(*) OVER (PARTITION BY l.psp_account, l.currency, d.day) AS of_day
    FROM rest_lines l
    JOIN (
        SELECT psp_account, currency, (at AT TIME ZONE 'UTC')::date AS day, sum(net) AS net,
               array_agg(entry_id) AS entries
        FROM rest_items WHERE source = 'bank' GROUP BY psp_account, currency, day HAVING count(*) > 1
    ) AS d ON d.psp_account = l.psp_account AND d.currency = l.currency AND d.net = l.net
    WHERE l.source = 'bank' AND l.at BETWEEN d.day - interval '1 day' AND d.day + %(transfer)s::interval
) AS pairs
WHERE of_line = 1 AND of_day = 1
"""

RULES = (
    REFERENCE,
    REFERENCE_SUM,
    LINES_SUM,
    REFERENCE_TOTAL,
    ORDER_REFERENCE,
    FX_TOLERANCE,
    AMOUNT_AND_DAYS,
    PAYOUT_BATCH,
)

# An entry and its reversal, neither of which the other side knows: nothing happened, there or here. They stay for the
# sums of a past day between the two, as a movement that no break is made of. A payout that came back before it
# arrived is such a pair on the bank's side.
SET_REVERSED_ASIDE = """
UPDATE rest_items i SET movement = 'reversed'
FROM rest_items o
WHERE i.source = o.source AND i.net = -o.net AND i.reverses_id = o.entry_id;
UPDATE rest_items i SET movement = 'reversed'
FROM rest_items o
WHERE i.source = o.source AND i.net = -o.net AND o.reverses_id = i.entry_id
"""
