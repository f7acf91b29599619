"""A PSP's token as a row: sealed for exactly this row before it is written anywhere."""

from __future__ import annotations

from foundation.ids import new_id
from foundation.vault.fields import encrypt_field
from payments.models import PaymentMethod, PspAccount, PspToken, TokenKind


def sealed_token(
    method: PaymentMethod, account: PspAccount, token: str, *, kind: str = TokenKind.PSP
) -> PspToken:
    """The row, not written yet."""
    row_id = new_id()
    sealed = encrypt_field(
        method.merchant_id, token, table="payments_psptoken", column="token_encrypted", row_id=row_id
    )
    return PspToken(
        id=row_id,
        merchant_id=method.merchant_id,
        payment_method=method,
        psp_account=account,
        kind=kind,
        token_encrypted=sealed,
    )
