"""`manage.py run_relay`: turns events into deliveries and handler jobs, and wakes workers for due jobs."""

from __future__ import annotations

import signal
from functools import partial
from threading import Event as Flag
from typing import Any

from django.core.management.base import BaseCommand

from foundation.context import acting
from foundation.events.dispatching import dispatch_batch
from foundation.events.handling import HANDLERS
from foundation.jobs.relay import Relay
from foundation.webhooks.fan_out import WEBHOOKS


class Command(BaseCommand):
    help = "Carry events and due jobs to the workers until SIGTERM. Several relays may run."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Flag()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        readers = [partial(dispatch_batch, consumer) for consumer in (HANDLERS, WEBHOOKS)]
        with acting(actor="relay"):
            Relay(readers=readers, stop=stop).run()
