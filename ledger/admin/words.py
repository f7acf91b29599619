"""How the books speak to people: balances on their normal side, lines as debits and credits, where it came from."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html

from foundation.backoffice.display import NOTHING, amount, readable
from foundation.money import Money
from ledger.models import Exchange, LedgerAccount, Posting
from ledger.sources import page_of, public_source


def balance_words(account: LedgerAccount) -> str:
    """The account's balance, positive on its normal side. account: from with_net_debits."""
    net_debit = Money(int(account.net_debit_minor), account.currency)  # type: ignore[attr-defined]
    return amount(net_debit if account.normal_side == LedgerAccount.Side.DEBIT else -net_debit)


def debit_words(posting: Posting) -> str:
    return one_side(posting.amount_minor, posting.currency)


def credit_words(posting: Posting) -> str:
    return one_side(-posting.amount_minor, posting.currency)


def kind_words(kind: str) -> str:
    """ "payment_captured" as people say it."""
    return kind.replace("_", " ").capitalize()


def one_side(minor: int, currency: str) -> str:
    """The amount if it is above zero, else nothing: a column holds one side."""
    return amount(Money(minor, currency)) if minor > 0 else ""


def source_link(kind: str, source_id: UUID | None) -> str:
    """The page of what caused an entry; its id alone where no floor above said which page that is."""
    public = public_source(kind, source_id)
    if public is None:
        return NOTHING
    page = page_of(kind)
    if page is None:
        return f"{kind} {public}"
    return format_html('<a class="bo-link bo-mono" href="{}">{}</a>', reverse(page, args=[source_id]), public)


def exchange_words(exchange: Exchange) -> str:
    sold = Money(exchange.sold_minor, exchange.sold_currency)
    bought = Money(exchange.bought_minor, exchange.bought_currency)
    return f"{readable(sold)} at {exchange.rate.normalize():f} to {readable(bought)} ({exchange.rate_source})"
