"""/v1/credit_notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from django.http import HttpResponse
from rest_framework.request import Request

from foundation import clock
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from payments.api.common import created_within
from subscriptions.api import inputs_invoices as inputs
from subscriptions.models import CreditNote, CreditNoteLine
from subscriptions.operations.create_credit_note import Credited, NotePlan, create_credit_note
from subscriptions.operations.preview_credit_note import preview_credit_note
from subscriptions.operations.void_credit_note import void_credit_note
from subscriptions.queries.invoices import (
    get_credit_note,
    list_credit_notes,
    list_note_line_rows,
    list_note_lines,
)
from subscriptions.shapes import credit_note_shape, note_line_shape


class CreditNotesView(ApiView):
    scope = "credit_notes"

    @endpoint("Create a credit note", input=inputs.CreditNoteCreateInput, returns="credit_note")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        note = create_credit_note(
            merchant_id=self.merchant_id,
            credit_note_id=self.reserved_id,
            invoice_id=params["invoice"],
            credited=credited_of(params),
            plan=plan_of(params),
            reason=params.get("reason", ""),
            memo=params.get("memo") or "",
            metadata=merge_metadata({}, params.get("metadata") or {}),
        )
        return self.respond(shown_note(self, note))

    @endpoint("List credit notes", input=inputs.CreditNoteListInput, returns="credit_note", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_credit_notes(merchant_id=self.merchant_id), params)
        for name, field in (("customer", "customer_id"), ("invoice", "invoice_id")):
            if name in params:
                rows = rows.filter(**{field: params[name]})
        return self.respond_list(
            rows, params, prefix="cn", kind="credit note", to_shape=lambda row: shown_note(self, row)
        )


class CreditNotePreviewView(ApiView):
    scope = "credit_notes"

    @endpoint("Preview a credit note", input=inputs.CreditNotePreviewInput, returns="credit_note")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        invoice, reckoned = preview_credit_note(
            merchant_id=self.merchant_id,
            invoice_id=params["invoice"],
            credited=credited_of(params),
            plan=plan_of(params),
        )
        note = CreditNote(
            id=uuid5(invoice.id, "credit_note"),
            merchant_id=self.merchant_id,
            invoice=invoice,
            customer_id=invoice.customer_id,
            number=f"{invoice.number}-preview",
            currency=invoice.currency,
            subtotal_minor=reckoned.subtotal_minor,
            discount_minor=reckoned.discount_minor,
            tax_minor=reckoned.tax_minor,
            inclusive_tax_minor=reckoned.inclusive_tax_minor,
            total_minor=reckoned.total_minor,
            pre_payment_minor=reckoned.split.pre_payment_minor,
            refund_minor=reckoned.split.refund_minor,
            balance_minor=reckoned.split.credit_minor,
            out_of_band_minor=reckoned.split.out_of_band_minor,
            reason=params.get("reason", ""),
            memo=params.get("memo") or "",
            created_at=clock.now(),
        )
        lines = [
            CreditNoteLine(
                id=uuid5(note.id, str(ordinal)),
                invoice_line=line.line,
                description=line.description,
                amount_minor=line.back.amount_minor,
                discount_minor=line.back.discount_minor,
                taxes=line.taxes,
            )
            for ordinal, line in enumerate(reckoned.lines)
        ]
        return self.respond(credit_note_shape(note, lines, livemode=self.livemode))


class CreditNoteView(ApiView):
    scope = "credit_notes"
    parameter_names = {"credit_note": "id"}

    @endpoint("Retrieve a credit note", returns="credit_note")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        note = get_credit_note(merchant_id=self.merchant_id, credit_note_id=_note_id(id))
        return self.respond(shown_note(self, note))


class CreditNoteLinesView(ApiView):
    scope = "credit_notes"
    parameter_names = {"credit_note": "id"}

    @endpoint(
        "List a credit note's lines", input=inputs.ListInput, returns="credit_note_line_item", page="list"
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        note = get_credit_note(merchant_id=self.merchant_id, credit_note_id=_note_id(id))
        return self.respond_list(
            list_note_line_rows(note),
            params,
            prefix="cnli",
            kind="credit note line item",
            to_shape=lambda row: note_line_shape(row, livemode=self.livemode),
        )


class CreditNoteVoidView(ApiView):
    scope = "credit_notes"
    parameter_names = {"credit_note": "id"}

    @endpoint("Void a credit note", returns="credit_note")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        note = void_credit_note(merchant_id=self.merchant_id, credit_note_id=_note_id(id))
        return self.respond(shown_note(self, note))


def shown_note(view: ApiView, note: CreditNote) -> dict[str, Any]:
    return credit_note_shape(note, list_note_lines(note), livemode=view.livemode)


def credited_of(params: dict[str, Any]) -> list[Credited]:
    """An amount without lines is one line of its own, without tax."""
    if "lines" not in params:
        return [Credited(None, params["amount"], description="Credit")]
    return [
        Credited(
            line["invoice_line_item"], line.get("amount"), line.get("quantity"), line.get("description", "")
        )
        if line["type"] == "invoice_line_item"
        else Credited(None, line["unit_amount"] * line.get("quantity", 1), description=line["description"])
        for line in params["lines"]
    ]


def plan_of(params: dict[str, Any]) -> NotePlan:
    return NotePlan(
        refund_minor=params.get("refund_amount", 0),
        credit_minor=params.get("credit_amount"),
        out_of_band_minor=params.get("out_of_band_amount", 0),
    )


def _note_id(text: str) -> UUID:
    return id_from_url("cn", text, kind="credit note")
