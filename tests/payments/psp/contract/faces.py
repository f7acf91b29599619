"""What a contract test needs of a PSP, said once for each: how it is told apart, signed, and brought to its word."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.test import Client

from foundation.ids import new_id
from foundation.money import Money
from payments.psp.adyen.connector import AdyenConnector
from payments.psp.outcomes import InquiryOutcome, Outcome, Pending, RequiresAction, Succeeded
from payments.psp.port import (
    Answer,
    AuthorizeRequest,
    CaptureRequest,
    CompleteRequest,
    Credentials,
    IncrementRequest,
    InquireRequest,
    PspConnector,
    RefundRequest,
    VoidRequest,
)
from payments.psp.stripe.connector import StripeConnector
from tests.factories import adyen, psp_news
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import WEBHOOK_SECRET, Shop, open_shop

USD = "usd"
BANK_CURRENCIES = {
    "sepa_debit": "eur",
    "us_bank_account": USD,
    "ideal": "eur",
    "upi": "inr",
    "klarna": "eur",
}
SETTLE_SECONDS = 3
Headers = Mapping[str, str]


@dataclass
class Face:
    """One PSP as its connector meets it. `psp` is this test's own account there."""

    psp: ScriptedPsp
    connector: PspConnector
    credentials: Credentials

    # Orders

    def charge(self, amount: int = 10_00, currency: str = USD, **changes: Any) -> AuthorizeRequest:
        key = f"ch_{new_id().hex}"
        request = AuthorizeRequest(
            psp_key=key,
            amount=Money(amount, currency),
            token="pm_card_visa",
            return_url="https://shop.example.com/done",
            completion_url="https://us.example.com/back",
            references={"payment_intent": "pi_ours"},
        )
        return replace(request, **changes)

    def authorize(self, amount: int = 10_00, currency: str = USD, **changes: Any) -> Outcome:
        return self.connector.authorize(self.credentials, self.charge(amount, currency, **changes)).outcome

    def paid(self, amount: int = 10_00, **changes: Any) -> Succeeded:
        outcome = self.authorize(amount, **changes)
        assert isinstance(outcome, Succeeded), outcome
        return outcome

    def held(self, amount: int = 10_00, **changes: Any) -> Succeeded:
        return self.paid(amount, capture=False, **changes)

    def capture_of(
        self, held: Succeeded, amount: int, *, before: int = 0, is_final: bool = True, key: str = ""
    ) -> CaptureRequest:
        return CaptureRequest(
            psp_key=key or f"cap_{new_id().hex}",
            psp_reference=held.psp_reference,
            amount=Money(amount, USD),
            captured_before=Money(before, USD),
            is_final=is_final,
            leaves_rest=held.amount.amount_minor > before + amount,
        )

    def refund_of(self, paid: Succeeded, amount: int) -> RefundRequest:
        return RefundRequest(
            psp_key=f"re_{new_id().hex}", psp_reference=paid.psp_reference, amount=Money(amount, USD)
        )

    def increment_of(self, held: Succeeded, amount: int) -> IncrementRequest:
        return IncrementRequest(
            psp_key=f"inc_{new_id().hex}", psp_reference=held.psp_reference, amount=Money(amount, USD)
        )

    def void_of(self, held: Succeeded) -> VoidRequest:
        return VoidRequest(psp_key=f"void_{new_id().hex}", psp_reference=held.psp_reference)

    def at_bank(self, method_type: str, ending: str = "success", **changes: Any) -> AuthorizeRequest:
        """A charge of what is no card. ending: success, failed, or of a debit returned."""
        changes = {"currency": BANK_CURRENCIES[method_type]} | changes
        token = self.bank_token(method_type, ending)
        return self.charge(token=token, method_type=method_type, **changes)

    # What differs

    def bank_token(self, method_type: str, ending: str) -> str:
        raise NotImplementedError

    def wallet_token(self, wallet: str, card: str) -> str:
        """A magic card in a wallet's hand."""
        raise NotImplementedError

    def newest_word(self, request: AuthorizeRequest, reference: str = "") -> InquiryOutcome | None:
        """What the PSP says of a payment now, asked or by its newest webhook. reference: its own, if it named one."""
        raise NotImplementedError

    def proven(self, answer: Answer) -> InquiryOutcome | None:
        """The definite word on a call, wherever the PSP says it."""
        raise NotImplementedError

    def became_of(self, kind: str, request: Any, **known: Any) -> InquiryOutcome:
        """The inquiry about a call whose answer was lost."""
        raise NotImplementedError

    def completes(
        self, waiting: RequiresAction, request: AuthorizeRequest, *, passed: bool
    ) -> InquiryOutcome:
        """The customer visits the challenge page."""
        raise NotImplementedError

    def envelope_of(
        self, psp_key: str, *, secret: str = "", at: float | None = None
    ) -> tuple[bytes, Headers]:
        """A webhook telling that the payment with our key succeeded."""
        raise NotImplementedError

    def returned(self, request: RefundRequest, made: Succeeded) -> InquiryOutcome | None:
        """What the PSP says of a refund that came back."""
        raise NotImplementedError

    def open_shop(self) -> Shop:
        raise NotImplementedError

    def news_of(self, psp_key: str) -> tuple[bytes, Headers]:
        """The webhook that the PSP itself has for the payment with our key."""
        raise NotImplementedError

    def post(self, shop: Shop, body: bytes, headers: Headers) -> Any:
        return Client(raise_request_exception=False).post(
            f"/psp/webhooks/{shop.account.public_id}/",
            data=body,
            content_type="application/json",
            headers=dict(headers),
        )


