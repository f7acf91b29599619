"""Which fields a search of payments and refunds knows, and the columns on which each lies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from foundation import clock
from foundation.backoffice.terms import Reader, TermNotRead, read_amount, read_days
from foundation.money import EXPONENTS
from payments.admin.words import DECLINED, INTENT_WORDS, MOVEMENT_WORDS, ORDER_KEYS
from payments.models import IntentStatus

USUAL_DIGITS = 2
UNUSUAL = {
    digits: [code for code, exponent in EXPONENTS.items() if exponent == digits]
    for digits in sorted(set(EXPONENTS.values()) - {USUAL_DIGITS})
}


def in_minor_units(comparison: str, major: Decimal) -> Q:
    """amount_minor compared with an amount in major units, each currency in its own minor units.

    comparison: a lookup (`gte`, `lt`, `exact`). An amount finer than a currency's minor unit equals none of it.
    """

    def compared(digits: int) -> Q:
        minor = major.scaleb(digits)
        if comparison == "exact" and minor != minor.to_integral_value():
            return Q(pk__in=[])
        return Q(**{f"amount_minor__{comparison}": int(minor)})

    usual = compared(USUAL_DIGITS)
    condition = Q()
    for digits, codes in UNUSUAL.items():
        usual &= ~Q(currency__in=codes)
        condition |= compared(digits) & Q(currency__in=codes)
    return condition | usual


def _amount(value: str) -> Q:
    span = read_amount(value)
    if span.lower is not None and span.lower == span.upper:
        return in_minor_units("exact", span.lower)
    condition = Q()
    if span.lower is not None:
        condition &= in_minor_units("gte" if span.includes_lower else "gt", span.lower)
    if span.upper is not None:
        condition &= in_minor_units("lte" if span.includes_upper else "lt", span.upper)
    return condition


def _currency(value: str) -> Q:
    if value.lower() not in EXPONENTS:
        raise TermNotRead(f"“{value}” is not a currency; write its three letters, such as eur.")
    return Q(currency=value.lower())


def _date(value: str) -> Q:
    start, end = read_days(value, timezone.localtime(clock.now()))
    return Q(created_at__gte=start, created_at__lt=end)


def _intent_status(value: str) -> Q:
    if value.lower() == DECLINED[0].lower():
        return Q(status=IntentStatus.REQUIRES_PAYMENT_METHOD, last_payment_error__isnull=False)
    return Q(status=_named(value, {str(key): words for key, (words, _) in INTENT_WORDS.items()}, DECLINED[0]))


def _refund_status(value: str) -> Q:
    return Q(status=_named(value, {str(key): words for key, (words, _) in MOVEMENT_WORDS.items()}))


def _named(value: str, words: Mapping[str, str], *also: str) -> str:
    """A status by its word on the badge or by its name in the API."""
    for status, word in words.items():
        if value.lower() in (status, word.lower()):
            return status
    offered = ", ".join(f'"{word.lower()}"' for word in [*words.values(), *also])
    raise TermNotRead(f"“{value}” is none of {offered}.")


def _last4(value: str) -> Q:
    if not (len(value) == 4 and value.isdigit()):
        raise TermNotRead(f"“{value}” is not the last four digits of a card.")
    # Through the search text, which has an index; then exactly.
    return Q(search_text__icontains=value, latest_attempt__payment_method__last4=value)


def _email(value: str) -> Q:
    exactly = Q(customer__email__iexact=value) | Q(receipt_email__iexact=value)
    return Q(search_text__icontains=value) & exactly


def _order(value: str) -> Q:
    exactly = Q()
    for key in ORDER_KEYS:
        exactly |= Q(metadata__contains={key: value})
    return Q(search_text__icontains=value) & exactly


def _psp(value: str) -> Q:
    return Q(latest_attempt__psp_account__name__iexact=value) | Q(
        latest_attempt__psp_account__psp=value.lower()
    )


PAYMENT_TERMS: Mapping[str, Reader] = {
    "amount": _amount,
    "currency": _currency,
    "date": _date,
    "status": _intent_status,
    "last4": _last4,
    "email": _email,
    "order": _order,
    "psp": _psp,
}
REFUND_TERMS: Mapping[str, Reader] = {
    "amount": _amount,
    "currency": _currency,
    "date": _date,
    "status": _refund_status,
}
