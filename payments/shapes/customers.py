"""Customers and payment methods as the API shows them."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from payments.models import Customer, PaymentMethod
from payments.shapes.ids import public

EMPTY_ADDRESS = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


def address_shape(address: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if address is None else {name: address.get(name) or None for name in EMPTY_ADDRESS}


def shipping_shape(shipping: dict[str, Any] | None) -> dict[str, Any] | None:
    if shipping is None:
        return None
    return {
        "address": address_shape(shipping.get("address") or {}),
        "carrier": shipping.get("carrier"),
        "name": shipping.get("name") or "",
        "phone": shipping.get("phone"),
        "tracking_number": shipping.get("tracking_number"),
    }


def customer_shipping_shape(shipping: dict[str, Any] | None) -> dict[str, Any] | None:
    if shipping is None:
        return None
    return {
        "address": address_shape(shipping.get("address") or {}),
        "name": shipping.get("name") or "",
        "phone": shipping.get("phone"),
    }


def billing_shape(billing: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": address_shape(billing.get("address") or {}),
        "email": billing.get("email") or None,
        "name": billing.get("name") or None,
        "phone": billing.get("phone") or None,
        "tax_id": billing.get("tax_id") or None,
    }


def customer_shape(customer: Customer, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": customer.public_id,
        "object": "customer",
        "address": address_shape(customer.address),
        "balance": 0,
        "created": to_timestamp(customer.created_at),
        "currency": None,
        "default_source": None,
        "delinquent": customer.is_delinquent,
        "description": customer.description or None,
        "email": customer.email or None,
        "invoice_prefix": None,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": public("pm", customer.default_payment_method_id),
            "footer": None,
            "rendering_options": None,
        },
        "livemode": livemode,
        "metadata": customer.metadata,
        "name": customer.name or None,
        "phone": customer.phone or None,
        "preferred_locales": customer.preferred_locales,
        "shipping": customer_shipping_shape(customer.shipping),
        "tax_exempt": customer.tax_exempt,
        "test_clock": None,
    }


def deleted_customer_shape(customer: Customer) -> dict[str, Any]:
    return {"id": customer.public_id, "object": "customer", "deleted": True}


def payment_method_shape(method: PaymentMethod, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": method.public_id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_shape(method.billing_details),
        **_whole_type_shape(method),
        "created": to_timestamp(method.created_at),
        "customer": public("cus", method.customer_id),
        "customer_account": None,
        "livemode": livemode,
        "metadata": method.metadata,
        "type": method.type,
    }


def payment_method_type_shape(method: PaymentMethod) -> dict[str, Any]:
    """What only methods of this type have, under the type's own name."""
    if method.type != "card":
        account = {"last4": method.last4, "fingerprint": method.fingerprint} if method.last4 else {}
        country = {"country": method.country} if method.type == "sepa_debit" else {}
        return {method.type: {**method.details, **account, **country}}
    return {
        "card": {
            "brand": method.brand or "unknown",
            "checks": None,
            "country": method.country or None,
            "display_brand": method.brand or None,
            "exp_month": method.exp_month or 0,
            "exp_year": method.exp_year or 0,
            "fingerprint": method.fingerprint or None,
            "funding": method.funding or "unknown",
            "generated_from": None,
            "last4": method.last4,
            "networks": None,
            "regulated_status": None,
            "three_d_secure_usage": {"supported": True},
            "wallet": wallet_shape(method.wallet, method.last4),
        },
    }


# Members that Stripe always shows of such a method, null where nothing is known.
_ALWAYS_SHOWN = {
    "ideal": ("bank", "bic"),
    "klarna": ("dob",),
    "sepa_debit": ("bank_code", "branch_code", "country", "fingerprint", "generated_from", "last4"),
    "upi": ("vpa",),
    "us_bank_account": (
        "account_holder_type",
        "account_type",
        "bank_name",
        "financial_connections_account",
        "fingerprint",
        "last4",
        "networks",
        "routing_number",
        "status_details",
    ),
}


def _whole_type_shape(method: PaymentMethod) -> dict[str, Any]:
    shape = payment_method_type_shape(method)
    known = _ALWAYS_SHOWN.get(method.type)
    return shape if known is None else {method.type: {**dict.fromkeys(known), **shape[method.type]}}


def wallet_shape(wallet: str, last4: str) -> dict[str, Any] | None:
    """The phone's or browser's wallet that handed out the card, if any did."""
    return {"type": wallet, wallet: {}, "dynamic_last4": last4 or None} if wallet else None
