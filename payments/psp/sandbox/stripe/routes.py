"""Which endpoint answers which URL, under which operation name the fault script knows it, and with which
parameters. A `*` stands for an id."""

from collections.abc import Callable
from dataclasses import dataclass

from ..books import Body
from ..wire import FileContents
from . import (
    captures,
    customers,
    disputes,
    intents,
    ledger_views,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    webhook_endpoints,
)
from . import parameters as known


@dataclass(frozen=True, slots=True)
class Route:
    operation: str
    endpoint: Callable[..., Body | FileContents]
    parameters: frozenset[str]


# Names before the resource's own: `radar/early_fraud_warnings`.
NAMESPACES = ("radar",)

# `authorize` is a creation only when it confirms; `StripeFace.read` tells the two apart.
ROUTES: dict[tuple[str, ...], Route] = {
    ("POST", "payment_intents"): Route("authorize", intents.create, known.INTENT_CREATE),
    ("GET", "payment_intents"): Route("inquire", intents.list_all, known.INTENT_LIST),
    ("GET", "payment_intents", "search"): Route("inquire", intents.search, known.SEARCH),
    ("GET", "payment_intents", "*"): Route("inquire", intents.retrieve, known.NONE | {"client_secret"}),
    ("POST", "payment_intents", "*"): Route("update", intents.update, known.INTENT_UPDATE),
    ("POST", "payment_intents", "*", "confirm"): Route(
        "authorize", intents.confirm_by_request, known.INTENT_CONFIRM
    ),
    ("POST", "payment_intents", "*", "capture"): Route("capture", captures.capture, known.INTENT_CAPTURE),
    ("POST", "payment_intents", "*", "cancel"): Route("cancel", captures.cancel, known.INTENT_CANCEL),
    ("POST", "payment_intents", "*", "increment_authorization"): Route(
        "increment_authorization", captures.increment_authorization, known.INTENT_INCREMENT
    ),
    ("GET", "charges"): Route("inquire", ledger_views.list_charges, known.CHARGE_LIST),
    ("GET", "charges", "search"): Route("inquire", ledger_views.search_charges, known.SEARCH),
    ("GET", "charges", "*"): Route("inquire", ledger_views.retrieve_charge, known.NONE),
    ("POST", "charges", "*"): Route("update", ledger_views.update_charge, known.CHARGE_UPDATE),
    ("GET", "charges", "*", "refunds"): Route("inquire", refunds.list_of_charge, known.LIST),
    ("POST", "refunds"): Route("refund", refunds.create, known.REFUND_CREATE),
    ("GET", "refunds"): Route("inquire", refunds.list_all, known.REFUND_LIST),
    ("GET", "refunds", "*"): Route("inquire", refunds.retrieve, known.NONE),
    ("POST", "refunds", "*"): Route("update", refunds.update, known.REFUND_UPDATE),
    ("POST", "refunds", "*", "cancel"): Route("cancel_refund", refunds.cancel, known.NONE),
    ("GET", "disputes"): Route("inquire", disputes.list_all, known.DISPUTE_LIST),
    ("GET", "disputes", "*"): Route("inquire", disputes.retrieve, known.NONE),
    ("POST", "disputes", "*"): Route("submit_evidence", disputes.update, known.DISPUTE_UPDATE),
    ("POST", "disputes", "*", "close"): Route("accept_dispute", disputes.close, known.NONE),
    ("GET", "radar/early_fraud_warnings"): Route("inquire", disputes.list_warnings, known.WARNING_LIST),
    ("GET", "radar/early_fraud_warnings", "*"): Route("inquire", disputes.retrieve_warning, known.NONE),
    ("POST", "files"): Route("upload_file", disputes.upload, known.FILE_CREATE),
    ("GET", "files"): Route("inquire", disputes.list_files, known.FILE_LIST),
    ("GET", "files", "*"): Route("inquire", disputes.retrieve_file, known.NONE),
    ("GET", "files", "*", "contents"): Route("inquire", disputes.download, known.NONE),
    ("POST", "setup_intents"): Route("setup", setup_intents.create, known.SETUP_CREATE),
    ("GET", "setup_intents"): Route("inquire", setup_intents.list_all, known.SETUP_LIST),
    ("GET", "setup_intents", "*"): Route("inquire", setup_intents.retrieve, known.NONE | {"client_secret"}),
    ("POST", "setup_intents", "*"): Route("update", setup_intents.update, known.SETUP_UPDATE),
    ("POST", "setup_intents", "*", "confirm"): Route("setup", setup_intents.confirm, known.SETUP_CONFIRM),
    ("POST", "setup_intents", "*", "cancel"): Route("cancel_setup", setup_intents.cancel, known.SETUP_CANCEL),
    ("POST", "payment_methods"): Route("payment_method", payment_methods.create, known.METHOD_CREATE),
    ("GET", "payment_methods"): Route("payment_method", payment_methods.list_all, known.METHOD_LIST),
    ("GET", "payment_methods", "*"): Route("payment_method", payment_methods.retrieve, known.NONE),
    ("POST", "payment_methods", "*"): Route("payment_method", payment_methods.update, known.METHOD_UPDATE),
    ("POST", "payment_methods", "*", "attach"): Route(
        "payment_method", payment_methods.attach_by_request, known.METHOD_ATTACH
    ),
    ("POST", "payment_methods", "*", "detach"): Route("payment_method", payment_methods.detach, known.NONE),
    ("POST", "customers"): Route("customer", customers.create, known.CUSTOMER_CREATE),
    ("GET", "customers"): Route("customer", customers.list_all, known.CUSTOMER_LIST),
    ("GET", "customers", "search"): Route("customer", customers.search, known.SEARCH),
    ("GET", "customers", "*"): Route("customer", customers.retrieve, known.NONE),
    ("POST", "customers", "*"): Route(
        "customer", customers.update, (known.CUSTOMER_CREATE - {"payment_method"}) | {"default_source"}
    ),
    ("DELETE", "customers", "*"): Route("customer", customers.delete, known.NONE),
    ("GET", "customers", "*", "payment_methods"): Route(
        "payment_method", payment_methods.list_of_customer, known.METHOD_LIST - {"customer"}
    ),
    ("GET", "customers", "*", "payment_methods", "*"): Route(
        "payment_method", customers.retrieve_method, known.NONE
    ),
    ("GET", "events"): Route("list_events", ledger_views.list_events, known.EVENT_LIST),
    ("GET", "events", "*"): Route("list_events", ledger_views.retrieve_event, known.NONE),
    ("GET", "balance"): Route("balance", ledger_views.balance, known.NONE),
    ("GET", "balance_transactions"): Route("balance", ledger_views.list_transactions, known.TRANSACTION_LIST),
    ("GET", "balance_transactions", "*"): Route("balance", ledger_views.retrieve_transaction, known.NONE),
    ("GET", "payouts"): Route("payout", payouts.list_all, known.PAYOUT_LIST),
    ("GET", "payouts", "*"): Route("payout", payouts.retrieve, known.NONE),
    ("POST", "webhook_endpoints"): Route("webhook_endpoint", webhook_endpoints.create, known.ENDPOINT_CREATE),
    ("GET", "webhook_endpoints"): Route("webhook_endpoint", webhook_endpoints.list_all, known.LIST),
    ("GET", "webhook_endpoints", "*"): Route("webhook_endpoint", webhook_endpoints.retrieve, known.NONE),
    ("POST", "webhook_endpoints", "*"): Route(
        "webhook_endpoint", webhook_endpoints.update, known.ENDPOINT_UPDATE
    ),
    ("DELETE", "webhook_endpoints", "*"): Route("webhook_endpoint", webhook_endpoints.delete, known.NONE),
}


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of `/v1/…` and the ids in its path; a literal name wins over an id."""
    parts = tuple(path.removeprefix("/v1/").split("/"))
    if parts[0] in NAMESPACES:
        parts = ("/".join(parts[:2]), *parts[2:])
    literal = ROUTES.get((method, *parts))
    if literal and "*" not in parts:
        return literal, ()
    # Ids stand at every second place: payment_intents/ID/capture, customers/ID/payment_methods/ID.
    pattern = tuple("*" if place % 2 else part for place, part in enumerate(parts))
    route = ROUTES.get((method, *pattern))
    return (route, parts[1::2]) if route else None
