"""The pages of the seals: the chain with its last verification, for auditors, to read only."""

from __future__ import annotations

import pytest
from django.test import Client

from foundation.audit.operations.verify_next import verify_next
from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff
from tests.factories.owner import past_the_triggers
from tests.foundation.audit.sealed import business, ids_of, seal_all

pytestmark = pytest.mark.django_db(transaction=True)

SEALS = "/admin/foundation/seal/"
VERIFICATIONS = "/admin/foundation/auditverification/"


@pytest.fixture
def sealed(merchant: Merchant) -> Merchant:
    business(merchant, "capture:1")
    seal_all()
    return merchant


def logged_in(role: str, merchant: Merchant) -> Client:
    staff = create_staff(
        username="ada", role=role, password="correct-horse-battery", merchant_ids=[merchant.id]
    )
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_seal_shows_when_it_was_last_verified_and_what_came_of_it(sealed: Merchant) -> None:
    auditor = logged_in("auditor", sealed)

    before = auditor.get(SEALS).content.decode()
    verify_next()
    whole = auditor.get(SEALS).content.decode()
    past_the_triggers("DELETE FROM ledger_posting WHERE id::text = %s", [ids_of("ledger_posting")[0]])
    verify_next()
    broken = auditor.get(SEALS).content.decode()

    assert "Not yet" in before
    assert "Whole" in whole and "Not yet" not in whole
    assert "Findings" in broken and "Whole" not in broken


def test_a_seals_page_shows_its_tables_and_its_signature_key(sealed: Merchant) -> None:
    page = logged_in("auditor", sealed).get(f"{SEALS}1/change/").content.decode()

    assert "ledger_journalentry" in page
    assert "hash of the seal before" in page.lower()


def test_a_verification_names_what_it_found(sealed: Merchant) -> None:
    key = ids_of("ledger_posting")[0]
    past_the_triggers("DELETE FROM ledger_posting WHERE id::text = %s", [key])
    seals, rows = verify_next()
    auditor = logged_in("auditor", sealed)

    listed = auditor.get(VERIFICATIONS).content.decode()
    page = auditor.get(f"{VERIFICATIONS}{seals.id}/change/").content.decode()

    assert "1 found" in listed and "to the end" in listed
    assert f"ledger_posting {key} was sealed and is missing" in page
    assert auditor.get(f"{VERIFICATIONS}{rows.id}/change/").status_code == 200


@pytest.mark.parametrize("role", ["agent", "finance"])
def test_other_roles_do_not_see_the_evidence(sealed: Merchant, role: str) -> None:
    client = logged_in(role, sealed)

    assert client.get(SEALS).status_code == 403
    assert client.get(VERIFICATIONS).status_code == 403


def test_nobody_changes_a_seal(sealed: Merchant) -> None:
    auditor = logged_in("auditor", sealed)

    assert auditor.get(f"{SEALS}add/").status_code == 403
    assert auditor.post(f"{SEALS}1/delete/", {"post": "yes"}).status_code == 403
    assert auditor.post(f"{SEALS}1/change/", {"hash": "0"}).status_code == 403
