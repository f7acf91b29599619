"""Keys of the seals: only ours approve, replaced ones still approve what they signed."""

from __future__ import annotations

import base64

import pytest

from foundation.audit.signing import KeyUnreadable, SigningKey, VerifyingKeys

OLD = base64.urlsafe_b64encode(b"o" * 32).decode()
NEW = base64.urlsafe_b64encode(b"n" * 32).decode()


def test_the_public_key_alone_verifies_what_was_signed() -> None:
    key = SigningKey(NEW)
    signature = key.sign(b"seal")

    public = VerifyingKeys.from_text(key.public_text)

    assert public.approves(key.key_id, signature, b"seal")
    assert not public.approves(key.key_id, signature, b"seal!")
    assert not public.approves(key.key_id, "no signature", b"seal")
    assert not public.approves("0" * 16, signature, b"seal")


def test_a_key_that_was_replaced_verifies_and_signs_no_more() -> None:
    signature = SigningKey(OLD).sign(b"seal")

    both = SigningKey(f"{NEW}, {OLD}")

    assert both.key_id == SigningKey(NEW).key_id
    assert both.verifying.approves(SigningKey(OLD).key_id, signature, b"seal")


@pytest.mark.parametrize("text", ["", "types", "a" * 43 + "!", base64.urlsafe_b64encode(b"x" * 31).decode()])
def test_a_key_that_cannot_be_read_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(KeyUnreadable) as refusal:
        SigningKey(text)

    assert not text or text not in str(refusal.value)
