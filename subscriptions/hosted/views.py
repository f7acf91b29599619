"""The customer's view of an invoice: a page without JavaScript, and its PDF. The token in the address is the key."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from subscriptions.hosted.document import read_document
from subscriptions.hosted.pdf import render_pdf
from subscriptions.models import Invoice
from subscriptions.queries.hosted_invoices import find_hosted_invoice

# The address is a key: it goes to no other site, into no cache and into no search engine.
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@require_safe
def hosted_invoice(request: HttpRequest, token: str) -> HttpResponse:
    invoice = _find(token)
    context = {
        "document": read_document(invoice),
        "pdf_url": reverse("hosted_invoice_pdf", args=[token]),
    }
    return TemplateResponse(request, "public/invoice.html", context, headers=HEADERS)


@require_safe
def hosted_invoice_pdf(request: HttpRequest, token: str) -> HttpResponse:
    invoice = _find(token)
    return HttpResponse(
        render_pdf(read_document(invoice)),
        content_type="application/pdf",
        headers={**HEADERS, "Content-Disposition": f'inline; filename="{invoice.number}.pdf"'},
    )


def _find(token: str) -> Invoice:
    invoice = find_hosted_invoice(token)
    if invoice is None:
        raise Http404("No such invoice.")
    return invoice
