"""The outage drill: one of two PSPs goes down under load, and comes back; what the merchant loses, and that nobody pays
twice. The product is used from outside; only the set-up and the last look read the database.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from foundation import ids
from ledger.queries.verify import verify_books
from payments.psp.health import read_health
from payments.queries.routing import list_decisions
from payments.queries.totals import count_double_charges, count_undecided
from payments_site.demo.tie_out import tie_out, wait_until_quiet
from payments_site.drill.figures import Course, by_second, figures_of, is_good
from payments_site.drill.load import Load
from payments_site.drill.two_psps import Face, TwoPsps, open_two_psps

WARM_UP_SECONDS = 10
AFTER_SECONDS = 5
BACK_WITHIN_SECONDS = 120
QUIET_WITHIN_SECONDS = 180
LOOK_SECONDS = 0.1
ENTRIES_AT_ONCE = 1_000

FAULTS: dict[str, list[dict[str, Any]]] = {
    "silence": [
        {"match": {"probability": 0.5}, "fault": "timeout_after_booking", "seconds": 30},
        {"fault": "timeout_before_booking", "seconds": 30},
    ],
    "errors": [
        {"match": {"probability": 0.5}, "fault": "error_after_booking", "status": 503},
        {"fault": "error_before_booking", "status": 503},
    ],
    "resets": [
        {"match": {"probability": 0.5}, "fault": "reset_after_booking"},
        {"fault": "reset_before_booking"},
    ],
    "refusals": [{"fault": "status_429"}],
}
"""Ways to be down. Half of what the first three do not answer is booked: the worst for whoever would try elsewhere."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What routing saw of the account's charges: closed, open, probing. at: seconds since the load began."""

    at: float
    state: str


class Watch:
    """Notes each change of the account's breaker, as every web process sees it in Redis."""

    def __init__(self, face: Face, seconds: Callable[[], float]) -> None:
        self.sightings: list[Sighting] = []
        self._face = face
        self._seconds = seconds
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch")

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join()

    def first(self, state: str, *, since: float = 0.0) -> float | None:
        return next((one.at for one in self.sightings if one.state == state and one.at >= since), None)

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            state = read_health([self._face])[self._face.id].reason
            if not self.sightings or self.sightings[-1].state != state:
                self.sightings.append(Sighting(round(self._seconds(), 1), state))


def run_outage(
    *, fault: str, first: str, seconds: int, rate: float, tell: Callable[[str], None]
) -> dict[str, Any]:
    """One outage of `seconds`, by one of FAULTS, of the PSP whose face is asked first. rate: payments per second.

    Raises requests.RequestException when stack or sandbox can not be reached."""
    shop = open_two_psps(first=first, second="adyen" if first == "stripe" else "stripe")
    load = Load(api_base=os.environ["PUBLIC_BASE_URL"], api_key=shop.api_key, method=shop.method, rate=rate)
    watch = Watch(shop.first, load.seconds)
    tell(f"{shop.first.name} is asked first, {shop.second.name} beside it; {rate:g} payments a second")
    load.begin()
    watch.begin()
    try:
        course = _let_it_happen(shop, load, watch, fault=fault, seconds=seconds, tell=tell)
    finally:
        _heal(shop)
        load.end()
        watch.end()
    tell("waiting until nothing is in doubt")
    is_quiet = all(
        wait_until_quiet(
            shop.merchant_id,
            shop.sandbox_url,
            face.key,
            timeout_seconds=QUIET_WITHIN_SECONDS,
            tell=tell,
        )
        for face in (shop.first, shop.second)
    )
    accounts = _accounts_asked(shop)
    figures = figures_of(load.payments, accounts, course, failing=shop.first.name)
    proof = _proof(shop, is_quiet=is_quiet)
    return {
        "drill": "outage",
        "fault": fault,
        "went_down": shop.first.name,
        "payments": len(load.payments),
        "payments_per_second": rate,
        "down_from_second": round(course.down_at, 1),
        "down_to_second": round(course.healed_at, 1),
        **figures,
        "breaker": [{"second": one.at, "state": one.state} for one in watch.sightings],
        **proof,
        "seconds": by_second(load.payments, accounts),
        "passed": is_good(figures) and proof["no_harm"],
    }


