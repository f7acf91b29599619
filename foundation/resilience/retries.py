"""How long to wait before the next try: exponential, with full jitter so that a crowd spreads out.

Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, read 2026-11.
"""

from __future__ import annotations

import random

# 2**62 seconds is beyond any cap; a larger exponent only costs.
_MAX_EXPONENT = 62


def backoff_seconds(attempt: int, *, base_seconds: float, cap_seconds: float) -> float:
    """Seconds to wait after the attempt-th failure (1, 2, …): uniform up to min(cap, base · 2^(n-1))."""
    if attempt < 1:
        raise ValueError(f"Attempts count from 1, not {attempt}.")
    ceiling = min(cap_seconds, base_seconds * 2 ** min(attempt - 1, _MAX_EXPONENT))
    return random.uniform(0, ceiling)
