"""Circuits: their changes are told, people switch them with a reason, and what people decided outlives Redis."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.context import acting
from foundation.errors import ResourceMissing
from foundation.events.models import Event
from foundation.ids import new_id
from foundation.resilience import breaker
from foundation.resilience.circuits import CallResult, CircuitState, Switch
from foundation.resilience.redis_client import KEY_PREFIX, get_redis, outage
from payments.errors import BreakerUnknown
from payments.models import AttemptStatus, BreakerPosition, BreakerSwitch
from payments.operations.keep_breaker_switches import keep_breaker_switches
from payments.operations.switch_breaker import switch_breaker
from payments.psp.admission import circuit_of
from payments.psp.health import AccountHealth, read_health
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop

# Nobody listens on the discard port.
DEAD_REDIS = "redis://127.0.0.1:9/0"


def switch(shop: Shop, position: BreakerPosition, **given: Any) -> bool:
    arguments: dict[str, Any] = {
        "merchant_id": shop.id,
        "psp_account_id": shop.account.id,
        "operation": "authorize",
        "position": position,
        "reason": "The PSP announced a maintenance.",
    }
    return switch_breaker(**(arguments | given))


def reading(shop: Shop, operation: str = "authorize") -> breaker.Reading:
    return breaker.read([circuit_of(shop.account.public_id, operation)])[0]


def flush(shop: Shop) -> None:
    """Redis forgets everything of this account."""
    client = get_redis()
    for key in client.scan_iter(f"{KEY_PREFIX}*{shop.account.public_id}*"):
        client.delete(key)


def test_forced_open_no_charge_leaves_and_automatic_lets_them_flow_again(shop: Shop) -> None:
    with acting(actor="staff:ada"):
        assert switch(shop, BreakerPosition.OPEN)

    refused = shop.pays()
    assert shop.attempt(refused).status == AttemptStatus.NOT_SENT
    assert shop.psp.books() == {}
    switch(shop, BreakerPosition.AUTOMATIC)
    shop.pays()

    assert shop.psp.charges() == 1
    decisions = BreakerSwitch.objects.for_merchant(shop.id).order_by("id")
    assert [(row.operation, row.position, row.decided_by) for row in decisions] == [
        ("authorize", "open", "staff:ada"),
        ("authorize", "automatic", "system"),
    ]
    assert decisions[0].reason == "The PSP announced a maintenance."


def test_every_change_is_told_once_with_what_it_was_before(shop: Shop) -> None:
    circuit = circuit_of(shop.account.public_id, "refund")
    for _ in range(10):
        breaker.record(circuit, CallResult.UNANSWERED, permit=breaker.ask(circuit))

    told = Event.objects.for_merchant(shop.id).filter(type="psp_account.breaker_changed").get()

    assert (told.object_type, told.object_id) == ("psp_account", shop.account.id)
    assert told.data["breaker"] == {"operation": "refund", "state": "open", "previous_state": "closed"}
    assert told.data["id"] == shop.account.public_id


def test_a_circuit_that_is_no_account_of_ours_is_nobodys_news(shop: Shop) -> None:
    before = Event.across_merchants.count()

    for subject in ("elsewhere", f"psp_{'0' * 22}"):
        circuit = circuit_of(subject, "authorize")
        breaker.switch(circuit, Switch.OPEN)
        breaker.switch(circuit, Switch.AUTOMATIC)

    assert Event.across_merchants.count() == before


@pytest.mark.parametrize("given", [{"operation": "fly"}, {"psp_account_id": new_id()}])
def test_what_can_not_be_switched_is_refused_and_leaves_no_trace(shop: Shop, given: dict[str, Any]) -> None:
    before = shop.footprint()

    with pytest.raises((BreakerUnknown, ResourceMissing)):
        switch(shop, BreakerPosition.OPEN, **given)

    assert shop.footprint() == before
    assert not BreakerSwitch.objects.for_merchant(shop.id).exists()
    assert reading(shop).state is CircuitState.CLOSED


def test_another_merchants_account_can_not_be_switched(shop: Shop, psp: ScriptedPsp) -> None:
    other = open_shop(psp, name="Coffee shop")

    with pytest.raises(ResourceMissing):
        switch(other, BreakerPosition.OPEN, psp_account_id=shop.account.id)

    assert reading(shop).switch is Switch.AUTOMATIC


def test_what_a_person_decided_is_put_back_when_redis_forgot_it(shop: Shop) -> None:
    switch(shop, BreakerPosition.OPEN)
    switch(shop, BreakerPosition.CLOSED, operation="inquire")
    switch(shop, BreakerPosition.OPEN, operation="void")
    switch(shop, BreakerPosition.AUTOMATIC, operation="void")
    flush(shop)
    assert reading(shop).switch is Switch.AUTOMATIC

    assert keep_breaker_switches() == 2

    assert reading(shop).switch is Switch.OPEN
    assert reading(shop, "inquire").switch is Switch.CLOSED
    assert reading(shop, "void").switch is Switch.AUTOMATIC
    assert keep_breaker_switches() == 0


def test_a_switch_while_redis_is_away_is_kept_and_holds_once_it_is_back(shop: Shop, settings: Any) -> None:
    living = settings.REDIS_URL
    settings.REDIS_URL = DEAD_REDIS
    assert not switch(shop, BreakerPosition.OPEN)
    settings.REDIS_URL = living
    outage.end()

    assert keep_breaker_switches() == 1

    assert reading(shop).switch is Switch.OPEN
    assert BreakerSwitch.objects.for_merchant(shop.id).count() == 1


def test_routing_reads_the_health_of_many_accounts_at_once(shop: Shop, psp: ScriptedPsp) -> None:
    other = open_shop(psp, name="Coffee shop")
    failing = open_shop(psp, name="Cake shop")
    switch(shop, BreakerPosition.OPEN)
    circuit = circuit_of(failing.account.public_id, "authorize")
    for _ in range(10):
        breaker.record(circuit, CallResult.UNANSWERED, permit=breaker.ask(circuit))

    health = read_health([shop.account, other.account, failing.account])

    assert health == {
        shop.account.id: AccountHealth(False, "forced_open"),
        other.account.id: AccountHealth(True, "closed"),
        failing.account.id: AccountHealth(False, "open"),
    }
    key = f"{KEY_PREFIX}breaker:{failing.account.public_id}:authorize"
    get_redis().hset(key, "opened_at", str(float(get_redis().hget(key, "opened_at")) - 31))
    assert read_health([failing.account])[failing.account.id] == AccountHealth(True, "probing")
