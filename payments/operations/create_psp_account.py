"""Create a merchant's account at a PSP; its secrets are sealed at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings as site_settings

from foundation.ids import new_id
from foundation.transactions import owns_transaction
from foundation.vault.fields import encrypt_field
from payments.errors import (
    PspBaseUrlRefused,
    PspSettingsIncomplete,
    PspUnsupported,
)
from payments.models import PspAccount
from payments.psp.registry import connector_for
from payments.steps.check_psp_account import (
    refuse_unless_cost_model,
    refuse_unless_name_free,
    refuse_unless_signing_secret,
)

# By PSP; a leading dot stands for any host below.
OWN_HOSTS = {
    "adyen": ("checkout-test.adyen.com", ".adyenpayments.com"),
    "stripe": ("api.stripe.com",),
}
NEEDED_SETTINGS = {"adyen": ("merchant_account",)}
TABLE = "payments_pspaccount"


@owns_transaction
def create_psp_account(
    *,
    merchant_id: UUID,
    psp: str,
    name: str,
    secret_key: str,
    webhook_secret: str,
    base_url: str = "",
    psp_account_id: UUID | None = None,
    **limits: Any,
) -> PspAccount:
    """limits: maximum_report_delay_seconds, deadline_seconds, priority, currencies and the like, by model field.

    Raises: PspUnsupported, PspBaseUrlRefused, PspSettingsIncomplete, PspAccountNameTaken, CostModelInvalid.
    Writes: the account. Not safe to repeat: the name is unique.
    """
    try:
        connector = connector_for(psp)
    except KeyError:
        raise PspUnsupported(f"There is no connector for {psp!r}.", param="psp") from None
    refuse_unless_allowed_host(psp, base_url)
    refuse_unless_complete(psp, limits.get("settings") or {}, webhook_secret)
    defaults = {
        "maximum_report_delay_seconds": connector.capabilities.maximum_report_delay_seconds,
        "idempotency_window_seconds": connector.capabilities.idempotency_window_seconds,
        "authorization_days": connector.capabilities.authorization_days,
    }
    row_id = psp_account_id or new_id()

    def sealed(plaintext: str, column: str) -> str:
        return encrypt_field(merchant_id, plaintext, table=TABLE, column=column, row_id=row_id)

    account = PspAccount(
        id=row_id,
        merchant_id=merchant_id,
        psp=psp,
        name=name,
        secret_key_encrypted=sealed(secret_key, "secret_key_encrypted"),
        webhook_secret_encrypted=sealed(webhook_secret, "webhook_secret_encrypted"),
        base_url=base_url.rstrip("/"),
        **(defaults | limits),
    )
    refuse_unless_name_free(account)
    refuse_unless_cost_model(account.cost_model)
    account.full_clean(exclude=["merchant"])
    account.save(force_insert=True)
    return account


def refuse_unless_allowed_host(psp: str, base_url: str) -> None:
    """Off the PSP's own hosts only where PSP_ALLOW_CUSTOM_BASE_URL is set: a wrong host would get our secrets."""
    if not base_url or site_settings.PSP_ALLOW_CUSTOM_BASE_URL:
        return
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    is_own = any(host.endswith(own) if own[0] == "." else host == own for own in OWN_HOSTS[psp])
    if parts.scheme != "https" or not is_own:
        raise PspBaseUrlRefused(param="base_url")


def refuse_unless_complete(psp: str, given: dict[str, Any], webhook_secret: str) -> None:
    """What would otherwise show at the first payment, or at the first webhook, shows here."""
    for name in NEEDED_SETTINGS.get(psp, ()):
        if not isinstance(given.get(name), str) or not given[name]:
            raise PspSettingsIncomplete(f"An account at {psp} needs settings.{name}.", param="settings")
    refuse_unless_signing_secret(psp, webhook_secret)
