"""Merchants and their keys: made, rolled, revoked.

What a business needs for a new merchant (accounts, routing) it makes on first use; nothing here knows of it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.money import CurrencyUnknown, exponent_of
from foundation.tenancy import keys
from foundation.tenancy.errors import MerchantInvalid, ScopeInvalid
from foundation.tenancy.locks import lock_api_key
from foundation.tenancy.models import ApiKey, Merchant
from foundation.transactions import owns_transaction

FULL_ACCESS: Mapping[str, str] = {"*": "write"}
MAX_OVERLAP = timedelta(days=7)

_GROUP = re.compile(r"\*|[a-z][a-z_]{0,49}")


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key with its secret: the only moment at which the secret exists outside the caller's hands."""

    key: ApiKey
    secret: str


@owns_transaction
def create_merchant(
    *,
    name: str,
    currency: str,
    livemode: bool = False,
    country: str = "US",
    timezone: str = "UTC",
    email: str = "",
    platform_id: UUID | None = None,
) -> Merchant:
    """Make a tenant.

    currency: ISO 4217, the default of its reports. platform_id: the merchant whose keys may act for this one.
    Raises MerchantInvalid. Writes: foundation_merchant. Not safe to repeat: each call makes another merchant.
    """
    if not name.strip() or len(name) > 200:
        raise MerchantInvalid("A merchant's name has 1 to 200 characters.", param="name")
    try:
        exponent_of(currency)
        ZoneInfo(timezone)
    except CurrencyUnknown:
        raise MerchantInvalid(f"{currency!r} is not an ISO 4217 currency.", param="currency") from None
    except (ZoneInfoNotFoundError, ValueError):
        raise MerchantInvalid(f"{timezone!r} is not a time zone.", param="timezone") from None
    if platform_id is not None and not Merchant.objects.filter(pk=platform_id, livemode=livemode).exists():
        raise MerchantInvalid("The platform does not exist in this mode.", param="platform")
    return Merchant.objects.create(
        name=name.strip(),
        livemode=livemode,
        default_currency=currency.lower(),
        country=country.upper(),
        timezone=timezone,
        email=email,
        platform_id=platform_id,
    )


@owns_transaction
def create_api_key(
    *,
    merchant_id: UUID,
    scopes: Mapping[str, str] = FULL_ACCESS,
    name: str = "",
    allowed_networks: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> IssuedKey:
    """Make a secret key; the secret is returned once and stored as its hash.

    scopes: resource group to "read" or "write", "*" for all. allowed_networks: CIDR, empty for any.
    Raises ResourceMissing for the merchant, ScopeInvalid, MerchantInvalid for a network.
    Writes: foundation_apikey. Not safe to repeat: each call makes another key.
    """
    merchant = Merchant.objects.filter(pk=merchant_id).first()
    if merchant is None:
        raise ResourceMissing("No such merchant.")
    _refuse_unless_scopes(scopes)
    _refuse_unless_networks(allowed_networks)
    return _issued(merchant, dict(scopes), name, list(allowed_networks), expires_at)


@owns_transaction
def roll_api_key(*, merchant_id: UUID, api_key_id: UUID, overlap: timedelta = timedelta(0)) -> IssuedKey:
    """Replace a key by a new one with the same rights; the old one works on for the overlap, 7 days at most.

    Raises ResourceMissing, also for a key that is no longer valid. Writes: foundation_apikey, two rows.
    Not safe to repeat: each call makes another key.
    """
    old = lock_api_key(merchant_id=merchant_id, api_key_id=api_key_id)
    now = clock.now()
    if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= now):
        raise ResourceMissing("No such api_key.")
    merchant = Merchant.objects.get(pk=merchant_id)
    issued = _issued(merchant, old.scopes, old.name, old.allowed_networks, old.expires_at)
    ends_at = now + min(max(overlap, timedelta(0)), MAX_OVERLAP)
    old.expires_at = ends_at if old.expires_at is None else min(ends_at, old.expires_at)
    old.save(update_fields=["expires_at"])
    return issued


@owns_transaction
def revoke_api_key(*, merchant_id: UUID, api_key_id: UUID) -> ApiKey:
    """End a key now. Raises ResourceMissing. Writes: foundation_apikey. Safe to repeat: the first instant
    stays.
    """
    key = lock_api_key(merchant_id=merchant_id, api_key_id=api_key_id)
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
    return key


def _issued(
    merchant: Merchant, scopes: dict[str, str], name: str, networks: list[str], expires_at: datetime | None
) -> IssuedKey:
    secret = keys.new_secret(livemode=merchant.livemode)
    key = ApiKey.across_merchants.create(
        merchant=merchant,
        name=name,
        secret_sha256=keys.hash_secret(secret),
        shown_prefix=secret[: keys.SHOWN_PREFIX_LENGTH],
        last4=secret[-4:],
        scopes=scopes,
        allowed_networks=networks,
        expires_at=expires_at,
    )
    return IssuedKey(key, secret)


def _refuse_unless_scopes(scopes: Mapping[str, str]) -> None:
    for group, access in scopes.items():
        if not _GROUP.fullmatch(group) or access not in ("read", "write"):
            raise ScopeInvalid(
                f"{group}:{access} is not a scope; write <group>:read or <group>:write.", param="scopes"
            )
    if not scopes:
        raise ScopeInvalid("A key needs at least one scope.", param="scopes")


def _refuse_unless_networks(networks: Sequence[str]) -> None:
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise MerchantInvalid(
                f"{network!r} is not a network in CIDR.", param="allowed_networks"
            ) from None
