"""Who is told of an event, and when: endpoints and the rows of deliveries to come.

Lives here: endpoints, the audience of an event, webhook faults. Does not live here: sending (`courier.py`)
and the provider's signature (the face).
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from .books import Body, Books, Record
from .clock import wall_seconds
from .faults import Facts, FaultScript, Rule
from .ids import new_id

EVERYONE = "*"  # an endpoint of this account hears the events of all accounts

# One payment, one webhook: what a connector needs to learn an outcome or a payout it may have missed.
DEFAULT_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "payment_intent.processing",
    "refund.updated",
    "refund.failed",
    "charge.expired",
    "setup_intent.succeeded",
    "setup_intent.setup_failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "radar.early_fraud_warning.created",
    "radar.early_fraud_warning.updated",
    "payout.created",
    "payout.paid",
    "payout.failed",
    "payout.reconciliation_completed",
    # Adyen's
    "AUTHORISATION",
    "AUTHORISATION_ADJUSTMENT",
    "CANCELLATION",
    "CANCEL_OR_REFUND",
    "CAPTURE",
    "CAPTURE_FAILED",
    "EXPIRE",
    "REFUND",
    "REFUND_FAILED",
    "REFUNDED_REVERSED",
    "TECHNICAL_CANCEL",
    "recurring.token.updated",
    "recurring.token.disabled",
    "NOTIFICATION_OF_FRAUD",
    "REQUEST_FOR_INFORMATION",
    "NOTIFICATION_OF_CHARGEBACK",
    "CHARGEBACK",
    "INFORMATION_SUPPLIED",
    "CHARGEBACK_REVERSED",
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED",
    "DISPUTE_DEFENSE_PERIOD_ENDED",
    "SECOND_CHARGEBACK",
    "PREARBITRATION_WON",
    "PREARBITRATION_LOST",
)

Due = tuple[int, float]  # delivery id, wall-clock second at which it may go


@dataclass(frozen=True, slots=True)
class Endpoint:
    id: str
    account: str
    url: str
    secret: str
    events: frozenset[str]

    def hears(self, account: str, event_type: str) -> bool:
        return self.account in (account, EVERYONE) and ("*" in self.events or event_type in self.events)


class Mailbox:
    """Decides on deliveries inside the transaction that books the event."""

    def __init__(self, books: Books, faults: FaultScript) -> None:
        self._books = books
        self._faults = faults
        self._held: dict[str, list[int]] = {}
        self._lock = threading.Lock()
        self._endpoints: list[Endpoint] = []
        self.reload()

    def reload(self) -> None:
        """After endpoints changed."""
        records = self._books.select("webhook_endpoints", "1 = 1", (), "ORDER BY seq")
        self._endpoints = [
            Endpoint(
                record.id,
                record.account,
                record.body["url"],
                record.private["secret"],
                frozenset(record.body["enabled_events"]),
            )
            for record in records
            if record.body["status"] == "enabled"
        ]

    def endpoint(self, endpoint_id: str) -> Endpoint | None:
        return next((endpoint for endpoint in self._endpoints if endpoint.id == endpoint_id), None)

    def register(
        self, account: str, url: str, secret: str | None, events: Iterable[str], now: float
    ) -> Record:
        """Store an endpoint. The same url of the same account again changes that endpoint: its id stays, so
        what was waiting for it when the process died still finds its way."""
        wanted = list(events) or list(DEFAULT_EVENTS)
        with self._books.transaction():
            known = self._books.select(
                "webhook_endpoints", "account = ? AND url = ?", (account, url), "ORDER BY seq LIMIT 1"
            )
            if known:
                record = known[0]
                record.body |= {"enabled_events": wanted, "status": "enabled"}
                record.private["secret"] = secret or record.private["secret"]
                self._books.update(record)
            else:
                body = endpoint_body(url, wanted, int(now))
                private = {"secret": secret or new_id("whsec", 32)}
                record = Record("webhook_endpoints", account, now, body, private)
                self._books.insert(record)
        self.reload()
        return record

    def audience(self, account: str, event_type: str) -> int:
        return sum(endpoint.hears(account, event_type) for endpoint in self._endpoints)

    def post(
        self, *, account: str, event_id: str, event_type: str, operation: str, metadata: dict[str, str]
    ) -> list[int]:
        """Rows for every endpoint that hears of it; returns the deliveries to hand to the courier."""
        endpoints = [endpoint for endpoint in self._endpoints if endpoint.hears(account, event_type)]
        if not endpoints:
            return []
        facts = Facts(operation=operation, account=account, metadata=lambda: metadata, event_type=event_type)
        rules = {rule.fault: rule for rule in self._faults.for_event(facts)}
        if "webhook_drop" in rules:
            return []
        deliveries: list[int] = []
        for endpoint in endpoints:
            deliveries += self._address(endpoint, account, event_id, rules)
        return deliveries

    def _address(self, endpoint: Endpoint, account: str, event_id: str, rules: dict[str, Rule]) -> list[int]:
        now = wall_seconds()
        copies = int(rules["webhook_duplicate"].options["copies"]) if "webhook_duplicate" in rules else 1
        wait = float(rules["webhook_delay"].options["seconds"]) if "webhook_delay" in rules else 0.0
        reorder = rules.get("webhook_reorder")
        if reorder:
            # Held until enough others have come to be overtaken by, but never longer than this.
            wait += float(reorder.options["seconds"])
        created = [
            self._books.execute(
                "INSERT INTO webhook_deliveries (event, endpoint, account, state, due_at) "
                "VALUES (?, ?, ?, 'waiting', ?)",
                (event_id, endpoint.id, account, now + wait),
            )
            for _ in range(copies)
        ]
        if reorder:
            return created + self._reverse(endpoint.id, created, int(reorder.options["count"]), now)
        return created

    def _reverse(self, endpoint_id: str, created: list[int], count: int, now: float) -> list[int]:
        """Let the held ones go, last first, as soon as `count` events wait for this endpoint."""
        with self._lock:
            held = self._held.setdefault(endpoint_id, [])
            held += created
            if len(held) < count:
                return []
            released, self._held[endpoint_id] = held[::-1], []
        for position, delivery in enumerate(released):
            self._books.execute(
                "UPDATE webhook_deliveries SET due_at = ? WHERE id = ? AND state = 'waiting'",
                (now + position * 0.1, delivery),
            )
        return released

    def due_times(self, deliveries: Iterable[int]) -> list[Due]:
        """When each of them may go; those already gone are left out."""
        rows = []
        for delivery in set(deliveries):
            row = self._books.row(
                "SELECT id, due_at FROM webhook_deliveries WHERE id = ? AND state = 'waiting'", (delivery,)
            )
            if row:
                rows.append((int(row[0]), float(row[1])))
        return rows

    def waiting(self) -> list[Due]:
        """Everything not yet delivered, for a start after a crash."""
        return [
            (row[0], row[1])
            for row in self._books.rows("SELECT id, due_at FROM webhook_deliveries WHERE state = 'waiting'")
        ]


def endpoint_body(url: str, events: list[str], now: int) -> Body:
    return {
        "id": new_id("we_1"),
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": now,
        "description": None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }
