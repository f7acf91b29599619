"""Accounts, payments, rules and experiments as tests of the choice write them."""

from __future__ import annotations

from typing import Any

from foundation.ids import new_id
from payments.routing.choose import Decision, choose_psp
from payments.routing.conditions import read_conditions
from payments.routing.experiments import Arm, Experiment
from payments.routing.facts import Account, PaymentFacts
from payments.routing.rules import Rule, Target


def account(name: str, **fields: Any) -> Account:
    return Account(id=new_id(), name=name, **fields)


def payment(**fields: Any) -> PaymentFacts:
    return PaymentFacts(**{"payment_id": new_id(), "amount_minor": 10_00, "currency": "usd", **fields})


def decide(accounts: list[Account], facts: PaymentFacts | None = None, **given_: Any) -> Decision:
    holding = given_.pop("holding", accounts)
    return choose_psp(
        facts=facts or payment(),
        accounts=accounts,
        accounts_with_token=frozenset(one.id for one in holding),
        **given_,
    )


def names(decision: Decision) -> list[str]:
    """Of those that could take it, in the order of failover."""
    return [one.candidate.name for one in decision.considered if one.rank is not None]


def reasons(decision: Decision) -> dict[str, str]:
    return {one.candidate.name: one.reason for one in decision.considered}


def rule(*targets: Account | tuple[Account, int], only: bool = False, **conditions: Any) -> Rule:
    named = [one if isinstance(one, tuple) else (one, None) for one in targets]
    return Rule(
        "+".join(one.name for one, _ in named),
        tuple(Target(one.id, weight) for one, weight in named),
        read_conditions(conditions),
        only,
    )


def experiment(*arms: tuple[Account, int], **fields: Any) -> Experiment:
    return Experiment(new_id(), tuple(Arm(one.name, one.id, weight) for one, weight in arms), **fields)