STRIPES_FAMILIES = {
    "sepa_debit": "pm_sepaDebit",
    "us_bank_account": "pm_usBankAccount",
    "ideal": "pm_ideal",
    "upi": "pm_upi",
    "klarna": "pm_klarna",
}


class StripeSide(Face):
    def __init__(self, psp: ScriptedPsp) -> None:
        super().__init__(
            psp,
            StripeConnector(),
            Credentials(
                account_id="psp_1",
                secret_key=psp.key,
                webhook_secrets=(WEBHOOK_SECRET,),
                base_url=psp.base_url,
                deadline_seconds=1,
            ),
        )

    def proven(self, answer: Answer) -> InquiryOutcome | None:
        return answer.outcome

    def became_of(self, kind: str, request: Any, **known: Any) -> InquiryOutcome:
        amount = getattr(request, "amount", None)
        parent = getattr(request, "psp_reference", "")
        asked = InquireRequest(
            kind=kind,
            psp_key=request.psp_key,
            amount=amount,
            psp_reference=parent if kind in ("capture", "increment", "void") else "",
            parent_reference=parent,
            captured_before=getattr(request, "captured_before", None),
        )
        return self.connector.inquire(self.credentials, asked).outcome

    def completes(
        self, waiting: RequiresAction, request: AuthorizeRequest, *, passed: bool
    ) -> InquiryOutcome:
        (self.psp.completes_challenge if passed else self.psp.fails_challenge)(waiting.url)
        asked = InquireRequest(
            kind="attempt",
            psp_key=request.psp_key,
            amount=request.amount,
            psp_reference=waiting.psp_reference,
        )
        return self.connector.inquire(self.credentials, asked).outcome

    def bank_token(self, method_type: str, ending: str) -> str:
        return f"{STRIPES_FAMILIES[method_type]}_{ending}"

    def wallet_token(self, wallet: str, card: str) -> str:
        return card

    def newest_word(self, request: AuthorizeRequest, reference: str = "") -> InquiryOutcome | None:
        asked = InquireRequest(
            kind="attempt", psp_key=request.psp_key, amount=request.amount, psp_reference=reference
        )
        return self.connector.inquire(self.credentials, asked).outcome

    def envelope_of(
        self, psp_key: str, *, secret: str = "", at: float | None = None
    ) -> tuple[bytes, Headers]:
        event = psp_news.payment_event(
            "payment_intent.succeeded",
            status="succeeded",
            amount=1_000,
            amount_received=1_000,
            currency=USD,
            metadata={"psp_key": psp_key},
        )
        return _signed_by_stripe(json.dumps(event).encode(), secret or WEBHOOK_SECRET, at)

    def returned(self, request: RefundRequest, made: Succeeded) -> InquiryOutcome | None:
        asked = InquireRequest(
            kind="refund",
            psp_key=request.psp_key,
            amount=request.amount,
            psp_reference=made.psp_reference,
            parent_reference=request.psp_reference,
        )
        return self.connector.inquire(self.credentials, asked).outcome

    def open_shop(self) -> Shop:
        return open_shop(self.psp)

    def news_of(self, psp_key: str) -> tuple[bytes, Headers]:
        shop = Shop(None, None, self.psp)  # type: ignore[arg-type]
        events = psp_news.told(shop, "payment_intent.succeeded")
        (event,) = [one for one in events if one["data"]["object"]["metadata"]["psp_key"] == psp_key]
        return _signed_by_stripe(json.dumps(event).encode(), WEBHOOK_SECRET, None)


