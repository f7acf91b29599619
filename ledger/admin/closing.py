"""Closing the books and opening a period again: each is a form that calls one operation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse

from foundation.backoffice.forms import ActionForm, ReasonedForm
from foundation.backoffice.views import ActionView
from ledger.admin.days import DayField, end_of
from ledger.admin.merchants import merchants_of
from ledger.models import AccountingPeriod
from ledger.operations.close_period import close_period
from ledger.operations.reopen_period import reopen_period
from ledger.queries.periods import find_last_closed_period


@dataclass(frozen=True, slots=True)
class Books:
    """A merchant's books, as the thing that is closed."""

    merchant_id: UUID
    name: str

    @property
    def pk(self) -> UUID:
        return self.merchant_id

    def __str__(self) -> str:
        return f"Books of {self.name}"


class CloseForm(ActionForm):
    day = DayField(label="Last day", help_text="The books are closed up to the end of this day.")


class CloseBooks(ActionView):
    verb = "close"
    label = "Close the books"
    permission = "ledger.close_period"
    form_class = CloseForm

    def explanation(self, books: Books) -> str:
        last = find_last_closed_period(books.merchant_id)
        until = f"They are closed up to {last.ends_at:%Y-%m-%d %H:%M} UTC. " if last else ""
        return f"{until}Nothing can be dated on or before the last day any more; late news goes into the next day."

    def reason_of(self, answers: dict[str, Any]) -> str:
        return f"Closing up to {answers['day']}"

    def perform(self, books: Books, answers: dict[str, Any]) -> str:
        close_period(
            merchant_id=books.merchant_id, period_id=answers["form_key"], ends_at=end_of(answers["day"])
        )
        return f"The books of {books.name} are closed up to {answers['day']}."

    def after(self, books: Books) -> str:
        return reverse("admin:ledger_accountingperiod_changelist")

    def _permitted_object(self, request: HttpRequest, object_id: str) -> Any:
        own = {str(merchant_id): Books(merchant_id, name) for merchant_id, name in merchants_of(request)}
        if object_id not in own:
            raise Http404("No such books.")
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return own[object_id]


class ReopenPeriod(ActionView):
    verb = "reopen"
    label = "Open again"
    tone = "danger"
    permission = "ledger.reopen_period"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, period: AccountingPeriod) -> bool:
        return period.status == AccountingPeriod.Status.CLOSED

    @classmethod
    def refusal(cls, period: AccountingPeriod) -> str:
        is_last = find_last_closed_period(period.merchant_id) == period
        return "" if is_last else "A later period is closed: open that one first."

    def explanation(self, period: AccountingPeriod) -> str:
        return "Entries can be dated inside it again. What it stood at when it was closed stays on record."

    def perform(self, period: AccountingPeriod, answers: dict[str, Any]) -> str:
        reopen_period(merchant_id=period.merchant_id, period_id=period.id, reason=answers["reason"])
        return "The period is open again."
