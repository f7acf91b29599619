"""One merchant's world for the tenant matrix: a row of every kind the API shows, written without the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from uuid import UUID

from disputes.models import Dispute, EvidenceFile
from foundation import clock
from foundation.events.models import Event
from foundation.ids import encode_id, new_id
from foundation.tenancy.models import Merchant
from foundation.tenancy.operations import create_api_key, create_merchant
from foundation.transactions import owns_transaction
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint
from ledger.queries.entries import get_entry
from ledger.reconciliation.operations.import_settlement import import_settlement
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.queries.breaks import list_open_breaks
from payments.models import (
    Capture,
    Customer,
    Mandate,
    PaymentAttempt,
    PaymentIntent,
    PaymentMethod,
    Payout,
    PspAccount,
    Refund,
    RoutingDecision,
    RoutingExperiment,
    RoutingRuleSet,
    SetupIntent,
)
from payments.steps.post_to_ledger import post_capture
from tests.architecture.billing_world import BILLING_KINDS, billing_ids

CURRENCY = "usd"


@dataclass
class World:
    """ids: kind of object, by its public prefix, to the public id of this merchant's one row."""

    merchant: Merchant
    key: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def merchant_id(self) -> UUID:
        return self.merchant.pk

    def key_with(self, **scopes: str) -> str:
        return create_api_key(merchant_id=self.merchant_id, scopes=scopes).secret


def build_world(name: str) -> World:
    merchant = create_merchant(name=name, currency=CURRENCY)
    world = World(merchant, create_api_key(merchant_id=merchant.pk).secret)
    rows = [*_customer_rows(merchant.pk), *_webhook_rows(merchant.pk)]
    customer, method, account = rows[:3]
    payment_rows = _payment_rows(merchant.pk, customer, method, account)
    rows += _dispute_rows(merchant.pk, payment_rows[1])
    routing_rows = _routing_rows(merchant.pk, payment_rows[1])
    payout = _payout(merchant.pk, account)
    world.ids = {row.public_prefix: row.public_id for row in [*rows, *payment_rows, *routing_rows, payout]}
    entry_id = _post(merchant_id=merchant.pk, attempt=payment_rows[1])
    world.ids["txn"] = encode_id("txn", entry_id)
    world.ids["je"] = encode_id("je", entry_id)
    world.ids["la"] = encode_id("la", get_entry(merchant.pk, entry_id).lines[0].account_id)
    world.ids |= _reconciliation_ids(merchant.pk, account.public_id)
    world.ids |= billing_ids(merchant.pk, CURRENCY)
    return world


def absent_ids() -> dict[str, str]:
    """Ids of the same kinds that nobody has."""
    kinds = (
        "cus",
        "pm",
        "psp",
        "seti",
        "mandate",
        "pi",
        "ch",
        "re",
        "po",
        "we",
        "evt",
        "whd",
        "recon",
        "brk",
        "txn",
        "la",
        "je",
        "rrs",
        "rex",
        "rtd",
        "dp",
        "file",
    )
    ids = {prefix: encode_id(prefix, new_id()) for prefix in (*kinds, *BILLING_KINDS)}
    return ids | {"billed": encode_id("cus", new_id())}


def _customer_rows(merchant_id: UUID) -> list[Customer | PaymentMethod | PspAccount]:
    customer = Customer(merchant_id=merchant_id, name="Ada", email="ada@example.com")
    customer.save()
    method = PaymentMethod(merchant_id=merchant_id, customer=customer, brand="visa", last4="4242")
    method.save()
    account = PspAccount(
        merchant_id=merchant_id,
        psp="stripe",
        name="main",
        secret_key_encrypted="sealed",
        webhook_secret_encrypted="sealed",
    )
    account.save()
    return [customer, method, account]


def _payment_rows(
    merchant_id: UUID, customer: Customer, method: PaymentMethod, account: PspAccount
) -> list[PaymentIntent | PaymentAttempt | Refund | SetupIntent | Mandate]:
    amounts = {"amount_minor": 1_000, "currency": CURRENCY}
    intent = PaymentIntent(
        merchant_id=merchant_id, customer=customer, client_secret_suffix="s" * 24, **amounts
    )
    intent.save()
    attempt = PaymentAttempt(
        merchant_id=merchant_id,
        payment_intent=intent,
        ordinal=1,
        psp_account=account,
        payment_method=method,
        status="succeeded",
        capture_method="automatic",
        psp_key=str(new_id()),
        **amounts,
    )
    attempt.save()
    refund = Refund(
        merchant_id=merchant_id, payment_intent=intent, attempt=attempt, psp_key=str(new_id()), **amounts
    )
    refund.save()
    setup = SetupIntent(merchant_id=merchant_id, customer=customer, client_secret_suffix="s" * 24)
    setup.save()
    mandate = Mandate(
        merchant_id=merchant_id, payment_method=method, psp_account=account, psp_reference="mandate_1"
    )
    mandate.save()
    return [intent, attempt, refund, setup, mandate]


