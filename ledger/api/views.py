"""/v1/ledger/accounts and /v1/ledger/entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, no_such
from foundation.http.views import ApiView
from ledger.api import inputs
from ledger.queries.accounts import find_account, list_accounts
from ledger.queries.balances import list_balances_as_of
from ledger.queries.entries import list_entries, list_entries_by_ids
from ledger.queries.exchanges import exchanges_of_entries
from ledger.shapes import ledger_account_shape, ledger_entry_shape
from ledger.sources import find_source

# as_of=… means by the end of that second, since instants are kept finer.
_REST_OF_THE_SECOND = timedelta(microseconds=999_999)


class LedgerAccountsView(ApiView):
    scope = "ledger"

    @endpoint("List ledger accounts", input=inputs.AccountListInput, returns="ledger_account", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        accounts = list_accounts(
            self.merchant_id,
            below=params.get("path"),
            currency=params.get("currency"),
            type=params.get("type"),
        )
        return self.respond_list(
            accounts,
            params,
            prefix="la",
            kind="ledger account",
            to_shapes=lambda page: _account_shapes(self.merchant_id, page, params),
        )


class LedgerAccountView(ApiView):
    scope = "ledger"

    @endpoint("Retrieve a ledger account", input=inputs.AsOfInput, returns="ledger_account")
    def get(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        account_id = id_from_url("la", id, kind="ledger account")
        account = find_account(self.merchant_id, account_id)
        if account is None:
            raise no_such("ledger account", id)
        return self.respond(_account_shapes(self.merchant_id, [account], params)[0])


class LedgerEntriesView(ApiView):
    scope = "ledger"

    @endpoint("List ledger entries", input=inputs.EntryListInput, returns="ledger_entry", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        source = params.get("source")
        entries = list_entries(
            self.merchant_id,
            account_id=params.get("account"),
            source=None if source is None else find_source(source) or ("", UUID(int=0)),
            reference=params.get("reference"),
            kind=params.get("kind"),
            effective_at=params.get("effective_at", {}),
        )
        return self.respond_list(
            entries,
            params,
            prefix="je",
            kind="ledger entry",
            to_shapes=lambda page: _entry_shapes(self.merchant_id, [entry.pk for entry in page]),
        )


class LedgerEntryView(ApiView):
    scope = "ledger"

    @endpoint("Retrieve a ledger entry", returns="ledger_entry")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        shapes = _entry_shapes(self.merchant_id, [id_from_url("je", id, kind="ledger entry")])
        if not shapes:
            raise no_such("ledger entry", id)
        return self.respond(shapes[0])


def _account_shapes(
    merchant_id: UUID, accounts: Sequence[Any], params: dict[str, Any]
) -> list[dict[str, Any]]:
    effective_at, recorded_at = params.get("as_of"), params.get("recorded_as_of")
    balances = list_balances_as_of(
        merchant_id,
        effective_at=_by_the_end_of(effective_at),
        recorded_at=_by_the_end_of(recorded_at),
        account_ids=[account.pk for account in accounts],
    )
    by_id = {balance.account_id: balance for balance in balances}
    return [
        ledger_account_shape(account, by_id[account.pk], effective_at=effective_at, recorded_at=recorded_at)
        for account in accounts
    ]


def _by_the_end_of(second: datetime | None) -> datetime | None:
    return None if second is None else second + _REST_OF_THE_SECOND


def _entry_shapes(merchant_id: UUID, entry_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """In the order of the ids. Three queries, whatever their number."""
    exchanges = exchanges_of_entries(merchant_id, entry_ids)
    shapes = {
        entry.id: ledger_entry_shape(entry, exchanges.get(entry.id, []))
        for entry in list_entries_by_ids(merchant_id, entry_ids)
    }
    return [shapes[entry_id] for entry_id in entry_ids if entry_id in shapes]
