"""A shop that sells subscriptions: the short way to a customer with a card, a price and a subscription."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from foundation.ids import new_id
from foundation.jobs.models import Job
from payments.models import Customer
from payments.operations.create_customer import create_customer
from payments.operations.update_customer import update_customer
from payments.queries.payment_intents import list_payment_intents
from subscriptions.models import Invoice, InvoiceLine, InvoicePayment, Price, Subscription
from subscriptions.operations.create_price import create_price
from subscriptions.operations.create_product import create_product
from subscriptions.operations.create_subscription import (
    NewItem,
    PaymentBehavior,
    SubscriptionTerms,
    create_subscription,
)
from subscriptions.operations.record_invoice_payment import record_invoice_payment
from tests.factories.shop import Shop


@dataclass
class Biller:
    """The shop's billing side."""

    shop: Shop

    @property
    def id(self) -> UUID:
        return self.shop.id

    def customer(self, token: str | None = "pm_card_visa", **fields: Any) -> Customer:
        """With a default card, unless token is None."""
        if token is None:
            return create_customer(merchant_id=self.id, customer_id=new_id(), **fields)
        method = self.shop.method(token)
        customer = create_customer(
            merchant_id=self.id, customer_id=new_id(), payment_method_id=method.id, **fields
        )
        return update_customer(
            merchant_id=self.id, customer_id=customer.id, default_payment_method_id=method.id
        )

    def takes_card(self, customer: Customer, token: str) -> None:
        """Another card becomes the customer's default."""
        from payments.operations.attach_payment_method import attach_payment_method

        method = self.shop.method(token)
        attach_payment_method(merchant_id=self.id, payment_method_id=method.id, customer_id=customer.id)
        update_customer(merchant_id=self.id, customer_id=customer.id, default_payment_method_id=method.id)

    def price(self, amount: int = 1_000, currency: str = "usd", **fields: Any) -> Price:
        """Monthly, of a product of its own."""
        product = create_product(merchant_id=self.id, product_id=new_id(), name="Tea")
        terms = {"unit_amount": Decimal(amount), "interval": "month"} | fields
        return create_price(
            merchant_id=self.id, price_id=new_id(), product_id=product.id, currency=currency, **terms
        )

    def subscribes(
        self,
        customer: Customer | None = None,
        *,
        prices: list[Price] | None = None,
        quantity: int | None = None,
        behavior: PaymentBehavior = PaymentBehavior.ALLOW_INCOMPLETE,
        **terms: Any,
    ) -> Subscription:
        prices = [self.price()] if prices is None else prices
        return create_subscription(
            merchant_id=self.id,
            subscription_id=new_id(),
            customer_id=(customer or self.customer()).id,
            items=[NewItem(price.id, None if price.is_metered else quantity) for price in prices],
            terms=SubscriptionTerms(**terms),
            payment_behavior=behavior,
        )

    def fresh(self, subscription: Subscription) -> Subscription:
        rows = Subscription.objects.for_merchant(self.id).select_related("latest_invoice")
        return rows.get(pk=subscription.pk)

    def invoices(self, subscription: Subscription) -> list[Invoice]:
        return list(Invoice.objects.for_merchant(self.id).filter(subscription=subscription).order_by("id"))

    def lines(self, invoice: Invoice) -> list[InvoiceLine]:
        return list(InvoiceLine.objects.for_merchant(self.id).filter(invoice=invoice).order_by("ordinal"))

    def payments(self, invoice: Invoice) -> list[InvoicePayment]:
        rows = InvoicePayment.objects.for_merchant(self.id).filter(invoice=invoice)
        return list(rows.order_by("ordinal"))

    def hears_of_payments(self) -> None:
        """What the reactions to payments' events do, for every intent there is."""
        for intent in list_payment_intents(merchant_id=self.id):
            record_invoice_payment(merchant_id=self.id, payment_intent_id=intent.id)

    def footprint(self) -> dict[str, Any]:
        """Everything that a refusal must leave as it was."""
        return {
            "subscriptions": Subscription.objects.for_merchant(self.id).count(),
            "invoices": Invoice.objects.for_merchant(self.id).count(),
            "payments": InvoicePayment.objects.for_merchant(self.id).count(),
            "jobs": Job.objects.filter(merchant_id=self.id).count(),
            **self.shop.footprint(),
        }
