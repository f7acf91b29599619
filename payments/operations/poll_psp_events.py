"""Ask a PSP for the events that its webhooks should have brought, and take in those that none did."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation import clock
from foundation.jobs.registry import RunAgain
from foundation.observability.metrics import observe_psp_call
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_event_cursor
from payments.models import PspAccount, PspEventCursor, PspWebhook
from payments.operations.receive_psp_webhook import receive_psp_webhook
from payments.psp.port import Credentials, ListEventsRequest, PspConnector, PspNews
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import get_psp_account
from payments.queries.psp_orders import credentials_of

FRESH = timedelta(seconds=60)
"""Events younger than this may still be on their way as webhooks."""
OVERLAP = timedelta(seconds=60)
"""Read twice, because a PSP's list may fill out of order."""
LONGEST_WINDOW = timedelta(hours=1)
FURTHEST_BACK = timedelta(days=1)
PAGE = 100
MOST_PAGES = 50
BUSY_PARTS = 30
"""What a busy hour is cut into: two minutes, which at 50 pages of 100 bear 40 events a second."""
FETCHED = {"Fetched-From": "event list"}


class _TooMany(Exception):
    """More events than one poll reads."""


@outside_transaction
def poll_psp_events(
    *, merchant_id: UUID, psp_account_id: UUID, page: int = PAGE, most_pages: int = MOST_PAGES
) -> RunAgain | str:
    """Read one window of the list, from where the last poll ended; again at once while there is more to read.

    page: events to a page. most_pages: what one window may hold; a fuller one is cut.
    Raises: ResourceMissing. Writes: lost events into the inbox, as receive_psp_webhook; the account's cursor, which
    moves only when a whole window was read. Safe to repeat: the event id is unique in the inbox.
    """
    account = get_psp_account(merchant_id=merchant_id, psp_account_id=psp_account_id)
    connector = connector_for(account.psp)
    if not account.is_active or not connector.capabilities.lists_events:
        return "not polled"
    read_until = _begin(account)
    newest = clock.now() - FRESH
    window_end = min(read_until + LONGEST_WINDOW, newest)
    if window_end <= read_until:
        return "nothing new yet"

    def read(end: datetime) -> list[tuple[PspNews, bytes]] | None:
        return _read_window(account, connector, read_until - OVERLAP, end, page=page, most_pages=most_pages)

    try:
        found = read(window_end)
    except _TooMany:
        # The list begins with the newest: a window that can not be read to its end leaves a hole at its start.
        window_end = read_until + (window_end - read_until) / BUSY_PARTS
        found = read(window_end)
    if found is None:
        return "not read"
    lost = sum(_take_in(account, news, body) for news, body in found)
    _end(account, window_end, lost)
    return RunAgain(after_seconds=0) if window_end < newest else f"{lost} lost"


def _read_window(
    account: PspAccount,
    connector: PspConnector,
    start: datetime,
    end: datetime,
    *,
    page: int,
    most_pages: int,
) -> list[tuple[PspNews, bytes]] | None:
    """The events of the window that are about our movements and not in the inbox; None when it can not be read.

    Raises _TooMany."""
    credentials: Credentials = credentials_of(account)
    after = ""
    found: dict[str, tuple[PspNews, bytes]] = {}
    for _ in range(most_pages):
        request = ListEventsRequest(
            from_timestamp=clock.to_timestamp(start),
            to_timestamp=clock.to_timestamp(end),
            after=after,
            limit=page,
        )
        answer = connector.list_events(credentials, request)
        observe_psp_call(
            account.psp, answer.call.operation, answer.call.outcome, answer.call.latency_ms / 1000
        )
        if answer.bodies is None:
            return None
        for body in answer.bodies:
            news = connector.parse_webhook(body)
            if news.kind:
                found[news.event_id] = (news, body)
        after = answer.after
        if not after:
            break
    else:
        raise _TooMany
    known = PspWebhook.objects.for_merchant(account.merchant_id).filter(
        psp_account_id=account.id, event_id__in=list(found)
    )
    for event_id in known.values_list("event_id", flat=True):
        del found[event_id]
    return list(found.values())


def _take_in(account: PspAccount, news: PspNews, body: bytes) -> bool:
    return receive_psp_webhook(
        merchant_id=account.merchant_id,
        psp_account=account,
        news=news,
        body=body.decode("utf-8"),
        headers=FETCHED,
    )


@owns_transaction
def _begin(account: PspAccount) -> datetime:
    now = clock.now()
    first = max(account.created_at, now - FURTHEST_BACK)
    row = PspEventCursor(merchant_id=account.merchant_id, psp_account_id=account.id, read_until=first)
    PspEventCursor.across_merchants.bulk_create([row], ignore_conflicts=True)
    cursor = lock_event_cursor(merchant_id=account.merchant_id, psp_account_id=account.id)
    cursor.polled_at = now
    cursor.save(update_fields=["polled_at"])
    return cursor.read_until


@owns_transaction
def _end(account: PspAccount, window_end: datetime, lost: int) -> None:
    cursor = lock_event_cursor(merchant_id=account.merchant_id, psp_account_id=account.id)
    # Two polls may overlap: the cursor never goes back.
    cursor.read_until = max(cursor.read_until, window_end)
    cursor.found_lost += lost
    cursor.save(update_fields=["read_until", "found_lost"])
