"""The token of a preview: what was shown, pinned, so that committing with it gives the same cents or is refused.

It names the subscription and its version, the change asked for, the proration date and every amount; it is signed,
and not a secret. Writes nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.core import signing

from subscriptions.errors import PreviewTokenInvalid

SALT = "subscriptions.preview"
MAX_AGE_SECONDS = 24 * 3_600


@dataclass(frozen=True, slots=True)
class PinnedPreview:
    """proration_seconds: Unix time. change, amounts: fingerprints of what was asked for and of what was shown."""

    subscription: str
    version: int
    proration_seconds: int
    change: str
    amounts: str


def fingerprint(value: Any) -> str:
    """A short digest of plain JSON, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def write_token(pinned: PinnedPreview) -> str:
    return signing.dumps(
        [pinned.subscription, pinned.version, pinned.proration_seconds, pinned.change, pinned.amounts],
        salt=SALT,
        compress=True,
    )


def read_token(token: str) -> PinnedPreview:
    """Raises PreviewTokenInvalid: not ours, tampered with, or older than a day."""
    try:
        subscription, version, seconds, change, amounts = signing.loads(
            token, salt=SALT, max_age=MAX_AGE_SECONDS
        )
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise PreviewTokenInvalid(param="preview_token") from error
    return PinnedPreview(subscription, version, seconds, change, amounts)
