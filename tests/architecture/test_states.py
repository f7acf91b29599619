"""State machines: the golden file of states and arrows, and what every machine owes its reader."""

from __future__ import annotations

from tests.architecture.golden import assert_is_current
from tests.architecture.states import GOLDEN, arrows, describe, machines

# States a row may be born in besides its field's default.
ALSO_BORN_IN = {
    "payments.Refund": {"requires_approval"},
    # As an issuer's inquiry.
    "disputes.Dispute": {"warning_needs_response"},
    "subscriptions.Subscription": {"trialing"},
}


def test_states_and_arrows_are_the_golden_ones() -> None:
    assert_is_current(GOLDEN, describe())


def test_every_state_field_is_protected() -> None:
    """protected=True: assignment to the field raises, only a transition moves it."""
    open_fields = [f"{model._meta.label}.{field.name}" for model, field in machines() if not field.protected]

    assert open_fields == []


def test_every_arrow_joins_two_declared_states() -> None:
    stray = [
        f"{model._meta.label}: {source} -> {target} ({name})"
        for model, field in machines()
        for source, target, name in arrows(model, field)
        if not {source, target} <= {str(value) for value, _ in field.choices}
    ]

    assert stray == [], "No wildcard sources either: each arrow is drawn."


def test_every_state_is_reachable() -> None:
    stranded = []
    for model, field in machines():
        reached = {str(field.default)} | ALSO_BORN_IN.get(model._meta.label, set())
        drawn = arrows(model, field)
        for _ in drawn:
            reached |= {target for source, target, _ in drawn if source in reached}
        stranded += [
            f"{model._meta.label}.{value}" for value, _ in field.choices if str(value) not in reached
        ]

    assert stranded == []


def test_the_state_machines_of_payments_are_found() -> None:
    labels = {model._meta.label for model, _ in machines()}

    assert {"payments.PaymentIntent", "payments.PaymentAttempt", "payments.Refund"} <= labels
