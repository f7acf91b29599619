"""The routes of payments under /v1."""

from django.urls import path

from payments.api.views import (
    balance,
    charges,
    customers,
    payment_intents,
    payouts,
    refunds,
    setup_intents,
)

urlpatterns = [
    path("customers", customers.CustomersView.as_view()),
    path("customers/<str:id>", customers.CustomerView.as_view()),
    path("customers/<str:id>/payment_methods", customers.CustomerPaymentMethodsView.as_view()),
    path("customers/<str:id>/payment_methods/<str:method>", customers.CustomerPaymentMethodView.as_view()),
    path("payment_methods", customers.PaymentMethodsView.as_view()),
    path("payment_methods/<str:id>", customers.PaymentMethodView.as_view()),
    path("payment_methods/<str:id>/attach", customers.PaymentMethodAttachView.as_view()),
    path("payment_methods/<str:id>/detach", customers.PaymentMethodDetachView.as_view()),
    path("setup_intents", setup_intents.SetupIntentsView.as_view()),
    path("setup_intents/<str:id>", setup_intents.SetupIntentView.as_view()),
    path("setup_intents/<str:id>/confirm", setup_intents.SetupIntentConfirmView.as_view()),
    path("setup_intents/<str:id>/cancel", setup_intents.SetupIntentCancelView.as_view()),
    path("payment_intents", payment_intents.PaymentIntentsView.as_view()),
    path("payment_intents/<str:id>", payment_intents.PaymentIntentView.as_view()),
    path("payment_intents/<str:id>/confirm", payment_intents.PaymentIntentConfirmView.as_view()),
    path("payment_intents/<str:id>/capture", payment_intents.PaymentIntentCaptureView.as_view()),
    path("payment_intents/<str:id>/cancel", payment_intents.PaymentIntentCancelView.as_view()),
    path("charges", charges.ChargesView.as_view()),
    path("charges/<str:id>", charges.ChargeView.as_view()),
    path("refunds", refunds.RefundsView.as_view()),
    path("refunds/<str:id>", refunds.RefundView.as_view()),
    path("refunds/<str:id>/cancel", refunds.RefundCancelView.as_view()),
    path("payouts", payouts.PayoutsView.as_view()),
    path("payouts/<str:id>", payouts.PayoutView.as_view()),
    path("balance", balance.BalanceView.as_view()),
    path("balance_transactions", balance.BalanceTransactionsView.as_view()),
    path("balance_transactions/<str:id>", balance.BalanceTransactionView.as_view()),
]
