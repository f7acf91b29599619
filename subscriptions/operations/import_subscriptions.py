"""Take over the subscriptions of a file, each in a transaction of its own: a bad line stops nothing but itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from foundation.errors import DomainError, ResourceMissing
from foundation.ids import PublicIdInvalid, decode_id
from foundation.transactions import outside_transaction
from subscriptions.importing import LineInvalid, NamedItem, read_line
from subscriptions.operations.import_subscription import ImportedTerms, Rehearsed, import_subscription
from subscriptions.operations.open_subscription import NewItem
from subscriptions.periods import Period
from subscriptions.queries.catalogue import list_prices

MAX_LINES = 100_000


@dataclass
class Imported:
    """refused: (line number, why), in the order of the file; the first line after the heading is line 2."""

    new: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@outside_transaction
def import_subscriptions(
    *, merchant_id: UUID, lines: Iterable[dict[str, str]], is_rehearsal: bool = False
) -> Imported:
    """lines: by column, as subscriptions/importing.py says. is_rehearsal: says what would happen, and keeps nothing.

    Writes: as import_subscription.
    Safe to repeat: what is known is counted and stays as it is, so that a corrected file can be sent again whole.
    """
    done = Imported()
    keys: set[str] = set()
    for number, line in enumerate(lines, start=2):
        if number > MAX_LINES + 1:
            done.refused.append((number, f"A file has at most {MAX_LINES} lines."))
            break
        try:
            is_new = _import(merchant_id, line, keys, is_rehearsal=is_rehearsal)
        except (LineInvalid, PublicIdInvalid) as error:
            done.refused.append((number, str(error)))
        except DomainError as error:
            done.refused.append((number, error.text))
        else:
            done.new += is_new
            done.known += not is_new
    return done


def _import(merchant_id: UUID, line: dict[str, str], keys: set[str], *, is_rehearsal: bool) -> bool:
    """Whether it is new."""
    read = read_line(line)
    if read.key in keys:
        raise LineInvalid(f"The key {read.key} is on an earlier line already.")
    keys.add(read.key)
    method = read.payment_method
    asked: dict[str, Any] = {
        "merchant_id": merchant_id,
        "import_key": read.key,
        "customer_id": decode_id("cus", read.customer),
        "items": [_item(merchant_id, item) for item in read.items],
        "terms": ImportedTerms(
            started_at=read.started_at,
            period=Period(read.period_start_at, read.period_end_at),
            anchor_day=read.anchor_day,
            is_trial=read.is_trial,
            is_paid=read.is_paid,
            collection_method=read.collection_method,
            days_until_due=read.days_until_due,
            default_payment_method_id=decode_id("pm", method) if method else None,
            cancel_at_period_end=read.cancel_at_period_end,
            description=read.description,
        ),
    }
    try:
        _, is_new = import_subscription(**asked, is_rehearsal=is_rehearsal)
    except Rehearsed:
        return True
    return is_new


def _item(merchant_id: UUID, item: NamedItem) -> NewItem:
    """The price by its id, or by its lookup key. Raises ResourceMissing."""
    rows = list_prices(merchant_id=merchant_id)
    try:
        found = rows.filter(pk=decode_id("price", item.price)).first()
    except PublicIdInvalid:
        found = rows.filter(lookup_key=item.price).first()
    if found is None:
        raise ResourceMissing(f"No such price: '{item.price}'", param="price")
    return NewItem(found.id, item.quantity)
