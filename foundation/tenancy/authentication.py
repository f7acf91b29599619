"""Who asks: a secret key by Bearer or Basic, its merchant, its scopes, its networks, Stripe-Account.

One SELECT (the key joined with its merchant), another only for Stripe-Account; a write once in a while for
last_used_at. Scope and network are refused after the key is known to be good, never before.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from foundation import clock, ids
from foundation.http.caller import client_address
from foundation.http.throttling import READS
from foundation.tenancy import keys
from foundation.tenancy.errors import (
    AccountInvalid,
    ApiKeyExpired,
    ApiKeyInvalid,
    ApiKeyMissing,
    InsufficientScope,
    NetworkNotAllowed,
    SecretKeyRequired,
)
from foundation.tenancy.models import ApiKey, Merchant
from foundation.tenancy.requests import ApiRequest

LAST_USED_STEP = timedelta(minutes=5)
EVERYTHING = "*"
READ = "read"
WRITE = "write"


class ApiKeyAuthentication(BaseAuthentication):
    """Sets api_key, merchant and merchant_id of the request. There is no user."""

    def authenticate(self, request: ApiRequest) -> tuple[None, ApiKey]:  # type: ignore[override]
        secret = _secret_of(request._request)
        key = _find_key(secret)
        now = clock.now()
        _refuse_unless_valid(key, secret, now, client_address(request._request))
        merchant = _merchant_acted_for(key, request.headers.get("Stripe-Account", ""), secret)
        _note_use(key, now)
        request.api_key, request.merchant, request.merchant_id = key, merchant, merchant.pk
        # Where middleware, logs and metrics look.
        request._request.merchant = merchant  # type: ignore[attr-defined]
        request._request.merchant_id = merchant.pk  # type: ignore[attr-defined]
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="API"'


class HasScope(BasePermission):
    """The key's scopes hold the view's resource group: read for GET, write for everything else."""

    def has_permission(self, request: ApiRequest, view: Any) -> bool:  # type: ignore[override]
        needed = READ if request.method in READS else WRITE
        if not allows(request.api_key.scopes, view.scope, needed):
            raise InsufficientScope(
                f"The API key does not have the permission that this request needs: {view.scope} ({needed})."
            )
        return True


def allows(scopes: Mapping[str, str], group: str, needed: str) -> bool:
    """Whether scopes such as {"payments": "write"} or {"*": "read"} cover read or write of a group."""
    granted = (scopes.get(group), scopes.get(EVERYTHING))
    return WRITE in granted or (needed == READ and READ in granted)


def _secret_of(request: HttpRequest) -> str:
    header = request.headers.get("Authorization", "")
    scheme, _, credentials = header.partition(" ")
    scheme = scheme.lower()
    credentials = credentials.strip()
    if scheme == "basic":
        credentials = _user_name_of(credentials)
    elif scheme != "bearer":
        credentials = ""
    if not credentials:
        raise ApiKeyMissing()
    if credentials.startswith(("pk_test_", "pk_live_")):
        raise SecretKeyRequired()
    if not keys.is_well_formed(credentials):
        raise ApiKeyInvalid(f"Invalid API key provided: {keys.redacted(credentials[:200])}")
    return credentials


def _user_name_of(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _find_key(secret: str) -> ApiKey:
    # Before the tenant is known: this is the query that finds it.
    key = (
        ApiKey.across_merchants.select_related("merchant")
        .filter(secret_sha256=keys.hash_secret(secret))
        .first()
    )
    if key is None:
        raise ApiKeyInvalid(f"Invalid API key provided: {keys.redacted(secret)}")
    return key


def _refuse_unless_valid(key: ApiKey, secret: str, now: datetime, address: str) -> None:
    if key.revoked_at is not None and key.revoked_at <= now:
        raise ApiKeyExpired(f"Expired API key provided: {keys.redacted(secret)}")
    if key.expires_at is not None and key.expires_at <= now:
        raise ApiKeyExpired(f"Expired API key provided: {keys.redacted(secret)}")
    if key.allowed_networks and not _is_within(address, key.allowed_networks):
        raise NetworkNotAllowed()


def _is_within(address: str, networks: list[str]) -> bool:
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(caller, "ipv4_mapped", None)
    caller = mapped or caller
    return any(caller in ipaddress.ip_network(network) for network in networks)


def _merchant_acted_for(key: ApiKey, account: str, secret: str) -> Merchant:
    own: Merchant = key.merchant
    if not account:
        return own
    try:
        merchant_id = ids.decode_id(Merchant.public_prefix, account)
    except ids.PublicIdInvalid:
        merchant_id = None
    if merchant_id == own.pk:
        return own
    found = (
        Merchant.objects.filter(pk=merchant_id, platform_id=own.pk, livemode=own.livemode).first()
        if merchant_id
        else None
    )
    if found is None:
        raise AccountInvalid(
            f"The provided key '{keys.redacted(secret)}' does not have access to account '{account[:64]}' "
            "(or that account does not exist). Application access may have been revoked."
        )
    return found


def _note_use(key: ApiKey, now: datetime) -> None:
    if key.last_used_at is not None and now - key.last_used_at < LAST_USED_STEP:
        return
    # Conditional, so that a burst of first requests writes once.
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USED_STEP)
    ApiKey.across_merchants.filter(stale, pk=key.pk).update(last_used_at=now)