def _let_it_happen(
    shop: TwoPsps, load: Load, watch: Watch, *, fault: str, seconds: int, tell: Callable[[str], None]
) -> Course:
    load.wait_until(WARM_UP_SECONDS)
    _break_down(shop, fault)
    down_at = load.seconds()
    tell(f"{shop.first.name} is down: {fault}")
    load.wait_until(down_at + seconds)
    _heal(shop)
    healed_at = load.seconds()
    tell(f"{shop.first.name} would answer again")
    while watch.first("closed", since=healed_at) is None and load.seconds() < healed_at + BACK_WITHIN_SECONDS:
        time.sleep(LOOK_SECONDS)
        if watch.first("open", since=down_at) is None:
            break
    load.wait_until(load.seconds() + AFTER_SECONDS)
    return Course(
        down_at,
        healed_at,
        opened_at=watch.first("open", since=down_at),
        closed_at=watch.first("closed", since=healed_at),
    )


def _break_down(shop: TwoPsps, fault: str) -> None:
    rules = [
        {**rule, "seed": number, "match": {**rule.get("match", {}), "account": shop.first.key}}
        for number, rule in enumerate(FAULTS[fault])
    ]
    requests.post(f"{shop.sandbox_url}/sandbox/faults", json=rules, timeout=5).raise_for_status()


def _heal(shop: TwoPsps) -> None:
    requests.delete(f"{shop.sandbox_url}/sandbox/faults", timeout=5).raise_for_status()


def _accounts_asked(shop: TwoPsps) -> dict[str, str]:
    """By intent's public id, the name of the account that its last try went to."""
    rows = list_decisions(merchant_id=shop.merchant_id).order_by("ordinal", "id")
    asked = rows.values_list("payment_intent_id", "psp_account__name")
    return {ids.encode_id("pi", intent_id): name for intent_id, name in asked}


def _proof(shop: TwoPsps, *, is_quiet: bool) -> dict[str, Any]:
    ties = tie_out(
        shop.merchant_id,
        sandbox_url=shop.sandbox_url,
        psp_key=shop.first.key,
        other_keys=[shop.second.key],
    )
    charged = [_charged_intents(shop.sandbox_url, face.key) for face in (shop.first, shop.second)]
    undecided = count_undecided(merchant_id=shop.merchant_id)
    differences = verify_books(shop.merchant_id).differences
    at_both = len(charged[0] & charged[1])
    doubles = count_double_charges(merchant_id=shop.merchant_id)
    ties_out = {tie.currency: tie.ties_out for tie in ties}
    return {
        "charged": {shop.first.name: len(charged[0]), shop.second.name: len(charged[1])},
        "charged_at_both": at_both,
        "charged_twice": doubles,
        "still_undecided": undecided,
        "differences_in_the_books": len(differences),
        "ties_out": ties_out,
        "no_harm": is_quiet
        and not (at_both or doubles or differences or any(undecided.values()))
        and bool(ties_out)
        and all(ties_out.values()),
    }


def _charged_intents(sandbox_url: str, key: str) -> set[str]:
    """Our ids of the payments that a PSP's own books have charges of."""
    charged: set[str] = set()
    page: Mapping[str, Any] = {"has_more": True, "next_after": 0}
    while page["has_more"]:
        page = requests.get(
            f"{sandbox_url}/books/entries",
            params={"account": key, "after": page["next_after"], "limit": ENTRIES_AT_ONCE},
            timeout=30,
        ).json()
        charged |= {
            entry["payment_metadata"]["payment_intent"]
            for entry in page["entries"]
            if entry["kind"] == "charge"
        }
    return charged
