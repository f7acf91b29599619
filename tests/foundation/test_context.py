"""The context: who acts, carried beside the call and put back afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from foundation.context import Context, acting, current
from foundation.ids import new_id


def test_nobody_in_particular_is_the_system() -> None:
    assert current() == Context(actor="system")
    assert not current().is_person


def test_a_block_changes_the_fields_it_names_and_keeps_the_others() -> None:
    merchant_id = new_id()

    with acting(actor="staff:ada", merchant_id=merchant_id), acting(reason="goodwill") as inner:
        assert inner is current()
        assert (inner.actor, inner.merchant_id, inner.reason) == ("staff:ada", merchant_id, "goodwill")
        assert inner.is_person

    assert current() == Context()


def test_a_block_that_raises_puts_the_context_back() -> None:
    with pytest.raises(ZeroDivisionError), acting(actor="job:payments.execute_refund"):
        raise ZeroDivisionError

    assert current().actor == "system"


def test_a_thread_does_not_inherit_who_acts_in_another() -> None:
    with acting(actor="staff:ada"), ThreadPoolExecutor(max_workers=1) as pool:
        seen = pool.submit(lambda: current().actor).result()

    assert seen == "system"


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError), acting(user="ada"):
        pass
