"""Domain errors: one register of codes, each claimed once."""

from __future__ import annotations

import pytest

from foundation.errors import DomainError, LockTimeout, ParameterInvalid, ResourceMissing


def test_an_error_carries_its_sentence_parameter_and_details() -> None:
    plain = ParameterInvalid()
    exact = ParameterInvalid("Amount is too large.", param="amount", limit=5)

    assert (plain.text, plain.param, plain.details) == (ParameterInvalid.message, None, {})
    assert (exact.text, exact.param, exact.details) == ("Amount is too large.", "amount", {"limit": 5})
    assert str(exact) == "Amount is too large."


def test_the_register_knows_each_error_by_its_code() -> None:
    assert DomainError.registry["resource_missing"] is ResourceMissing
    assert DomainError.registry["lock_timeout"] is LockTimeout
    assert (ResourceMissing.http_status, LockTimeout.http_status) == (404, 409)


def test_a_code_is_claimed_once() -> None:
    with pytest.raises(TypeError, match="resource_missing is claimed by ResourceMissing and Impostor"):

        class Impostor(DomainError):
            code = "resource_missing"

    assert DomainError.registry["resource_missing"] is ResourceMissing


def test_an_error_without_a_code_of_its_own_speaks_with_its_parents() -> None:
    class CustomerMissing(ResourceMissing):
        message = "No such customer."

    assert CustomerMissing.code == "resource_missing"
    assert DomainError.registry["resource_missing"] is ResourceMissing