def _routing_rows(
    merchant_id: UUID, attempt: PaymentAttempt
) -> list[RoutingRuleSet | RoutingExperiment | RoutingDecision]:
    rule_set = RoutingRuleSet(merchant_id=merchant_id, name="rules", drafted_by="staff:ada")
    rule_set.save()
    account = attempt.psp_account
    arms = [{"name": name, "psp_account": str(account.id)} for name in ("a", "b")]
    experiment = RoutingExperiment(merchant_id=merchant_id, name="trial", arms=arms)
    experiment.save()
    decision = RoutingDecision(
        merchant_id=merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt=attempt,
        ordinal=1,
        psp_account=account,
        reason="main: priority 100",
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
        facts={},
        considered=[],
    )
    decision.save()
    return [rule_set, experiment, decision]


def _payout(merchant_id: UUID, account: PspAccount) -> Payout:
    now = clock.now()
    payout = Payout(
        merchant_id=merchant_id,
        psp_account=account,
        psp_reference=f"po_{new_id().hex}",
        amount_minor=500,
        currency=CURRENCY,
        created_at=now,
        arrival_on=now.date(),
    )
    payout.save()
    return payout


def _dispute_rows(merchant_id: UUID, attempt: PaymentAttempt) -> list[Dispute | EvidenceFile]:
    dispute = Dispute(
        merchant_id=merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt=attempt,
        psp_account_id=attempt.psp_account_id,
        psp_reference="du_1",
        amount_minor=1_000,
        currency=CURRENCY,
        reason="fraudulent",
        opened_at=clock.now(),
        told_at=clock.now(),
    )
    dispute.save()
    file = EvidenceFile(
        merchant_id=merchant_id,
        filename="receipt.png",
        content_type="image/png",
        content=b"\x89PNG",
        size=4,
        sha256="0" * 64,
        page_count=1,
    )
    file.save()
    return [dispute, file]


def _webhook_rows(merchant_id: UUID) -> list[WebhookEndpoint | Event | WebhookDelivery]:
    endpoint = WebhookEndpoint(
        merchant_id=merchant_id,
        url="https://shop.example/hook",
        enabled_events=["*"],
        api_version="2026-10-28.endive",
        secret_encrypted="sealed",
    )
    endpoint.save()
    event = Event(
        merchant_id=merchant_id,
        type="customer.created",
        object_type="customer",
        object_id=new_id(),
        data={"object": "customer"},
        api_version="2026-10-28.endive",
    )
    event.save()
    delivery = WebhookDelivery(
        merchant_id=merchant_id, endpoint=endpoint, event=event, object_id=event.object_id, event_position=1
    )
    delivery.save()
    return [endpoint, event, delivery]


@owns_transaction
def _post(*, merchant_id: UUID, attempt: PaymentAttempt) -> UUID:
    capture = Capture(
        merchant_id=merchant_id,
        attempt=attempt,
        psp_key=str(new_id()),
        amount_minor=attempt.amount_minor,
        currency=attempt.currency,
    )
    entry_id = post_capture(capture, attempt, attempt.payment_intent, at=clock.now())
    capture.ledger_entry_id = entry_id
    capture.save()
    return entry_id


def _reconciliation_ids(merchant_id: UUID, psp_account: str) -> dict[str, str]:
    """A report with one charge that the books do not know, and the run that found it."""
    report = (
        b"balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id\n"
        b"txn_1,2026-11-20 12:00:00,usd,10.00,0.59,9.41,charge,ch_nobodys\n"
    )
    import_settlement(
        merchant_id=merchant_id, psp_account=psp_account, format="stripe_balance", file=BytesIO(report)
    )
    run = reconcile(merchant_id=merchant_id)
    found = list_open_breaks(merchant_id).filter(kind="missing_at_us").get()
    return {"recon": run.public_id, "brk": found.public_id}
