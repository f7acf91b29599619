"""Stripe's JSON shapes, complete with the members that are always null here. Builders only: no books, no
rules.

Checked field by field against the schema derived from Stripe's published types
(`tests/payments/psp/sandbox/test_shapes.py`).
"""

from typing import Any

from ..books import Body
from ..ids import derived_text, new_id, random_text
from .bank_tokens import Bank
from .tokens import EXPIRY, Card

AVAILABLE_AFTER_SECONDS = 2 * 24 * 3600
# The same as SQL over `balance_transactions`; takes the latest creation time that is old enough.
IS_AVAILABLE = (
    "(created_at <= ? OR type IN ('payout', 'payout_failure', 'adjustment') "
    "OR id IN (SELECT id FROM settled_transactions))"
)
EMPTY_ADDRESS: Body = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


def address(given: Body | None) -> Body:
    return EMPTY_ADDRESS | {name: (given or {}).get(name) or None for name in EMPTY_ADDRESS}


def billing_details(given: Body | None) -> Body:
    given = given or {}
    return {
        "address": address(given.get("address")),
        "email": given.get("email") or None,
        "name": given.get("name") or None,
        "phone": given.get("phone") or None,
        "tax_id": given.get("tax_id") or None,
    }


def shipping(given: Body) -> Body | None:
    if not given:
        return None
    return {
        "address": address(given.get("address")),
        "carrier": given.get("carrier") or None,
        "name": given.get("name") or "",
        "phone": given.get("phone") or None,
        "tracking_number": given.get("tracking_number") or None,
    }


def payment_method(name: str, card: Card, now: int, details: Body, metadata: Body) -> Body:
    if card.bank is not None:
        return _bank_method(name, card, now, details, metadata)
    network = card.brand
    return {
        "id": new_id("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": details,
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": card.line1_check,
                "address_postal_code_check": card.postal_code_check,
                "cvc_check": None,
            },
            "country": card.country,
            "display_brand": "american_express" if card.brand == "amex" else card.brand,
            "exp_month": EXPIRY[0],
            "exp_year": EXPIRY[1],
            "fingerprint": fingerprint(name, card),
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [network], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": card.brand != "amex"},
            "wallet": wallet(card),
        },
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": metadata,
        "type": "card",
    }


def wallet(card: Card) -> Body | None:
    return {"type": card.wallet, card.wallet: {}, "dynamic_last4": card.last4} if card.wallet else None


def _bank_method(name: str, card: Card, now: int, details: Body, metadata: Body) -> Body:
    assert card.bank is not None, "it is no card"
    return {
        "id": new_id("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": details,
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": metadata,
        "type": card.bank.type,
        card.bank.type: bank_details(card.bank, derived_text(name)),
    }


def bank_details(bank: Bank, mark: str) -> Body:
    """What Stripe shows of such a method: masked, with a fingerprint where there is an account."""
    account = {"last4": bank.last4, "fingerprint": mark} if bank.last4 else {}
    country = {"country": bank.country} if bank.type == "sepa_debit" else {}
    return {**bank.details, **account, **country}


def fingerprint(name: str, card: Card) -> str:
    """One card number, one fingerprint: `visa` and `us` are both 4242…4242."""
    number = f"{card.brand}:{card.country}:{card.last4}"
    return derived_text(number if card.last4 != "0002" else f"{number}:{name}")


def payment_intent(intent_id: str, amount: int, currency: str, now: int) -> Body:
    """A new intent without a payment method; the caller fills in what was asked."""
    return {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{random_text(25)}",
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "payment_record": None,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def setup_intent(setup_id: str, now: int) -> Body:
    return {
        "id": setup_id,
        "object": "setup_intent",
        "allowed_payment_method_types": None,
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{setup_id}_secret_{random_text(25)}",
        "created": now,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    }


def balance_transaction(
    *, kind: str, source: str, amount: int, fee: int, currency: str, now: int, description: str | None
) -> Body:
    """`amount` is signed; `fee` is what the provider keeps of it; both in minor units."""
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + AVAILABLE_AFTER_SECONDS,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source,
        "status": "pending",
        "type": kind,
    }


def refund(charge_body: Body, amount: int, reason: str | None, metadata: Body, now: int) -> Body:
    return {
        "id": new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge_body["id"],
        "created": now,
        "currency": charge_body["currency"],
        "customer": charge_body["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": charge_body["payment_intent"],
        "payment_method": charge_body["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def customer(now: int, given: Body, metadata: Body) -> Body:
    return {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": address(given["address"]) if given.get("address") else None,
        "balance": 0,
        "created": now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": given.get("description") or None,
        "discount": None,
        "email": given.get("email") or None,
        "invoice_prefix": random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": metadata,
        "name": given.get("name") or None,
        "next_invoice_sequence": 1,
        "phone": given.get("phone") or None,
        "preferred_locales": [],
        "shipping": shipping(given.get("shipping") or {}),
        "tax_exempt": "none",
        "test_clock": None,
    }


def page(url: str, rows: list[Body], has_more: bool) -> Body:
    return {"object": "list", "url": url, "has_more": has_more, "data": rows}


def search_page(url: str, rows: list[Body], next_page: str | None) -> Body:
    return {
        "object": "search_result",
        "url": url,
        "has_more": next_page is not None,
        "next_page": next_page,
        "data": rows,
    }


def redirect_action(url: str, return_url: str | None) -> Body:
    """Stripe redirects only when told where to come back to; otherwise its browser library takes over."""
    if return_url:
        return {"redirect_to_url": {"return_url": return_url, "url": url}, "type": "redirect_to_url"}
    sdk: dict[str, Any] = {"type": "three_d_secure_redirect", "stripe_js": url, "source": new_id("src_1")}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
