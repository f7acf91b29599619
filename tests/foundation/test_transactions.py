"""The guard of the grammar of transactions. It must bite inside pytest-django's wrapping transaction too."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from foundation.context import acting
from foundation.errors import LockTimeout
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from foundation.transactions import (
    SERIALIZATION_RETRIES,
    TransactionRuleBroken,
    joins_transaction,
    outside_transaction,
    owns_transaction,
    transaction_is_open,
)


@owns_transaction
def _own(*, merchant_id: UUID | None = None) -> bool:
    return transaction_is_open()


@joins_transaction
def _join() -> str:
    return "joined"


@outside_transaction
def _call() -> str:
    return "called"


@owns_transaction
def _settings_seen_by_triggers(*, merchant_id: UUID) -> list[str]:
    names = ("app.actor", "app.merchant", "app.request_id", "app.trace_id")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}', true)" for name in names))
        return list(cursor.fetchone())


def _failing(sqlstate: str) -> OperationalError:
    cause = Exception()
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    error = OperationalError("the database refused")
    error.__cause__ = cause
    return error


@pytest.mark.django_db
class TestInsideTheTestCasesTransaction:
    def test_the_wrapper_of_the_test_does_not_count(self) -> None:
        assert connection.in_atomic_block
        assert not transaction_is_open()

    def test_an_operation_opens_one(self) -> None:
        assert _own() is True
        assert not transaction_is_open()

    def test_an_operation_inside_another_transaction_is_refused(self) -> None:
        with transaction.atomic(), pytest.raises(TransactionRuleBroken, match="_own owns its transaction"):
            _own()

    def test_an_operation_inside_an_operation_is_refused(self) -> None:
        @owns_transaction
        def outer() -> None:
            _own()

        with pytest.raises(TransactionRuleBroken):
            outer()

    def test_a_step_without_a_transaction_is_refused(self) -> None:
        with pytest.raises(TransactionRuleBroken, match="_join joins a transaction, but none is open"):
            _join()

    def test_a_step_inside_an_operation_runs(self) -> None:
        @owns_transaction
        def outer() -> str:
            return _join()

        assert outer() == "joined"

    def test_a_call_to_the_outside_without_a_transaction_runs(self) -> None:
        assert _call() == "called"

    def test_a_call_to_the_outside_inside_an_operation_is_refused(self) -> None:
        @owns_transaction
        def outer() -> None:
            _call()

        with pytest.raises(TransactionRuleBroken, match="_call talks to the outside"):
            outer()

    def test_a_call_to_the_outside_inside_a_bare_atomic_block_is_refused(self) -> None:
        with transaction.atomic(), pytest.raises(TransactionRuleBroken):
            _call()

    def test_the_database_is_told_who_acts_and_forgets_it_with_the_transaction(self) -> None:
        merchant_id = new_id()

        with acting(actor="staff:ada", request_id="req_1", trace_id="0af7651916cd43dd8448eb211c80319c"):
            told = _settings_seen_by_triggers(merchant_id=merchant_id)

        assert told == ["staff:ada", str(merchant_id), "req_1", "0af7651916cd43dd8448eb211c80319c"]

    def test_the_merchant_of_the_context_counts_when_none_is_named(self) -> None:
        merchant_id = new_id()

        @owns_transaction
        def told() -> str:
            with connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('app.merchant', true)")
                return str(cursor.fetchone()[0])

        with acting(merchant_id=merchant_id):
            assert told() == str(merchant_id)

    def test_what_an_operation_wrote_goes_when_it_raises(self) -> None:
        @owns_transaction
        def write_and_fail() -> None:
            Merchant.objects.create(name="Nobody", default_currency="usd")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write_and_fail()

        assert Merchant.objects.count() == 0

    @pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
    def test_a_deadlock_repeats_the_whole_operation(self, sqlstate: str) -> None:
        tries = []

        @owns_transaction
        def sometimes() -> str:
            tries.append(Merchant.objects.count())
            Merchant.objects.create(name="Shop", default_currency="usd")
            if len(tries) < SERIALIZATION_RETRIES:
                raise _failing(sqlstate)
            return "done"

        assert sometimes() == "done"
        assert tries == [0] * SERIALIZATION_RETRIES
        assert Merchant.objects.count() == 1

    def test_a_deadlock_that_does_not_end_is_raised_after_the_last_try(self) -> None:
        tries = []

        @owns_transaction
        def never() -> None:
            tries.append(1)
            raise _failing("40P01")

        with pytest.raises(OperationalError):
            never()

        assert len(tries) == SERIALIZATION_RETRIES

    def test_a_lock_that_is_not_had_in_time_is_a_lock_timeout_and_not_repeated(self) -> None:
        tries = []

        @owns_transaction
        def locked() -> None:
            tries.append(1)
            raise _failing("55P03")

        with pytest.raises(LockTimeout):
            locked()

        assert len(tries) == 1

    def test_another_failure_of_the_database_is_not_repeated(self) -> None:
        tries = []

        @owns_transaction
        def broken() -> None:
            tries.append(1)
            raise _failing("57P01")

        with pytest.raises(OperationalError):
            broken()

        assert len(tries) == 1


@pytest.mark.django_db(transaction=True)
class TestWithRealCommits:
    def test_the_same_guard_holds(self) -> None:
        assert not transaction_is_open()
        assert _own() is True
        assert _call() == "called"
        with pytest.raises(TransactionRuleBroken):
            _join()
        with transaction.atomic(), pytest.raises(TransactionRuleBroken):
            _call()
        with transaction.atomic(), pytest.raises(TransactionRuleBroken):
            _own()

    def test_an_operation_has_committed_when_it_returns(self) -> None:
        @owns_transaction
        def make() -> None:
            Merchant.objects.create(name="Shop", default_currency="usd")

        make()

        connection.close()
        assert Merchant.objects.count() == 1

    def test_the_settings_do_not_outlive_the_transaction(self) -> None:
        with acting(actor="staff:ada"):
            _settings_seen_by_triggers(merchant_id=new_id())

        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.actor', true)")
            assert cursor.fetchone()[0] == ""
