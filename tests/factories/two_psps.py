"""A shop with a second account at the scripted PSP, with books of its own, and cards that both can charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foundation.ids import new_id
from payments.models import (
    PaymentAttempt,
    PaymentIntent,
    PaymentMethod,
    PspAccount,
    PspToken,
    RoutingDecision,
)
from payments.operations.create_psp_account import create_psp_account
from payments.steps.seal_token import sealed_token
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import WEBHOOK_SECRET, Shop


@dataclass
class TwoPsps:
    """first: the shop's own account, preferred by priority. second: the one beside it."""

    shop: Shop
    first: PspAccount
    second: PspAccount
    second_psp: ScriptedPsp

    @property
    def charges(self) -> tuple[int, int]:
        """Captures in the books of each."""
        return self.shop.psp.charges(), self.second_psp.charges()

    def method(self, first_token: str, second_token: str) -> PaymentMethod:
        """One card under a token of its own at each account."""
        method = self.shop.method(first_token)
        tokens = PspToken.objects.for_merchant(self.shop.id).filter(payment_method=method)
        tokens.filter(psp_account=self.second).delete()
        sealed_token(method, self.second, second_token).save(force_insert=True)
        return method

    def attempts(self, intent: PaymentIntent) -> list[tuple[str, str]]:
        """(account, status) of every try of a payment, in order."""
        rows = PaymentAttempt.objects.for_merchant(self.shop.id).filter(payment_intent_id=intent.id)
        return [(row.psp_account.name, row.status) for row in rows.order_by("ordinal")]

    def decisions(self, intent: PaymentIntent) -> list[RoutingDecision]:
        rows = RoutingDecision.objects.for_merchant(self.shop.id).filter(payment_intent_id=intent.id)
        return list(rows.select_related("psp_account").order_by("ordinal"))


def open_second_account(shop: Shop, *, name: str = "Second", priority: int = 200, **limits: Any) -> TwoPsps:
    psp = ScriptedPsp(shop.psp.sandbox, key=f"sk_test_{new_id().hex}")
    second = create_psp_account(
        merchant_id=shop.id,
        psp="stripe",
        name=name,
        secret_key=psp.key,
        webhook_secret=WEBHOOK_SECRET,
        base_url=psp.base_url,
        maximum_report_delay_seconds=60,
        priority=priority,
        **limits,
    )
    return TwoPsps(shop, shop.account, second, psp)
