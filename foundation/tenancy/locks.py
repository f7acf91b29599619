"""Row locks of tenancy."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.tenancy.models import ApiKey
from foundation.transactions import joins_transaction


@joins_transaction
def lock_api_key(*, merchant_id: UUID, api_key_id: UUID) -> ApiKey:
    """The key. Raises ResourceMissing, also for another merchant's."""
    keys = ApiKey.objects.for_merchant(merchant_id).select_for_update(of=("self",))
    key = keys.filter(pk=api_key_id).first()
    if key is None:
        raise ResourceMissing("No such api_key.")
    return key
