"""A request of the API, once authentication has said whose it is."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request

from foundation.tenancy.models import ApiKey, Merchant


class ApiRequest(Request):
    """merchant: acted for, which is the key's own unless Stripe-Account names a connected one."""

    api_key: ApiKey
    merchant: Merchant
    merchant_id: UUID
