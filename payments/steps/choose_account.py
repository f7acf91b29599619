"""Choose where a try of a payment goes: rows, caches and health in, a choice out. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from payments.models import PaymentIntent, PaymentMethod, PspToken
from payments.psp.health import recent_health
from payments.psp.token_kinds import TOKEN_KINDS
from payments.queries.routing_state import (
    account_of,
    read_active_rules,
    read_known_accounts,
    read_routed_tokens,
    read_running_experiment,
    read_scores,
)
from payments.routing.choose import Decision, choose_psp
from payments.routing.facts import Health, PaymentFacts
from payments.routing.tokens import choose_tokens
from payments.steps.check_payment_method import refuse_if_detached


@dataclass(frozen=True, slots=True)
class Choice:
    """token: what the chosen account charges. rule_set_id: of the rules that were asked, whether one held or not."""

    method: PaymentMethod
    token: PspToken
    facts: PaymentFacts
    decision: Decision
    rule_set_id: UUID | None


def choose_account(
    intent: PaymentIntent, method: PaymentMethod, *, tried: AbstractSet[UUID] = frozenset()
) -> Choice:
    """tried: accounts that refused this payment just now.

    Raises PspNotConfigured when no account is left, PaymentMethodUnusable."""
    routed = read_routed_tokens(merchant_id=intent.merchant_id, payment_method_id=method.id)
    rule_set_id, experiment_id = routed.rule_set_id, routed.experiment_id
    refuse_if_detached(method, routed.tokens)
    tokens = choose_tokens(routed.tokens, kinds=TOKEN_KINDS, is_customers=method.customer_id is not None)
    facts = facts_of(intent, method)
    # With one account there is nothing to choose, whatever is known of it.
    is_choice = len(tokens) > 1
    held = {account_id: account_of(token.psp_account) for account_id, token in tokens.items()}
    others = [one for one in read_known_accounts(intent.merchant_id) if one.id not in held]
    decision = choose_psp(
        facts=facts,
        accounts=[*held.values(), *others],
        accounts_with_token=frozenset(held),
        health=_health(tokens.values()) if is_choice else None,
        rules=read_active_rules(intent.merchant_id, rule_set_id) if rule_set_id else None,
        experiment=read_running_experiment(intent.merchant_id, experiment_id) if experiment_id else None,
        scores=read_scores(intent.merchant_id) if is_choice else None,
        tried=tried,
    )
    return Choice(method, tokens[decision.psp_account_id], facts, decision, rule_set_id)


def facts_of(intent: PaymentIntent, method: PaymentMethod) -> PaymentFacts:
    return PaymentFacts(
        payment_id=intent.id,
        customer_id=intent.customer_id,
        amount_minor=intent.amount_minor,
        currency=intent.currency,
        method_type=method.type,
        brand=method.brand.lower(),
        country=method.country.upper(),
        funding=method.funding.lower(),
        bin=method.bin,
        wallet=method.wallet.lower(),
        capture_method=intent.capture_method,
        off_session=intent.off_session,
        metadata=intent.metadata,
    )


def _health(tokens: Iterable[PspToken]) -> dict[UUID, Health]:
    read = recent_health([token.psp_account for token in tokens])
    return {account_id: Health(one.is_available, one.reason) for account_id, one in read.items()}
