"""Filters of payments' lists: currency from a fixed list, and an amount range in major units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.options import ModelAdmin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from foundation import clock
from foundation.backoffice.filters import SelectFilter, fixed_filter
from foundation.money import MAX_AMOUNT_MINOR
from payments.admin.searching import in_minor_units
from payments.admin.words import DECLINED, INTENT_WORDS
from payments.models import IntentStatus, PaymentAttempt, Refund
from payments.queries.day_figures import LAST_DAY_WORDS, list_payments_with

# Not SELECT DISTINCT: the currencies that shops here sell in; any other is found by search.
CURRENCIES = [
    "usd",
    "eur",
    "gbp",
    "inr",
    "jpy",
    "cad",
    "aud",
    "chf",
    "sek",
    "nok",
    "dkk",
    "pln",
    "sgd",
    "kwd",
]
CurrencyFilter = fixed_filter("currency", [(code, code.upper()) for code in CURRENCIES])


class DoubtFilter(SelectFilter):
    """Payments whose charge or refund nobody knows the outcome of."""

    title = "doubt"
    parameter_name = "doubt"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("yes", "Only in doubt")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        # Through the partial indexes of next_check_at: what is in doubt is few among millions.
        doubtful = {"next_check_at__isnull": False, "status": "unknown"}
        attempts = PaymentAttempt.across_merchants.filter(**doubtful).values("payment_intent_id")
        refunds = Refund.across_merchants.filter(**doubtful).values("payment_intent_id")
        return queryset.filter(Q(pk__in=attempts) | Q(pk__in=refunds))


class StatusFilter(SelectFilter):
    """By the words of the status badge; a declined payment is one that needs another method, and says so."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        words = [(str(status), text) for status, (text, _) in INTENT_WORDS.items()]
        return [*words[-2:-1], ("declined", DECLINED[0]), *words[:-2], words[-1]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "declined":
            return queryset.filter(
                status=IntentStatus.REQUIRES_PAYMENT_METHOD, last_payment_error__isnull=False
            )
        if self.value() == IntentStatus.REQUIRES_PAYMENT_METHOD:
            return queryset.filter(
                status=IntentStatus.REQUIRES_PAYMENT_METHOD, last_payment_error__isnull=True
            )
        return queryset.filter(status=self.value()) if self.value() in INTENT_WORDS else queryset


class LastDayFilter(SelectFilter):
    """What happened in the last 24 hours, as the home page counts it: each of its numbers leads here."""

    title = "the last 24 hours"
    parameter_name = "last_day"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("answered", "Approved or declined"),
            ("approved", "Approved"),
            ("declined", "Declined"),
            ("captured", "Captured"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        what = self.value()
        if what is None or what not in LAST_DAY_WORDS:
            return queryset
        now = clock.now()
        ids_of_day = list_payments_with(what, start=now - timedelta(days=1), end=now + timedelta(seconds=1))
        return queryset.filter(pk__in=ids_of_day)


class AmountFilter(ListFilter):
    """`amount_from` and `amount_to` as people write them; each currency counts in its own minor units."""

    title = "amount"
    template = "admin/back_office/amount_filter.html"
    names = ("amount_from", "amount_to")

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: ModelAdmin[Any]
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.names:
            if name in params:
                value = params.pop(name)
                self.used_parameters[name] = value[-1] if isinstance(value, list) else value

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        yield {
            "from": self.used_parameters.get("amount_from", ""),
            "to": self.used_parameters.get("amount_to", ""),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        lower = _major(self.used_parameters.get("amount_from"))
        upper = _major(self.used_parameters.get("amount_to"))
        if lower is not None:
            queryset = queryset.filter(in_minor_units("gte", lower))
        if upper is not None:
            queryset = queryset.filter(in_minor_units("lte", upper))
        return queryset


def _major(text: Any) -> Decimal | None:
    try:
        value = Decimal(str(text or "").strip().replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) <= MAX_AMOUNT_MINOR else None
