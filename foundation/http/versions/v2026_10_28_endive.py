"""Release 2026-10-28.endive, and the way back to 2026-09-30.dahlia.

A step is written `def payment_intent(shape): …`, changes the shape in place and is listed in BACK. There is none
yet: we know of no field that we serve and that differs between the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

RELEASE = "2026-10-28.endive"
BACK: dict[str, Callable[[dict[str, Any]], None]] = {}
