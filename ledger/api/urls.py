"""The routes of the books under /v1."""

from django.urls import path

from ledger.api import views

urlpatterns = [
    path("ledger/accounts", views.LedgerAccountsView.as_view()),
    path("ledger/accounts/<str:id>", views.LedgerAccountView.as_view()),
    path("ledger/entries", views.LedgerEntriesView.as_view()),
    path("ledger/entries/<str:id>", views.LedgerEntryView.as_view()),
]
