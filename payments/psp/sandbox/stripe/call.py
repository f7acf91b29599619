"""What an endpoint works with: the account, the parameters, the books, and what a fault ordered for this
request.

Lives here: reading and checking single parameters, finding the account's objects, storing, and announcing
events. Does not live here: routing, idempotency, answers (`face.py`).
"""

from dataclasses import dataclass, field

from ..books import Body, Books, Record, to_json
from ..ids import new_id
from ..webhooks import Mailbox
from . import API_VERSION, KEY_PREFIXES
from .refusals import invalid, missing_object, missing_param

# Table -> Stripe's word for it in messages, and the parameter it blames on a plain retrieval.
NOUNS = {
    "payment_intents": ("payment_intent", "intent"),
    "setup_intents": ("setupintent", "intent"),
    "charges": ("charge", "id"),
    "refunds": ("refund", "id"),
    "customers": ("customer", "id"),
    "payment_methods": ("PaymentMethod", "payment_method"),
    "balance_transactions": ("balance transaction", "id"),
    "events": ("event", "id"),
    "disputes": ("dispute", "dispute"),
    "early_fraud_warnings": ("early fraud warning", "early_fraud_warning"),
    "files": ("file", "file"),
    "payouts": ("payout", "payout"),
    "webhook_endpoints": ("webhook endpoint", "webhook_endpoint"),
}
METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


@dataclass(slots=True)
class Orders:
    """What the fault script ordered for one request."""

    forget_key: bool = False
    amount_minor: int | None = None  # book this amount instead of the one asked for
    amount_delta_minor: int = 0  # or that much more
    lag_seconds: float = 0.0  # objects younger than this are not seen
    return_refund_after_seconds: float | None = None
    fail_modification: bool = False  # Adyen's: accepted at once, refused when it is done

    def amount(self, asked_minor: int) -> int:
        return self.amount_minor if self.amount_minor is not None else asked_minor + self.amount_delta_minor


@dataclass(slots=True)
class Call:
    account: str
    params: Body
    books: Books
    mailbox: Mailbox
    now: float
    base_url: str
    operation: str
    orders: Orders = field(default_factory=Orders)
    request_id: str | None = None
    idempotency_key: str | None = None
    settle_seconds: float = 5.0
    deliveries: list[int] = field(default_factory=list)

    @property
    def timestamp(self) -> int:
        return int(self.now)

    # Parameters

    def text(self, name: str) -> str | None:
        """The parameter, or None when absent or empty (Stripe unsets with an empty string)."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {value}", param=name)
        return value

    def required_text(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise missing_param(name)
        return value

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError:
            raise invalid(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name) from None

    def flag(self, name: str) -> bool:
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise invalid(f"Invalid boolean: {value}", param=name)
        return value == "true"

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and value not in allowed:
            raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
        return value

    def mapping(self, name: str) -> Body:
        value = self.params.get(name)
        if value is None or value == "":
            return {}
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=name)
        return value

    def strings(self, name: str) -> list[str]:
        value = self.params.get(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise invalid("Invalid array", param=name)
        return value

    def metadata(self) -> dict[str, str]:
        """New metadata, checked against Stripe's limits; empty values are dropped by the caller's meaning."""
        given = self.mapping("metadata")
        if len(given) > METADATA_KEYS:
            raise invalid(f"Metadata can have up to {METADATA_KEYS} keys.", param="metadata")
        for key, value in given.items():
            if not isinstance(value, str):
                raise invalid("Invalid metadata value: must be a string.", param=f"metadata[{key}]")
            if len(key) > METADATA_KEY_LENGTH or len(value) > METADATA_VALUE_LENGTH:
                raise invalid(
                    "Metadata keys can have up to 40 characters and metadata values up to 500 characters.",
                    param=f"metadata[{key}]",
                )
        return given

    # Objects

    def find(self, table: str, object_id: str, param: str | None = None) -> Record:
        """The account's own object. Raises the 404 Stripe gives for absent and for foreign ids alike."""
        record = self.books.find(table, self.account, object_id)
        if record is None or not self.is_visible(record):
            noun, default_param = NOUNS[table]
            raise missing_object(noun, object_id, param or default_param)
        return record

    def is_visible(self, record: Record) -> bool:
        lag = self.orders.lag_seconds
        return not record.body.get("deleted") and (not lag or record.created_at <= self.now - lag)

    def create(self, table: str, body: Body, private: Body | None = None) -> Record:
        record = Record(table, self.account, self.now, body, private or {})
        self.books.insert(record)
        return record

    def save(self, record: Record) -> None:
        self.books.update(record)

    def schedule(self, kind: str, object_id: str, due_at: float) -> None:
        """Work for later, by the sandbox's clock; survives a restart."""
        self.books.execute(
            "INSERT INTO due_work (due_at, kind, account, object) VALUES (?, ?, ?, ?)",
            (due_at, kind, self.account, object_id),
        )

    # Events

    def announce(self, event_type: str, body: Body) -> None:
        """Store the event with the object as it stands, and put it in the mailbox of every endpoint that
        asked. An account of another face is told nothing in Stripe's words.
        """
        if not self.account.startswith(KEY_PREFIXES):
            return
        event_id = new_id("evt_1")
        event = {
            "id": event_id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.timestamp,
            "data": {"object": body},
            "livemode": False,
            "pending_webhooks": self.mailbox.audience(self.account, event_type),
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": event_type,
        }
        self.books.execute(
            "INSERT INTO events (id, account, created_at, type, body, private) VALUES (?, ?, ?, ?, ?, '{}')",
            (event_id, self.account, self.now, event_type, to_json(event)),
        )
        self.deliveries += self.mailbox.post(
            account=self.account,
            event_id=event_id,
            event_type=event_type,
            operation=self.operation,
            metadata=body.get("metadata") or {},
        )