def _signed_by_stripe(body: bytes, secret: str, at: float | None) -> tuple[bytes, Headers]:
    stamp = time.time() if at is None else at
    return body, {"Stripe-Signature": psp_news.signature(body, secret=secret, at=stamp)}


class AdyenSide(Face):
    def __init__(self, psp: ScriptedPsp) -> None:
        super().__init__(
            psp,
            AdyenConnector(),
            Credentials(
                account_id="psp_1",
                secret_key=psp.key,
                webhook_secrets=(adyen.HMAC_KEY,),
                base_url=psp.base_url,
                deadline_seconds=1,
                settings={"merchant_account": adyen.MERCHANT_ACCOUNT, "duplicate_reference_rule": True},
            ),
        )

    def proven(self, answer: Answer) -> InquiryOutcome | None:
        if not isinstance(answer.outcome, Pending):
            return answer.outcome
        self.psp.time_passes(seconds=SETTLE_SECONDS)
        return self.notified(answer.outcome.psp_reference)

    def notified(self, reference: str) -> InquiryOutcome | None:
        """What the newest notification about a modification proves."""
        items = [item for item in adyen.told(self.psp) if item["pspReference"] == reference]
        return self.connector.parse_webhook(adyen.envelope(items[-1])).outcome

    def bank_token(self, method_type: str, ending: str) -> str:
        return adyen.bank_token(method_type, ending)

    def wallet_token(self, wallet: str, card: str) -> str:
        name = {"apple_pay": "applePay", "google_pay": "googlePay"}[wallet]
        return json.dumps({"type": name.lower(), f"{name}Token": card})

    def newest_word(self, request: AuthorizeRequest, reference: str = "") -> InquiryOutcome | None:
        items = [item for item in adyen.told(self.psp) if item["merchantReference"] == request.psp_key]
        return self.connector.parse_webhook(adyen.envelope(items[-1])).outcome if items else None

    def became_of(self, kind: str, request: Any, **known: Any) -> InquiryOutcome:
        asked = InquireRequest(
            **{
                "kind": kind,
                "psp_key": request.psp_key,
                "amount": getattr(request, "amount", None),
                "repeat": request,
                "age_seconds": 10,
                "second_is_refused": True,
            }
            | known
        )
        answer = self.connector.inquire(self.credentials, asked)
        if not isinstance(answer.outcome, Pending):
            return answer.outcome
        self.psp.time_passes(seconds=SETTLE_SECONDS)
        outcome = self.notified(answer.outcome.psp_reference)
        assert outcome is not None
        return outcome

    def completes(
        self, waiting: RequiresAction, request: AuthorizeRequest, *, passed: bool
    ) -> InquiryOutcome:
        brought = adyen.comes_back(self.psp, waiting.url, passed=passed)
        told = CompleteRequest(
            psp_key=request.psp_key,
            amount=request.amount,
            capture=request.capture,
            details={"redirectResult": brought},
        )
        return self.connector.complete(self.credentials, told).outcome

    def envelope_of(
        self, psp_key: str, *, secret: str = "", at: float | None = None
    ) -> tuple[bytes, Headers]:
        item = adyen.item_of("AUTHORISATION", merchantReference=psp_key)
        return adyen.envelope(item, key=secret or adyen.HMAC_KEY), {}

    def returned(self, request: RefundRequest, made: Succeeded) -> InquiryOutcome | None:
        return self.notified(made.psp_reference)

    def open_shop(self) -> Shop:
        return adyen.open_adyen_shop(self.psp)

    def news_of(self, psp_key: str) -> tuple[bytes, Headers]:
        items = adyen.told(self.psp, "AUTHORISATION")
        (item,) = [one for one in items if one["merchantReference"] == psp_key]
        return adyen.envelope(item), {}


FACES: dict[str, tuple[type[StripeSide | AdyenSide], str]] = {
    "stripe": (StripeSide, "sk_test_"),
    "adyen": (AdyenSide, "AQE"),
}
