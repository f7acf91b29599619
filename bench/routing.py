"""What choosing costs: 100 rules, 10 accounts with costs and scores, and the row that keeps the reasons.

One choice here is what a payment pays for being routed: the decision itself and its INSERT. What every
payment reads anyway (its tokens) is not counted. The accounts' health is asked of Redis as in the product, four
times a second at most in a process; what one such question takes stands beside it.
"""

from __future__ import annotations

import random
import statistics
from time import perf_counter, thread_time
from typing import Any
from uuid import UUID

ACCOUNTS = 10
RULES = 100
CHOICES = 2_000
WARM_UP = 200
COUNTRIES = ("US", "DE", "FR", "GB", "JP", "BR", "IN", "NL")


def main() -> dict[str, Any]:
    """Milliseconds: median, p99 and slowest, of the choice and of the choice with its row; cpu: of the latter,
    what this process worked, whatever else the machine does. health: of asking Redis once."""
    merchant_id, attempt, candidates = _world()
    pure, whole, worked = [], [], []
    for number in range(WARM_UP + CHOICES):
        chosen, recorded, cpu = _choose(merchant_id, attempt, candidates, number)
        if number >= WARM_UP:
            pure.append(chosen)
            whole.append(recorded)
            worked.append(cpu)
    return {
        "rules": RULES,
        "accounts": ACCOUNTS,
        "choice": _figures(pure),
        "choice_with_row": _figures(whole),
        "choice_with_row_cpu": _figures(worked),
        "health": _figures([_ask_health(candidates) for _ in range(CHOICES)]),
    }


def _ask_health(world: dict[str, Any]) -> float:
    from payments.psp.health import read_health

    started = perf_counter()
    read_health(world["rows"])
    return (perf_counter() - started) * 1_000


def _choose(
    merchant_id: UUID, attempt: Any, world: dict[str, Any], number: int
) -> tuple[float, float, float]:
    from dataclasses import replace

    from django.db import connection, transaction

    from foundation.ids import new_id
    from payments.psp.health import recent_health
    from payments.routing.choose import choose_psp
    from payments.routing.facts import Health
    from payments.steps.choose_account import Choice
    from payments.steps.record_decision import record_decision

    facts = replace(world["facts"], payment_id=new_id(), country=COUNTRIES[number % len(COUNTRIES)])
    with transaction.atomic():
        started, working = perf_counter(), thread_time()
        health = {
            key: Health(one.is_available, one.reason) for key, one in recent_health(world["rows"]).items()
        }
        decision = choose_psp(
            facts=facts,
            accounts=world["accounts"],
            accounts_with_token=world["held"],
            health=health,
            rules=world["rules"],
            experiment=None,
            scores=world["scores"],
        )
        chosen = perf_counter()
        attempt.psp_account_id = decision.psp_account_id
        choice = Choice(None, None, facts, decision, None)  # type: ignore[arg-type]
        record_decision(attempt, choice, is_failover=False)
        recorded, worked = perf_counter(), thread_time()
        # The same attempt each time: its row is taken back, outside of what is measured.
        transaction.set_rollback(True)
    connection.queries_log.clear()
    return (chosen - started) * 1_000, (recorded - started) * 1_000, (worked - working) * 1_000


def _world() -> tuple[UUID, Any, dict[str, Any]]:
    from foundation.ids import new_id
    from foundation.tenancy.operations import create_merchant
    from payments.models import PaymentAttempt
    from payments.operations.create_psp_account import create_psp_account
    from payments.queries.routing_state import account_of
    from payments.routing.facts import PaymentFacts
    from payments.routing.scores import Scores, Tally

    merchant = create_merchant(name="Bench of routing", currency="usd")
    chance = random.Random(1)
    rows = [
        create_psp_account(
            merchant_id=merchant.id,
            psp="stripe",
            name=f"Bench {new_id()}",
            secret_key="sk_test_bench",
            webhook_secret="whsec_bench",
            cost_model=[{"bps": 200 + number}, {"bps": 300, "fixed_minor": 25, "currency": "usd"}],
        )
        for number in range(ACCOUNTS)
    ]
    accounts = [account_of(row) for row in rows]
    scores = Scores(
        {
            (one.id, ("usd", brand, country, "credit")): Tally(500, chance.randint(400, 490), 200_000)
            for one in accounts
            for brand in ("visa", "mastercard", "amex")
            for country in COUNTRIES
        }
    )
    attempt = _paid(merchant.id, PaymentAttempt)
    return (
        merchant.id,
        attempt,
        {
            "rows": rows,
            "accounts": accounts,
            "held": frozenset(one.id for one in accounts),
            "rules": _rules(accounts, chance),
            "scores": scores,
            "facts": PaymentFacts(
                payment_id=new_id(),
                amount_minor=10_99,
                currency="usd",
                brand="visa",
                funding="credit",
                metadata={"channel": "web"},
            ),
        },
    )


def _rules(accounts: list[Any], chance: random.Random) -> Any:
    """All are about the payment's currency, and all but the last about another channel, so that every one is asked."""
    from payments.routing.conditions import read_conditions
    from payments.routing.rules import Rule, RuleSet, Target

    rules = [
        Rule(
            f"rule {number}",
            tuple(Target(one.id, 10) for one in chance.sample(accounts, 3)),
            read_conditions(
                {
                    "currency": ["usd"],
                    "country": list(COUNTRIES),
                    "amount": {"gte": number},
                    "metadata": {"channel": ["web" if number == RULES - 1 else "app"]},
                }
            ),
        )
        for number in range(RULES)
    ]
    return RuleSet(tuple(rules))


def _paid(merchant_id: UUID, attempts: Any) -> Any:
    """An intent and an attempt on disk for the decisions to point at; no PSP hears of it."""
    from foundation.ids import new_id
    from payments.models import PaymentIntent, PaymentMethod, PspAccount

    amounts = {"amount_minor": 10_99, "currency": "usd"}
    intent = PaymentIntent(merchant_id=merchant_id, client_secret_suffix="s" * 24, **amounts)
    intent.save()
    method = PaymentMethod(merchant_id=merchant_id)
    method.save()
    attempt = attempts(
        merchant_id=merchant_id,
        payment_intent=intent,
        ordinal=1,
        psp_account=PspAccount.objects.for_merchant(merchant_id).first(),
        payment_method=method,
        capture_method="automatic",
        psp_key=str(new_id()),
        **amounts,
    )
    attempt.save()
    return attempt


def _figures(milliseconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(milliseconds, n=100)
    return {
        "p50_ms": round(cuts[49], 3),
        "p99_ms": round(cuts[98], 3),
        "slowest_ms": round(max(milliseconds), 3),
    }
