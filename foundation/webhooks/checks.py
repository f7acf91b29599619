"""What an endpoint's URL and list of events must look like before they are stored.

An address is judged here so that a merchant learns of a mistake at once; what protects us is the same
judgement at each delivery, of the address then connected to (foundation/http/client.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

from foundation.http.client import Unreachable, check_address
from foundation.webhooks.errors import (
    EnabledEventsInvalid,
    WebhookUrlInvalid,
    WebhookUrlNotPublic,
    WebhookVersionUnknown,
)
from foundation.webhooks.fan_out import EVERY_EVENT

MAX_URL_CHARACTERS = 2_048
MAX_ENABLED_EVENTS = 250
RESOLVE_SECONDS = 3.0

_EVENT_TYPE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")


def refuse_unless_deliverable(url: str) -> None:
    """Refuse what no delivery could be sent to. Resolves the host's name, so call it outside a transaction.

    Where WEBHOOK_ALLOW_PRIVATE_NETWORKS is on, http and private addresses pass and no name is resolved.
    Raises WebhookUrlInvalid, WebhookUrlNotPublic.
    """
    allow_private = settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS
    _refuse_unless_well_formed(url, schemes=("https", "http") if allow_private else ("https",))
    if allow_private:
        return
    try:
        check_address(url, deadline_seconds=RESOLVE_SECONDS, allow_private=False)
    except Unreachable as error:
        raise WebhookUrlNotPublic(param="url") from error


def refuse_unless_event_types(enabled_events: Sequence[str]) -> None:
    """Refuse an empty list, and names that no event type can have. Raises EnabledEventsInvalid."""
    if not 0 < len(enabled_events) <= MAX_ENABLED_EVENTS:
        raise EnabledEventsInvalid(param="enabled_events")
    for event_type in enabled_events:
        if event_type != EVERY_EVENT and not _EVENT_TYPE.fullmatch(event_type):
            raise EnabledEventsInvalid(f"{event_type[:100]!r} is not an event type.", param="enabled_events")


def refuse_unless_served(api_version: str) -> None:
    """Refuse a version the API does not speak. Raises WebhookVersionUnknown."""
    if api_version not in settings.API_VERSIONS:
        raise WebhookVersionUnknown(param="api_version")


def _refuse_unless_well_formed(url: str, *, schemes: Sequence[str]) -> None:
    if len(url) > MAX_URL_CHARACTERS or not url.isascii() or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise WebhookUrlInvalid(param="url")
    try:
        parts = urlsplit(url)
        port_is_given_as_zero = parts.port == 0
    except ValueError as error:
        raise WebhookUrlInvalid(param="url") from error
    is_well_formed = parts.scheme in schemes and bool(parts.hostname) and not port_is_given_as_zero
    if not is_well_formed or "@" in parts.netloc or parts.fragment:
        raise WebhookUrlInvalid(param="url")
