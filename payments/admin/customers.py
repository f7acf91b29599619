"""Customers with their methods and payments on one page, and payment methods (never a PAN: there is none)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from simple_history.admin import SimpleHistoryAdmin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter
from payments.admin.words import intent_badge, method_of, method_words, order_of, refund_badge
from payments.models import Customer, PaymentIntent, PaymentMethod
from payments.queries.customers import list_payment_methods
from payments.queries.payment_intents import list_payment_intents

NEWEST_PAYMENTS = 25
ADDRESS_LINES = ("line1", "line2", "postal_code", "city", "state", "country")


@admin.register(Customer)
class CustomerAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("words", "email", "phone", "shown_id", "created")
    list_filter = (CreatedFilter,)
    search_fields = ("email", "name")
    search_help_text = "Part of the e-mail or of the name"
    fields = (
        "shown_id",
        "name",
        "email",
        "phone",
        "description",
        "state",
        "address_json",
        "metadata_json",
        "created",
    )

    def found_words(self, customer: Customer) -> tuple[str, str]:
        return self.words(customer), f"{customer.email or NOTHING} · {customer.public_id}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        customer = kwargs.get("obj")
        if customer is not None:
            context |= {
                "methods": [
                    (method, method_words(method), _expiry(method))
                    for method in list_payment_methods(
                        merchant_id=customer.merchant_id, customer_id=customer.id
                    )
                ],
                "payments": [_payment_line(intent) for intent in _newest_payments(customer)],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="customer")
    def words(self, customer: Customer) -> str:
        return customer.name or customer.email or customer.public_id

    @admin.display(description="id")
    def shown_id(self, customer: Customer) -> str:
        return mono(customer.public_id)

    @admin.display(description="state")
    def state(self, customer: Customer) -> str:
        return badge("Deleted", "calm") if customer.deleted_at else badge("Active", "good")

    @admin.display(description="since")
    def created(self, customer: Customer) -> str:
        return instant(customer.created_at)

    @admin.display(description="address")
    def address_json(self, customer: Customer) -> str:
        written = customer.address or {}
        return ", ".join(str(written[key]) for key in ADDRESS_LINES if written.get(key)) or NOTHING

    @admin.display(description="metadata")
    def metadata_json(self, customer: Customer) -> str:
        return json_block(customer.metadata)


@admin.register(PaymentMethod)
class PaymentMethodAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("words", "customer_link", "funding", "country", "expiry", "created")
    list_filter = (CreatedFilter,)
    fields = (
        "words",
        "shown_id",
        "customer_link",
        "type",
        "funding",
        "country",
        "expiry",
        "fingerprint",
        "wallet",
        "billing_json",
        "metadata_json",
        "created",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("customer")

    @admin.display(description="method")
    def words(self, method: PaymentMethod) -> str:
        return method_words(method)

    @admin.display(description="id")
    def shown_id(self, method: PaymentMethod) -> str:
        return mono(method.public_id)

    @admin.display(description="customer")
    def customer_link(self, method: PaymentMethod) -> str:
        customer = method.customer
        if customer is None:
            return "–"
        address = reverse("admin:payments_customer_change", args=[customer.id])
        return format_html(
            '<a class="bo-link" href="{}">{}</a>', address, customer.name or customer.email or "customer"
        )

    @admin.display(description="expires")
    def expiry(self, method: PaymentMethod) -> str:
        return _expiry(method)

    @admin.display(description="since")
    def created(self, method: PaymentMethod) -> str:
        return instant(method.created_at)

    @admin.display(description="billing details")
    def billing_json(self, method: PaymentMethod) -> str:
        return json_block(method.billing_details)

    @admin.display(description="metadata")
    def metadata_json(self, method: PaymentMethod) -> str:
        return json_block(method.metadata)


def _expiry(method: PaymentMethod) -> str:
    return f"{method.exp_month:02d}/{method.exp_year}" if method.exp_month and method.exp_year else "–"


def _newest_payments(customer: Customer) -> QuerySet[PaymentIntent]:
    rows = list_payment_intents(merchant_id=customer.merchant_id).filter(customer_id=customer.id)
    return rows.select_related("payment_method", "latest_attempt__payment_method").order_by("-id")[
        :NEWEST_PAYMENTS
    ]


def _payment_line(intent: PaymentIntent) -> dict[str, Any]:
    return {
        "url": reverse("admin:payments_paymentintent_change", args=[intent.id]),
        "id": intent.public_id,
        "order": order_of(intent),
        "amount": amount(intent.amount),
        "state": intent_badge(intent) + refund_badge(intent.latest_attempt),
        "method": method_words(method_of(intent)),
        "created": instant(intent.created_at),
    }
