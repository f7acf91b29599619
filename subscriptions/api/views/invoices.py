"""/v1/invoices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from foundation.money import Money
from payments.api.common import created_within
from subscriptions.api import inputs_invoices as inputs
from subscriptions.api.common import as_fields
from subscriptions.api.previews import preview_shape
from subscriptions.errors import InvoicePaymentFailed, InvoiceUpcomingNone
from subscriptions.models import CollectionMethod, Invoice, InvoiceStatus, Subscription
from subscriptions.operations.change_subscription import DECIDED_BY_PAYMENT
from subscriptions.operations.create_invoice import create_invoice
from subscriptions.operations.delete_draft_invoice import delete_draft_invoice
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.mark_uncollectible import mark_uncollectible
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.preview_item_change import preview_item_change
from subscriptions.operations.preview_renewal import preview_renewal
from subscriptions.operations.send_invoice import send_invoice
from subscriptions.operations.update_invoice import update_invoice
from subscriptions.operations.void_invoice import void_invoice
from subscriptions.queries.invoices import (
    find_latest_payment,
    get_invoice,
    list_invoices,
    list_line_rows,
    list_lines,
)
from subscriptions.queries.subscriptions import get_subscription
from subscriptions.shapes import invoice_shape, line_shape
from subscriptions.steps.item_changes import ItemChange

TEXTS = ("description", "footer", "statement_descriptor")


class InvoiceActionView(ApiView):
    """Of one invoice; answers with it as it stands afterwards."""

    scope = "invoices"
    parameter_names = {"invoice": "id"}

    def invoice_id(self, text: str) -> UUID:
        return id_from_url("in", text, kind="invoice")

    def answer(self, text: str) -> HttpResponse:
        invoice = get_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(text))
        return self.respond(shown_invoice(self, invoice))


class InvoicesView(ApiView):
    scope = "invoices"

    @endpoint("Create an invoice", input=inputs.InvoiceCreateInput, returns="invoice")
    def post(self, request: Request) -> HttpResponse:
        params = as_fields(self.input(), texts=TEXTS)
        invoice = create_invoice(
            merchant_id=self.merchant_id,
            invoice_id=self.reserved_id,
            customer_id=params.pop("customer"),
            currency=params.pop("currency", self.request.merchant.default_currency),
            collection_method=CollectionMethod(params.pop("collection_method", "charge_automatically")),
            includes_pending=params.pop("pending_invoice_items_behavior", "exclude") == "include",
            metadata=merge_metadata({}, params.pop("metadata", None) or {}),
            may_exist=self.is_resumed,
            **params,
        )
        return self.respond(shown_invoice(self, invoice))

    @endpoint("List invoices", input=inputs.InvoiceListInput, returns="invoice", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_invoices(merchant_id=self.merchant_id), params)
        for name, field in (
            ("customer", "customer_id"),
            ("subscription", "subscription_id"),
            ("status", "status"),
            ("collection_method", "collection_method"),
        ):
            if name in params:
                rows = rows.filter(**{field: params[name]})
        return self.respond_list(
            rows,
            params,
            prefix="in",
            kind="invoice",
            to_shapes=lambda page: shown_invoices(self, page),
            cursor_queryset=list_invoices(merchant_id=self.merchant_id),
        )


class InvoiceView(InvoiceActionView):
    parameter_names = {"invoice": "id", "payment_method": "default_payment_method"}

    @endpoint("Retrieve an invoice", returns="invoice")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        return self.answer(id)

    @endpoint("Update an invoice", input=inputs.InvoiceUpdateInput, returns="invoice")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = as_fields(self.input(), texts=TEXTS)
        known = get_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id))
        if "metadata" in params:
            params["metadata"] = merge_metadata(known.metadata, params["metadata"])
        if "default_payment_method" in params:
            params["default_payment_method_id"] = params.pop("default_payment_method")
        update_invoice(merchant_id=self.merchant_id, invoice_id=known.id, **params)
        return self.answer(id)

    @endpoint("Delete a draft made by hand", returns="deleted_invoice")
    def delete(self, request: Request, id: str) -> HttpResponse:
        self.input()
        delete_draft_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id))
        return self.respond({"id": id, "object": "invoice", "deleted": True})


class InvoiceLinesView(InvoiceActionView):
    @endpoint("List an invoice's lines", input=inputs.ListInput, returns="line_item", page="list")
    def get(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        invoice = get_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id))
        return self.respond_list(
            list_line_rows(invoice),
            params,
            prefix="il",
            kind="invoice line item",
            to_shape=lambda row: line_shape(row, invoice, livemode=self.livemode),
        )


class InvoiceFinalizeView(InvoiceActionView):
    @endpoint("Finalize an invoice", input=inputs.InvoiceFinalizeInput, returns="invoice")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        finalize_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id), **params)
        return self.answer(id)


class InvoicePayView(InvoiceActionView):
    parameter_names = {"invoice": "id", "payment_method": "payment_method"}

    @endpoint("Pay an invoice", input=inputs.InvoicePayInput, returns="invoice")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        invoice = pay_invoice(
            merchant_id=self.merchant_id,
            invoice_id=self.invoice_id(id),
            payment_method_id=params.get("payment_method"),
            amount=self._part(id, params),
            out_of_band_id=self.reserved_id,
            is_out_of_band=params.get("paid_out_of_band", False),
            off_session=params.get("off_session", True),
        )
        if invoice.status != InvoiceStatus.PAID:
            latest = find_latest_payment(invoice)
            if latest is not None and latest.decline_code:
                raise InvoicePaymentFailed(decline_code=latest.decline_code)
        return self.answer(id)

    def _part(self, id: str, params: dict[str, Any]) -> Money | None:
        if "amount" not in params:
            return None
        invoice = get_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id))
        return Money(params["amount"], invoice.currency)


class InvoiceSendView(InvoiceActionView):
    @endpoint("Send an invoice to its customer", returns="invoice")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        send_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id))
        return self.answer(id)


class InvoiceVoidView(InvoiceActionView):
    @endpoint("Void an invoice", returns="invoice")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        void_invoice(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id))
        return self.answer(id)


class InvoiceMarkUncollectibleView(InvoiceActionView):
    @endpoint("Give an invoice up as uncollectible", returns="invoice")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        mark_uncollectible(merchant_id=self.merchant_id, invoice_id=self.invoice_id(id))
        return self.answer(id)


class InvoicePreviewView(ApiView):
    scope = "invoices"

    @endpoint("Preview an invoice", input=inputs.InvoicePreviewInput, returns="invoice")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        subscription = get_subscription(merchant_id=self.merchant_id, subscription_id=params["subscription"])
        details = params.get("subscription_details")
        if details is None:
            upcoming = preview_renewal(merchant_id=self.merchant_id, subscription_id=subscription.id)
            if upcoming is None or _ends_before(subscription):
                raise InvoiceUpcomingNone(param="subscription")
            period = (upcoming.period.start, upcoming.period.end)
            shape = preview_shape(subscription, upcoming.invoice, period, livemode=self.livemode)
            return self.respond(shape)
        changes = [
            ItemChange(item.get("id"), item.get("price"), item.get("quantity"), item.get("deleted", False))
            for item in details.get("items", ())
        ]
        preview = preview_item_change(
            merchant_id=self.merchant_id,
            subscription_id=subscription.id,
            changes=changes,
            proration_behavior=details["proration_behavior"],
            anchor=details.get("billing_cycle_anchor"),
            proration_at=details.get("proration_date"),
            waits_for_payment=details.get("payment_behavior") in DECIDED_BY_PAYMENT,
        )
        period = (preview.period.start, preview.period.end)
        shape = preview_shape(subscription, preview.invoice, period, livemode=self.livemode)
        # Ours: the update that is to commit just this sends it back.
        return self.respond(shape | {"metadata": {"preview_token": preview.token}})


def _ends_before(subscription: Subscription) -> bool:
    due, end = subscription.next_billing_at, subscription.cancel_at
    return end is not None and due is not None and end <= due


def shown_invoice(view: ApiView, invoice: Invoice) -> dict[str, Any]:
    return invoice_shape(invoice, list_lines(invoice), livemode=view.livemode)


def shown_invoices(view: ApiView, page: Sequence[Invoice]) -> list[dict[str, Any]]:
    return [shown_invoice(view, row) for row in page]
