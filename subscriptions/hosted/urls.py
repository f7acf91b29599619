"""The public addresses of invoices."""

from django.urls import path

from subscriptions.hosted.views import hosted_invoice, hosted_invoice_pdf

urlpatterns = [
    path("invoices/<str:token>", hosted_invoice, name="hosted_invoice"),
    path("invoices/<str:token>/pdf", hosted_invoice_pdf, name="hosted_invoice_pdf"),
]
