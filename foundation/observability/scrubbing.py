"""What must never leave in a log line or a span: card numbers, keys, tokens. Free of Django."""

from __future__ import annotations

import re

from foundation.http.pan import mask_pans

MAX_TEXT = 2_000
MASK = "[hidden]"

_SECRETS = re.compile(
    r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]+"
    r"|\bwhsec_[A-Za-z0-9+/=_-]+"
    r"|\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+"
    r"|://[^/\s:@]+:[^/\s@]+@",
)


def scrub_text(text: str, *, max_chars: int = MAX_TEXT) -> str:
    """The text with card numbers masked, keys and credentials hidden, cut to max_chars."""
    if len(text) > max_chars:
        text = text[:max_chars] + "…"
    return mask_pans(_SECRETS.sub(_hide, text))


def _hide(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith("://"):
        return f"://{MASK}@"
    # The kind of a key stays: a reader has to know what was there.
    kind = re.match(r"(?:sk|rk|pk)_(?:live|test)_|whsec_|Bearer |Basic ", found)
    return f"{kind[0] if kind else ''}{MASK}"
