"""Change a PSP account: its order, limits and costs, and its secrets, which are sealed at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from foundation.vault.fields import decrypt_field, encrypt_field
from payments.locks import lock_psp_account
from payments.models import PspAccount
from payments.steps.check_psp_account import (
    refuse_unless_cost_model,
    refuse_unless_name_free,
    refuse_unless_signing_secret,
)

TABLE = "payments_pspaccount"


@owns_transaction
def update_psp_account(
    *,
    merchant_id: UUID,
    psp_account_id: UUID,
    secret_key: str | None = None,
    webhook_secret: str | None = None,
    **limits: Any,
) -> PspAccount:
    """limits: name, is_active, priority, currencies, payment_method_types, manual_capture, cost_model,
    deadline_seconds, by model field. A new webhook secret leaves the one before it valid, so that nothing on its way
    is lost. The PSP and its base URL never change: payments are at them.

    Raises: ResourceMissing, CostModelInvalid, PspAccountNameTaken, PspSettingsIncomplete. Writes: the account.
    Safe to repeat: the same values again change nothing but a webhook secret's predecessor.
    """
    account = lock_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    for name, value in limits.items():
        setattr(account, name, value)
    if secret_key is not None:
        account.secret_key_encrypted = _sealed(account, secret_key, "secret_key_encrypted")
    if webhook_secret is not None:
        refuse_unless_signing_secret(account.psp, webhook_secret)
        _succeed(account, webhook_secret)
    refuse_unless_name_free(account)
    refuse_unless_cost_model(account.cost_model)
    account.full_clean(exclude=["merchant"])
    account.save()
    return account


def _succeed(account: PspAccount, webhook_secret: str) -> None:
    from_before = decrypt_field(
        account.merchant_id,
        account.webhook_secret_encrypted,
        table=TABLE,
        column="webhook_secret_encrypted",
        row_id=account.id,
    )
    column = "previous_webhook_secret_encrypted"
    account.previous_webhook_secret_encrypted = _sealed(account, from_before, column)
    account.webhook_secret_encrypted = _sealed(account, webhook_secret, "webhook_secret_encrypted")


def _sealed(account: PspAccount, plaintext: str, column: str) -> str:
    # Sealed for its own column: a secret that was moved to another one would not open.
    return encrypt_field(account.merchant_id, plaintext, table=TABLE, column=column, row_id=account.id)
