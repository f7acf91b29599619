"""A merchant with an account at the scripted PSP, and the short way to a payment in any state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from foundation.events.models import Event
from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.money import Money
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_merchant
from ledger.queries.balances import get_balance, list_accounts_with_balances
from payments.models import Capture, Case, PaymentAttempt, PaymentIntent, PaymentMethod, PspAccount, Refund
from payments.operations.cancel_payment_intent import cancel_payment_intent
from payments.operations.capture_payment import capture_payment
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.create_payment_method import create_payment_method
from payments.operations.create_psp_account import create_psp_account
from payments.operations.execute_attempt import execute_attempt
from payments.operations.refund_payment import refund_payment
from payments.queries.payment_intents import get_attempt
from tests.factories.scripted_psp import ScriptedPsp

Row = TypeVar("Row", PaymentIntent, PaymentAttempt, Capture, Refund)

WEBHOOK_SECRET = "whsec_of_the_scripted_psp"


@dataclass
class Shop:
    """A merchant whose only PSP is the scripted one."""

    merchant: Merchant
    account: PspAccount
    psp: ScriptedPsp

    @property
    def id(self) -> UUID:
        return self.merchant.id

    def method(self, token: str = "pm_card_visa") -> PaymentMethod:
        return create_payment_method(merchant_id=self.id, payment_method_id=new_id(), token=token)

    def intent(
        self, amount: int = 1_000, currency: str = "usd", *, token: str | None = "pm_card_visa", **fields: Any
    ) -> PaymentIntent:
        """An intent that was not confirmed."""
        method = self.method(token) if token else None
        return create_payment_intent(
            merchant_id=self.id,
            payment_intent_id=new_id(),
            amount=Money(amount, currency),
            payment_method_id=method.id if method else None,
            **fields,
        ).intent

    def pays(
        self, amount: int = 1_000, currency: str = "usd", *, token: str = "pm_card_visa", **fields: Any
    ) -> PaymentIntent:
        """Created and confirmed in one go; the intent in the state reached."""
        return self.charges(self.method(token), amount, currency, **fields)

    def charges(
        self, method: PaymentMethod, amount: int = 1_000, currency: str = "usd", **fields: Any
    ) -> PaymentIntent:
        """As `pays`, with a method that there is already."""
        created = create_payment_intent(
            merchant_id=self.id,
            payment_intent_id=new_id(),
            amount=Money(amount, currency),
            payment_method_id=method.id,
            confirm=True,
            return_url="https://shop.example.com/done",
            **fields,
        )
        assert created.order is not None
        return execute_attempt(merchant_id=self.id, attempt_id=created.order.attempt_id, order=created.order)

    def authorizes(self, amount: int = 1_000, currency: str = "usd", **fields: Any) -> PaymentIntent:
        return self.pays(amount, currency, capture_method="manual", **fields)

    def captures(self, intent: PaymentIntent, amount: int | None = None, *, is_final: bool = True) -> Capture:
        return capture_payment(
            merchant_id=self.id,
            payment_intent_id=intent.id,
            capture_id=new_id(),
            amount=None if amount is None else Money(amount, intent.currency),
            is_final=is_final,
        )

    def gives_back(self, intent: PaymentIntent, amount: int | None = None) -> Refund:
        return refund_payment(
            merchant_id=self.id,
            payment_intent_id=intent.id,
            refund_id=new_id(),
            amount=None if amount is None else Money(amount, intent.currency),
        )

    def cancels(self, intent: PaymentIntent) -> PaymentIntent:
        return cancel_payment_intent(merchant_id=self.id, payment_intent_id=intent.id)

    def attempt(self, intent: PaymentIntent) -> PaymentAttempt:
        """The newest attempt of an intent, read anew."""
        fresh = self.fresh(intent)
        assert fresh.latest_attempt_id is not None
        return get_attempt(merchant_id=self.id, attempt_id=fresh.latest_attempt_id)

    def fresh(self, row: Row) -> Row:
        """The same row as it is on disk now."""
        return type(row).objects.for_merchant(self.id).get(pk=row.pk)

    def cases(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(kind, what it is about, evidence) of every open case, oldest first."""
        rows = Case.objects.for_merchant(self.id).filter(resolved_at__isnull=True).order_by("id")
        return [(case.kind, case.subject_kind, case.evidence) for case in rows]

    def ledger(self, path: str, currency: str = "usd") -> int:
        """Balance in minor units, on the account's normal side. `psp_clearing` stands for the account's path."""
        if path == "psp_clearing":
            path = f"assets/psp_clearing/{self.account.public_id}"
        return get_balance(self.id, path, currency).balance.amount_minor

    def balances(self) -> dict[tuple[str, str], int]:
        """Every account that is not zero: for "nothing moved"."""
        return {
            (account.path, account.currency): account.net_debit.amount_minor
            for account in list_accounts_with_balances(self.id)
            if not account.net_debit.is_zero
        }

    def events(self) -> list[str]:
        """Types of this merchant's events in the order they were published."""
        rows = Event.objects.for_merchant(self.id).order_by("position")
        return list(rows.values_list("type", flat=True))

    def footprint(self) -> dict[str, Any]:
        """Everything that a refusal must leave as it was: rows, events, jobs, balances, the PSP's books."""
        from payments import models

        rows = {
            model.__name__: model.objects.for_merchant(self.id).count()
            for model in (
                models.PaymentIntent,
                models.PaymentAttempt,
                models.Capture,
                models.Refund,
                models.PspCall,
                models.Case,
            )
        }
        return {
            **rows,
            "events": self.events(),
            "jobs": Job.objects.filter(merchant_id=self.id).count(),
            "balances": self.balances(),
            "psp": self.psp.books(),
        }


def open_shop(
    psp: ScriptedPsp, *, name: str = "Tea shop", report_delay_seconds: int = 60, **limits: Any
) -> Shop:
    merchant = create_merchant(name=name, currency="usd")
    account = create_psp_account(
        merchant_id=merchant.id,
        psp="stripe",
        name="Scripted",
        secret_key=psp.key,
        webhook_secret=WEBHOOK_SECRET,
        base_url=psp.base_url,
        maximum_report_delay_seconds=report_delay_seconds,
        **limits,
    )
    return Shop(merchant, account, psp)
