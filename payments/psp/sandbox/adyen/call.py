"""What an Adyen endpoint works with: the account, the JSON it was sent, the books, the orders of a fault.

Does not live here: routing, keys, answers (`face.py`).
"""

from dataclasses import dataclass, field
from typing import Any

from ..books import Body, Books, Record, to_json
from ..ids import new_id, random_text
from ..stripe.call import Orders
from ..webhooks import Mailbox
from .amounts import NotCounted, is_known, shown, to_books
from .notifications import EVENT_PREFIX, notification
from .refusals import invalid, invalid_amount, missing, missing_original, unknown_currency

REFERENCE_LENGTH = 16
MAX_REFERENCE = 80

DEDUCTED = "deducted"


def fees_setting(account: str) -> str:
    """The setting of the books that says how an account pays its fees: deducted from each movement, or by invoice."""
    return f"adyen_fees:{account}"


def new_reference() -> str:
    """A pspReference: sixteen capital letters and digits."""
    return random_text(REFERENCE_LENGTH).upper()


@dataclass(slots=True)
class Call:
    account: str
    params: Body
    books: Books
    mailbox: Mailbox
    now: float
    base_url: str
    operation: str
    settle_seconds: float
    orders: Orders = field(default_factory=Orders)
    deliveries: list[int] = field(default_factory=list)

    # Parameters

    def text(self, name: str) -> str:
        value = self.params.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid(f"Invalid value for field '{name}'")
        return value or ""

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        value = self.params.get(name) or {}
        if not isinstance(value, dict):
            raise invalid(f"Invalid value for field '{name}'")
        return value

    def reference(self) -> str:
        value = self.required("reference")
        if len(value) > MAX_REFERENCE:
            raise invalid("The field 'reference' is too long")
        return value

    def amount(self) -> tuple[int, str]:
        """In the books' minor units, and the currency in lower case."""
        given = self.mapping("amount")
        value, currency = given.get("value"), given.get("currency")
        if not isinstance(currency, str) or not currency:
            raise missing("amount.currency")
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise invalid_amount()
        if not is_known(currency.lower()):
            raise unknown_currency()
        try:
            return to_books(value, currency.lower()), currency.lower()
        except NotCounted:
            raise invalid_amount() from None

    # Objects

    def payment(self, psp_reference: str) -> Record:
        """The account's own payment under this pspReference. Raises Refusal."""
        record = self.books.find("payment_intents", self.account, psp_reference)
        if record is None:
            raise missing_original()
        return record

    def create(self, table: str, body: Body, private: Body | None = None) -> Record:
        record = Record(table, self.account, self.now, body, private or {})
        self.books.insert(record)
        return record

    def save(self, record: Record) -> None:
        self.books.update(record)

    def schedule(self, kind: str, object_id: str, due_at: float) -> None:
        self.books.execute(
            "INSERT INTO due_work (due_at, kind, account, object) VALUES (?, ?, ?, ?)",
            (due_at, kind, self.account, object_id),
        )

    def deducts_fees(self) -> bool:
        return self.books.setting(fees_setting(self.account), "") == DEDUCTED

    # Notifications

    def announce(
        self,
        event_code: str,
        payment: Body,
        *,
        amount: int,
        psp_reference: str,
        merchant_reference: str,
        is_success: bool = True,
        original_reference: str = "",
        reason: str = "",
        seen: Body | None = None,
    ) -> None:
        """Store the notification, and put it in the mailbox of every endpoint that asked."""
        item = {
            "additionalData": seen or {},
            "amount": shown(amount, payment["currency"]),
            "eventCode": event_code,
            "merchantAccountCode": payment["merchantAccount"],
            "merchantReference": merchant_reference,
            "paymentMethod": payment.get("paymentMethod", ""),
            "pspReference": psp_reference,
            "reason": reason,
            "success": str(is_success).lower(),
        }
        if original_reference:
            item["originalReference"] = original_reference
        event_id = new_id(EVENT_PREFIX)
        self.books.execute(
            "INSERT INTO events (id, account, created_at, type, body, private) VALUES (?, ?, ?, ?, ?, '{}')",
            (event_id, self.account, self.now, event_code, to_json(notification(item, self.now))),
        )
        self.deliveries += self.mailbox.post(
            account=self.account,
            event_id=event_id,
            event_type=event_code,
            operation=self.operation,
            metadata=payment.get("metadata") or {},
        )
