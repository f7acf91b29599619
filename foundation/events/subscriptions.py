"""Subscriptions: which handlers of upper floors hear of which events. Registered in reactions.py, from
AppConfig.ready.

A handler runs at least once per event, in a job of its own, in no promised order: it is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# For upper floors too, which may not import the model: it is what their handlers are given.
from foundation.events.models import Event as Event

EVERY_TYPE = "*"

EventHandler = Callable[[Event], object]
"""May return RunAgain, as any job's handler."""


class HandlerUnknown(LookupError):
    """No handler of this name is subscribed: a mistake in the code, or a worker older than the row."""


@dataclass(frozen=True, slots=True)
class Subscription:
    event_type: str
    handler_name: str


_handlers: dict[str, EventHandler] = {}
_subscriptions: set[Subscription] = set()


def subscribe(event_type: str, handler_name: str, handler: EventHandler) -> None:
    """Have `handler` called with each Event of `event_type` ("*": of every type) committed from now on.

    handler_name: `app.verb_noun`, stable, unique to this handler; it may be subscribed to several types.
    """
    known = _handlers.setdefault(handler_name, handler)
    if known is not handler:
        raise ValueError(f"The event handler name {handler_name} is claimed twice.")
    _subscriptions.add(Subscription(event_type, handler_name))


def unsubscribe(handler_name: str) -> None:
    """Take a handler off the register. For tests that subscribe one of their own."""
    _handlers.pop(handler_name, None)
    _subscriptions.difference_update([s for s in _subscriptions if s.handler_name == handler_name])


def get_handler(handler_name: str) -> EventHandler:
    """The handler of this name. Raises HandlerUnknown."""
    try:
        return _handlers[handler_name]
    except KeyError:
        raise HandlerUnknown(f"No event handler is subscribed as {handler_name!r}.") from None


def list_subscriptions() -> list[Subscription]:
    """All subscriptions, in a stable order."""
    return sorted(_subscriptions, key=lambda s: (s.handler_name, s.event_type))
