"""Refusals about who asks: keys, scopes, networks, accounts."""

from __future__ import annotations

from foundation.errors import DomainError


class AuthenticationFailed(DomainError):
    """The request does not prove whose it is; subclasses say why."""

    http_status = 401


class ApiKeyMissing(AuthenticationFailed):
    code = "api_key_missing"
    message = (
        "You did not provide an API key. Send it in the Authorization header, as a Bearer token "
        "('Authorization: Bearer YOUR_SECRET_KEY') or as the user name of HTTP Basic authentication."
    )


class ApiKeyInvalid(AuthenticationFailed):
    code = "api_key_invalid"
    message = "Invalid API key provided."


class ApiKeyExpired(AuthenticationFailed):
    code = "api_key_expired"
    message = "Expired API key provided."


class SecretKeyRequired(AuthenticationFailed):
    code = "secret_key_required"
    message = "This API call cannot be made with a publishable key. Use a secret key."


class InsufficientScope(DomainError):
    code = "insufficient_scope"
    http_status = 403
    message = "The API key does not have the permission that this request needs."


class NetworkNotAllowed(DomainError):
    code = "network_not_allowed"
    http_status = 403
    message = "The API key may not be used from this network address."


class AccountInvalid(DomainError):
    """Also for an account that exists but is not connected: both answer with the same bytes."""

    code = "account_invalid"
    http_status = 403
    message = "The API key does not have access to this account, or the account does not exist."


class MerchantInvalid(DomainError):
    code = "merchant_invalid"
    message = "The merchant cannot be made as described."


class ScopeInvalid(DomainError):
    code = "scope_invalid"
    message = "A scope is a resource group with read or write."


class StaffInvalid(DomainError):
    code = "staff_invalid"
    message = "This staff member cannot be saved like that."
