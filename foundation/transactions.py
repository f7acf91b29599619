"""The grammar of transactions: who may open one, who joins one, who must stay outside.

Three decorators, each of which raises when misused (house.md, section 3):
    @owns_transaction    operations: opens a durable transaction of its own.
    @joins_transaction   steps, locks, publish, stage_job: demands an open one.
    @outside_transaction PSP adapters, HTTP clients, flows: refuses an open one.

Django's TestCase wraps every test in an atomic block of its own; that one, and only that one, is looked through.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import OperationalError, connection, transaction

from foundation.context import current
from foundation.errors import LockTimeout

P = ParamSpec("P")
R = TypeVar("R")

SERIALIZATION_RETRIES = 5
RETRY_CAP_SECONDS = 0.2
SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"


class TransactionRuleBroken(RuntimeError):
    """A function was called on the wrong side of a transaction: a mistake in the code, never the caller's."""


def transaction_is_open() -> bool:
    """Whether a transaction of ours is open; the test case's own wrapper does not count."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def owns_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run the operation in a durable transaction of its own.

    A deadlock or serialization failure repeats the whole operation, at most 5 times with full jitter: nothing of
    the failed try remains. A lock that is not had in time becomes LockTimeout.
    """

    @wraps(function)
    def operation(*args: P.args, **kwargs: P.kwargs) -> R:
        if transaction_is_open():
            raise TransactionRuleBroken(
                f"{function.__qualname__} owns its transaction, but one is open already."
            )
        for attempt in range(1, SERIALIZATION_RETRIES + 1):
            try:
                with transaction.atomic(durable=True):
                    merchant_id = kwargs.get("merchant_id")
                    _introduce_to_database(merchant_id if isinstance(merchant_id, UUID) else None)
                    return function(*args, **kwargs)
            except OperationalError as error:
                _raise_unless_repeatable(error, attempt)
                time.sleep(random.uniform(0, RETRY_CAP_SECONDS * attempt))
        raise AssertionError("unreachable: the last try returns or raises")

    operation.__transaction_rule__ = "owns"  # type: ignore[attr-defined]
    return operation


def joins_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Demand that the caller has opened a transaction: its writes stand or fall with the caller's."""

    @wraps(function)
    def step(*args: P.args, **kwargs: P.kwargs) -> R:
        if not transaction_is_open():
            raise TransactionRuleBroken(f"{function.__qualname__} joins a transaction, but none is open.")
        return function(*args, **kwargs)

    step.__transaction_rule__ = "joins"  # type: ignore[attr-defined]
    return step


def outside_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse an open transaction: nobody waits for the outside world while holding a lock."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if transaction_is_open():
            raise TransactionRuleBroken(
                f"{function.__qualname__} talks to the outside, but a transaction is open."
            )
        return function(*args, **kwargs)

    call.__transaction_rule__ = "outside"  # type: ignore[attr-defined]
    return call


def _introduce_to_database(merchant_id: UUID | None) -> None:
    # The audit triggers read these; SET LOCAL semantics, so they end with the transaction.
    context = current()
    merchant = merchant_id or context.merchant_id
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.actor', %s, true), set_config('app.merchant', %s, true),"
            " set_config('app.request_id', %s, true), set_config('app.trace_id', %s, true)",
            [context.actor, str(merchant or ""), context.request_id, context.trace_id],
        )


def _raise_unless_repeatable(error: OperationalError, attempt: int) -> None:
    state = getattr(error.__cause__, "sqlstate", None)
    if state == LOCK_NOT_AVAILABLE:
        raise LockTimeout() from error
    if state not in (SERIALIZATION_FAILURE, DEADLOCK_DETECTED) or attempt == SERIALIZATION_RETRIES:
        raise error
