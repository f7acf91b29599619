"""/v1/balance and /v1/balance_transactions, read from the ledger."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url
from foundation.http.views import ApiView
from payments.api import inputs
from payments.api.common import created_within
from payments.queries.balance import (
    get_balance,
    get_balance_transaction,
    list_balance_entries,
    read_balance_transactions,
)
from payments.shapes import balance_shape, balance_transaction_shape


class BalanceView(ApiView):
    scope = "balance"

    @endpoint("Retrieve the balance", returns="balance")
    def get(self, request: Request) -> HttpResponse:
        self.input()
        available, pending = get_balance(merchant_id=self.merchant_id)
        return self.respond(balance_shape(available=available, pending=pending, livemode=self.livemode))


class BalanceTransactionsView(ApiView):
    scope = "balance"

    @endpoint(
        "List balance transactions",
        input=inputs.BalanceTransactionListInput,
        returns="balance_transaction",
        page="list",
    )
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = list_balance_entries(
            merchant_id=self.merchant_id,
            type=params.get("type"),
            source=params.get("source"),
            payout_id=params.get("payout"),
            currency=params.get("currency"),
        )
        return self.respond_list(
            created_within(rows, params, field="effective_at"),
            params,
            prefix="txn",
            kind="balance transaction",
            to_shapes=lambda page: [
                balance_transaction_shape(transaction)
                for transaction in read_balance_transactions(
                    merchant_id=self.merchant_id, entry_ids=[entry.id for entry in page]
                )
            ],
        )


class BalanceTransactionView(ApiView):
    scope = "balance"

    @endpoint("Retrieve a balance transaction", returns="balance_transaction")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        transaction = get_balance_transaction(
            merchant_id=self.merchant_id, entry_id=id_from_url("txn", id, kind="balance transaction")
        )
        return self.respond(balance_transaction_shape(transaction))
