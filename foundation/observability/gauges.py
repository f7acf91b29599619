"""Gauges that are asked when Prometheus scrapes: how old is the oldest job, how many outcomes are unknown.

Each is a function on one cheap, indexed query. Upper floors push theirs in with register_gauge from
AppConfig.ready; the foundation's own are in foundation_gauges.py. What fails is left out and counted: a
scrape never breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Reading = float | Mapping[str, float]

logger = structlog.get_logger(__name__)

_gauges: dict[str, tuple[str, str, Callable[[], Reading]]] = {}


def register_gauge(name: str, help_text: str, read: Callable[[], Reading], *, label: str = "") -> None:
    """Show a number at every scrape.

    name: snake case with its unit last (`payments_unknown_oldest_age_seconds`). read: returns a number, or
    with `label` a mapping from the label's value to a number. Registering a name again replaces it.
    """
    _gauges[name] = (help_text, label, read)


def withdraw_gauge(name: str) -> None:
    """Show it no more; a name that is not registered is left at that."""
    _gauges.pop(name, None)


def registered_gauges() -> dict[str, str]:
    """By name, the label that each has, or none."""
    return {name: label for name, (_, label, _) in sorted(_gauges.items())}


class DatabaseGauges(Collector):
    """Reads every registered gauge, one after the other."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        failed = 0
        for name, (help_text, label, read) in sorted(_gauges.items()):
            try:
                yield _family(name, help_text, label, read())
            except Exception as error:
                failed += 1
                logger.warning("gauge_failed", gauge=name, error=type(error).__name__)
        yield GaugeMetricFamily("payments_gauges_failed", "Gauges that could not be read.", value=failed)


def _family(name: str, help_text: str, label: str, reading: Reading) -> GaugeMetricFamily:
    if not isinstance(reading, Mapping):
        return GaugeMetricFamily(name, help_text, value=float(reading))
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value, number in sorted(reading.items()):
        family.add_metric([value], float(number))
    return family
