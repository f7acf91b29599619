"""Currencies and prices of the sandbox: minor digits, limits, the processing fee. Amounts are integer minor
units.

Source: https://docs.stripe.com/currencies (minimum and maximum charge amounts, zero- and three-decimal
currencies) and https://stripe.com/pricing (2.9 % + 30 cents), read 2026-11. Stripe counts ISK and
UGX with two decimals although they have none.
"""


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


ZERO_DECIMAL = _codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = _codes("bhd jod kwd omr tnd")
TWO_DECIMAL = _codes(
    """usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf
    chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr
    ils inr isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr
    mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos
    srd std szl thb tjs top try ttd twd tzs uah ugx uyu uzs wst xcd xcg yer zar zmw"""
)
CURRENCIES = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL

_MINIMUM_MINOR = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
    "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
_MAXIMUM_DIGITS = {"idr": 12, "cop": 10, "huf": 10, "jpy": 10, "krw": 10, "vnd": 10, "inr": 9}
_SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}

FEE_RATE_PER_MILLE = 29


def minor_digits(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def minimum_minor(currency: str) -> int:
    return _MINIMUM_MINOR.get(currency, 1)


def maximum_minor(currency: str) -> int:
    return int("9" * _MAXIMUM_DIGITS.get(currency, 8))


def fee_minor(amount_minor: int, currency: str) -> int:
    """2.9 % rounded half up, plus 30 minor units (300 where the currency has three decimals)."""
    fixed = 300 if currency in THREE_DECIMAL else 30
    return (amount_minor * FEE_RATE_PER_MILLE + 500) // 1000 + fixed


def display(amount_minor: int, currency: str) -> str:
    """For messages only: `$10.50`, `¥500`, `1.500 KWD`."""
    digits = minor_digits(currency)
    whole, fraction = divmod(amount_minor, 10**digits)
    number = f"{whole:,}.{fraction:0{digits}d}" if digits else f"{whole:,}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency.upper()}"
