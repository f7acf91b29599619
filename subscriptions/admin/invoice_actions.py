"""What people do with an invoice: each is a form that a POST sends to one operation."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldBooleanSwitchWidget

from foundation.backoffice.display import readable
from foundation.backoffice.forms import MajorUnitsField, ReasonedForm
from foundation.backoffice.views import ActionView
from foundation.money import Money
from subscriptions.models import CollectionMethod, Invoice, InvoiceStatus, PaymentReason
from subscriptions.operations.collect_invoice import PAYABLE, collect_invoice
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.mark_uncollectible import mark_uncollectible
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.renew_invoice_link import renew_invoice_link
from subscriptions.operations.send_invoice import send_invoice
from subscriptions.operations.void_invoice import VOIDABLE, void_invoice
from subscriptions.queries.invoices import find_open_payment

UNDER_WAY = "A charge is under way: its outcome comes first."


class FinalizeForm(ReasonedForm):
    collects = forms.BooleanField(
        required=False,
        initial=True,
        label="Collect it afterwards",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Off: nothing follows by itself.",
    )
    field_order = ("collects", "reason")


class FinalizeInvoice(ActionView):
    verb = "finalize"
    label = "Finalize"
    permission = "subscriptions.change_billing"
    form_class = FinalizeForm

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        return invoice.status == InvoiceStatus.DRAFT

    def explanation(self, invoice: Invoice) -> str:
        return (
            f"It gets its number and is booked over {readable(invoice.total)}. From then on only a credit note"
            " changes what it comes to."
        )

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        done = finalize_invoice(
            merchant_id=invoice.merchant_id, invoice_id=invoice.id, auto_advance=answers["collects"]
        )
        return f"Invoice {done.number} is final."


class RetryInvoice(ActionView):
    verb = "retry"
    label = "Charge now"
    permission = "subscriptions.change_billing"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        return invoice.status in PAYABLE

    @classmethod
    def refusal(cls, invoice: Invoice) -> str:
        if invoice.status not in PAYABLE or invoice.amount_remaining.is_zero:
            return "Nothing of it remains to be paid."
        payment = _open_payment(invoice)
        return UNDER_WAY if payment is not None and not payment.decline_code else ""

    def explanation(self, invoice: Invoice) -> str:
        return (
            f"{readable(invoice.amount_remaining)} is charged to the customer's payment method now. It is a try of"
            " yours: the schedule keeps its own."
        )

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        collect_invoice(merchant_id=invoice.merchant_id, invoice_id=invoice.id, reason=PaymentReason.MANUAL)
        return "The charge is on its way; reload in a moment."


class NotePaidForm(ReasonedForm):
    field_order = ("amount", "reason")

    def __init__(self, *args: Any, remaining: Money, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"] = MajorUnitsField(
            currency=remaining.currency,
            initial=remaining,
            required=False,
            label=f"Received, in {remaining.currency.upper()}",
            help_text="Less than what is owed leaves the invoice open for the rest.",
        )
        self.order_fields(self.field_order)


class NotePaid(ActionView):
    verb = "note_paid"
    label = "Paid another way"
    permission = "subscriptions.settle_invoice"
    form_class = NotePaidForm

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        return invoice.status in PAYABLE

    @classmethod
    def refusal(cls, invoice: Invoice) -> str:
        return RetryInvoice.refusal(invoice)

    def explanation(self, invoice: Invoice) -> str:
        return (
            f"What came of {readable(invoice.amount_remaining)} outside the PSPs, by bank transfer or cash, is booked"
            " as received. Nothing is charged."
        )

    def form_arguments(self, invoice: Invoice) -> dict[str, Any]:
        return {"remaining": invoice.amount_remaining}

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        done = pay_invoice(
            merchant_id=invoice.merchant_id,
            invoice_id=invoice.id,
            amount=answers["amount"],
            is_out_of_band=True,
            out_of_band_id=answers["form_key"],
        )
        left = done.amount_remaining
        return "The invoice is paid." if left.is_zero else f"It is noted; {readable(left)} is still owed."


class SendInvoice(ActionView):
    verb = "send"
    label = "Send to the customer"
    tone = "plain"
    permission = "subscriptions.change_billing"

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        owed = invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
        return invoice.collection_method == CollectionMethod.SEND_INVOICE and owed

    def explanation(self, invoice: Invoice) -> str:
        return "The shop's system is told to send the message, with the link to the customer's page."

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        send_invoice(merchant_id=invoice.merchant_id, invoice_id=invoice.id)
        return "The shop's system has been told."


class VoidInvoice(ActionView):
    verb = "void"
    label = "Void"
    tone = "danger"
    permission = "subscriptions.settle_invoice"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        return invoice.status in VOIDABLE

    @classmethod
    def refusal(cls, invoice: Invoice) -> str:
        if invoice.amount_paid_minor:
            return "A part of it is paid: credit it instead."
        payment = _open_payment(invoice)
        return UNDER_WAY if payment is not None and not payment.decline_code else ""

    def explanation(self, invoice: Invoice) -> str:
        return "For a mistake: nobody owes it any more, its booking is reversed, and it keeps its number."

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        void_invoice(merchant_id=invoice.merchant_id, invoice_id=invoice.id)
        return f"Invoice {invoice.number} is void."


class MarkUncollectible(ActionView):
    verb = "uncollectible"
    label = "Mark uncollectible"
    tone = "danger"
    permission = "subscriptions.settle_invoice"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        return invoice.status == InvoiceStatus.OPEN

    @classmethod
    def refusal(cls, invoice: Invoice) -> str:
        payment = _open_payment(invoice)
        return UNDER_WAY if payment is not None and not payment.decline_code else ""

    def explanation(self, invoice: Invoice) -> str:
        return "Nothing is tried any more. It stays owed, and may still be paid or voided."

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        mark_uncollectible(merchant_id=invoice.merchant_id, invoice_id=invoice.id)
        return f"Invoice {invoice.number} is given up."


class RenewLink(ActionView):
    verb = "renew_link"
    label = "Renew the customer's link"
    tone = "plain"
    permission = "subscriptions.change_billing"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, invoice: Invoice) -> bool:
        return invoice.status != InvoiceStatus.DRAFT

    def explanation(self, invoice: Invoice) -> str:
        return "The address that the customer has stops working at once, and a new one takes its place."

    def perform(self, invoice: Invoice, answers: dict[str, Any]) -> str:
        renew_invoice_link(merchant_id=invoice.merchant_id, invoice_id=invoice.id)
        return "The old address is dead; the new one is on this page."


# The invoice's page has read its tries already (read_page, set by InvoiceAdmin); an action alone asks.


def _open_payment(invoice: Invoice) -> Any:
    page = vars(invoice).get("read_page")
    if page is not None:
        return next((one for one in page.payments if one.status == "open"), None)
    return find_open_payment(invoice)
