"""Every test of the contract runs once for each PSP, against the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundation.ids import new_id
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.psp.contract.faces import FACES, Face


@pytest.fixture(params=list(FACES))
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    side, prefix = FACES[request.param]
    psp = ScriptedPsp(sandbox, key=f"{prefix}{new_id().hex}")
    yield side(psp)
    psp.heals()
