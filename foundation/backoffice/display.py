"""How values look in the back office: badges, instants in the person's zone, JSON, money for reading.

Everything returns escaped HTML or plain text; nothing here asks the database.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foundation import clock
from foundation.money import Money

TONES = frozenset({"good", "wait", "warn", "bad", "calm"})
NOTHING = "–"
SECRET_KEYS = frozenset({"client_secret", "Stripe-Signature", "Authorization"})


def badge(text: str, tone: str = "calm") -> SafeString:
    """A small coloured label; the colour only repeats what the words say. tone: one of TONES."""
    if tone not in TONES:
        raise ValueError(f"{tone!r} is no tone of a badge.")
    return format_html('<span class="bo-badge bo-{}">{}</span>', tone, text)


def instant(moment: datetime | None) -> SafeString | str:
    """An instant in the person's zone, with UTC on hover. This year goes without saying."""
    if moment is None:
        return NOTHING
    there = timezone.localtime(moment)
    is_this_year = there.year == timezone.localtime(clock.now()).year
    local = date_format(there, "j M, H:i:s" if is_this_year else "j M Y, H:i:s")
    utc = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), utc, local)


def amount(money: Money | None) -> SafeString | str:
    """Money for reading, kept on one line."""
    if money is None:
        return NOTHING
    return format_html('<span class="bo-amount">{}</span>', readable(money))


def readable(money: Money) -> str:
    """ "1,234.50 USD": grouped digits and the code, with the digits ISO 4217 gives the currency."""
    digits = money.exponent
    pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
    major = Decimal(money.amount_minor).scaleb(-digits)
    number = format_currency(major, money.currency.upper(), pattern, locale="en", currency_digits=False)
    return f"{number} {money.currency.upper()}"


def json_block(data: Any) -> SafeString | str:
    """Data as indented JSON in a scrolling box; what opens doors is left out, however it got there."""
    if not data:
        return NOTHING
    text = json.dumps(_without_secrets(data), indent=2, ensure_ascii=False, sort_keys=True, default=str)
    return format_html('<pre class="bo-json bo-mono" tabindex="0">{}</pre>', text)


def _without_secrets(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            key: "(hidden)" if key in SECRET_KEYS and value else _without_secrets(value)
            for key, value in data.items()
        }
    return [_without_secrets(item) for item in data] if isinstance(data, list) else data


def link(text: str, address: str, *, is_code: bool = True) -> SafeString:
    """A link of the back office's own look. is_code: an id, a reference or a path."""
    return format_html('<a class="bo-link{}" href="{}">{}</a>', " bo-mono" if is_code else "", address, text)


def actor_words(actor: str) -> str:
    """An actor of foundation.context as people say it: "ada", "API key", "job: execute refund"."""
    kind, _, name = actor.partition(":")
    if kind == "staff":
        return name or "somebody"
    if kind == "api_key":
        return "API key"
    if kind == "job":
        return f"job: {name.rpartition('.')[2].replace('_', ' ')}"
    return {"beat": "schedule", "psp": "the PSP"}.get(kind, name or actor) or NOTHING


def short_id(public_id: str) -> SafeString | str:
    """An id that fits a column and is still told from its neighbours: "pi_035…0IUchC"."""
    return mono(f"{public_id[:6]}…{public_id[-6:]}")


def mono(text: str) -> SafeString | str:
    """An id or a code, in letters of one width."""
    return format_html('<span class="bo-mono">{}</span>', text) if text else NOTHING
