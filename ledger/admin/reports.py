"""The pages that add up: the trial balance as of a day, and the statement of one account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from foundation.backoffice.display import instant, readable
from foundation.money import Money
from ledger.admin.days import day_of, end_of, start_of, today
from ledger.admin.merchants import chosen_merchant, merchants_of
from ledger.admin.words import one_side, source_link
from ledger.models import LedgerAccount
from ledger.queries.account_statement import AccountStatementLine, Position, get_account_statement
from ledger.queries.trial_balance import get_trial_balance

_INSTANT = timedelta(microseconds=1)


def trial_balance_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """?merchant=&day=: every account as it stood at the end of that day; today: now."""
    merchants = merchants_of(request)
    merchant = chosen_merchant(request, merchants)
    day = min(day_of(request.GET.get("day"), today()), today())
    found = None
    if merchant is not None:
        at = None if day == today() else end_of(day) - _INSTANT
        found = get_trial_balance(merchant[0], effective_at=at)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Trial balance",
        "opts": model_admin.opts,
        "merchants": [(str(pk), name) for pk, name in merchants],
        "merchant": str(merchant[0]) if merchant else "",
        "day": day.isoformat(),
        "rows": [_account_row(account, day.isoformat()) for account in found.accounts] if found else [],
        "totals": [
            (
                total.currency.upper(),
                readable(Money(total.debits_minor, total.currency)),
                readable(Money(total.credits_minor, total.currency)),
                total.is_balanced,
            )
            for total in (found.totals if found else [])
        ],
    }
    return TemplateResponse(request, "admin/ledger/ledgeraccount/trial_balance.html", context)


def statement_page(model_admin: Any, request: HttpRequest, account: LedgerAccount) -> HttpResponse:
    """?from=&to=: what was dated on these days, each line with the balance after it."""
    last = day_of(request.GET.get("to"), today())
    first = min(day_of(request.GET.get("from"), last.replace(day=1)), last)
    statement = get_account_statement(
        account.merchant_id,
        account.id,
        starts_at=start_of(first),
        ends_at=end_of(last),
        after=_position_of(request.GET.get("after", "")),
    )
    following = statement.next_after
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Statement",
        "opts": model_admin.opts,
        "account": account,
        "account_url": reverse("admin:ledger_ledgeraccount_change", args=[account.pk]),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "is_continued": "after" in request.GET,
        "opening": readable(statement.opening),
        "brought_forward": readable(statement.brought_forward),
        "closing": readable(statement.closing),
        "lines": [_statement_row(line) for line in statement.lines],
        "next_after": _position_text(following) if following else "",
    }
    return TemplateResponse(request, "admin/ledger/ledgeraccount/statement.html", context)


def _account_row(account: Any, day: str) -> dict[str, str]:
    net = account.net_debit.amount_minor
    return {
        "path": account.path,
        "url": reverse("admin:ledger_ledgeraccount_statement", args=[account.account_id]) + f"?to={day}",
        "type": account.type,
        "debit": one_side(net, account.currency),
        "credit": one_side(-net, account.currency),
        "debits": readable(Money(account.debits_minor, account.currency)),
        "credits": readable(Money(account.credits_minor, account.currency)),
    }


def _statement_row(line: AccountStatementLine) -> dict[str, Any]:
    return {
        "effective": instant(line.position.effective_at),
        "reference": line.reference,
        "url": reverse("admin:ledger_journalentry_change", args=[line.position.entry_id]),
        "words": line.description or line.kind,
        "source": source_link(line.source_kind, line.source_id),
        "debit": one_side(line.amount.amount_minor, line.amount.currency),
        "credit": one_side(-line.amount.amount_minor, line.amount.currency),
        "balance": readable(line.balance),
    }


def _position_text(position: Position) -> str:
    return f"{position.effective_at.isoformat()}|{position.entry_id}|{position.line}"


def _position_of(text: str) -> Position | None:
    """Where a page goes on; None for the first page and for anything that is no position."""
    try:
        at, entry_id, line = text.split("|")
        moment: datetime | None = parse_datetime(at)
        return Position(moment, UUID(entry_id), int(line)) if moment and moment.tzinfo else None
    except ValueError:
        return None
