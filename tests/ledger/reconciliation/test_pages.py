"""The pages of reconciliation: drill-down both ways, actions by permission, breaks by file, nobody else's rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.tenancy.models import Merchant
from foundation.tenancy.staff import create_staff
from ledger.models import BreakFile, ReconciliationBreak, ReconciliationRun, Statement, StatementLine
from tests.ledger.reconciliation.settlements import (
    captured,
    charge_row,
    entry_of,
    one_break,
    run,
    statement_of,
)

pytestmark = pytest.mark.django_db

BREAKS = "admin:ledger_reconciliationbreak_changelist"
FILE = "admin:ledger_reconciliationbreak_file"
DOWNLOAD = "admin:ledger_reconciliationbreak_download"


def logged_in(role: str, merchant: Merchant, name: str = "ada") -> Client:
    staff = create_staff(
        username=name, role=role, password="correct-horse-battery", merchant_ids=[merchant.id]
    )
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def finance(merchant: Merchant) -> Client:
    return logged_in("finance", merchant)


@pytest.fixture
def reconciled(merchant: Merchant) -> ReconciliationBreak:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2), charge_row(3, gross="x"))
    run(merchant.id)
    return one_break(merchant.id)


def test_lists_show_statements_runs_and_breaks(finance: Client, reconciled: ReconciliationBreak) -> None:
    assert "2 new" in text(finance.get(reverse("admin:ledger_statement_changelist")))
    assert "Ties out" in text(finance.get(reverse("admin:ledger_reconciliationrun_changelist")))
    breaks = text(finance.get(reverse(BREAKS)))
    assert "Missing at us" in breaks
    assert "9.41 USD" in breaks


def test_a_line_leads_to_its_entry_and_a_break_to_its_line(
    finance: Client, merchant: Merchant, reconciled: ReconciliationBreak
) -> None:
    line = StatementLine.objects.for_merchant(merchant.id).get(reference="ch_1")
    entry = entry_of(merchant.id, "capture:1")

    line_page = text(finance.get(reverse("admin:ledger_statementline_change", args=[line.pk])))
    entry_page = text(finance.get(reverse("admin:ledger_journalentry_change", args=[entry.pk])))
    break_page = text(finance.get(reverse("admin:ledger_reconciliationbreak_change", args=[reconciled.pk])))

    assert reverse("admin:ledger_journalentry_change", args=[entry.pk]) in line_page
    assert reverse("admin:ledger_statementline_change", args=[line.pk]) in entry_page
    assert reverse("admin:ledger_statementline_change", args=[reconciled.line_id]) in break_page


def test_a_statement_shows_what_it_could_not_read_and_a_run_its_ties(
    finance: Client, merchant: Merchant, reconciled: ReconciliationBreak
) -> None:
    statement = Statement.objects.for_merchant(merchant.id).get()
    done = ReconciliationRun.objects.for_merchant(merchant.id).get()

    assert "is not an amount" in text(
        finance.get(reverse("admin:ledger_statement_change", args=[statement.pk]))
    )
    page = text(finance.get(reverse("admin:ledger_reconciliationrun_change", args=[done.pk])))
    assert "18.82 USD" in page


def test_two_people_write_a_break_off_on_its_page(
    merchant: Merchant, reconciled: ReconciliationBreak
) -> None:
    ada, bob = logged_in("finance", merchant, "ada"), logged_in("finance", merchant, "bob")
    ask = reverse("admin:ledger_reconciliationbreak_request_write_off", args=[reconciled.pk])
    approve = reverse("admin:ledger_reconciliationbreak_approve_write_off", args=[reconciled.pk])
    agreed = {"form_key": "0199e0a0-0000-7000-8000-000000000000", "amount_minor": "941", "currency": "usd"}

    asked = ada.post(ask, {**agreed, "reason": "Too small to chase."})
    own = ada.post(approve, agreed)
    other = bob.post(approve, agreed)

    assert (asked.status_code, own.status_code, other.status_code) == (302, 422, 302)
    assert ReconciliationBreak.objects.for_merchant(merchant.id).get().status == "written_off"


def uploaded(client: Client, merchant: Merchant, content: bytes) -> str:
    """The page of the file that was taken in."""
    said = {"merchant": str(merchant.id), "file": SimpleUploadedFile("breaks.csv", content)}
    return text(client.post(reverse(FILE), said, follow=True))


def downloaded(client: Client) -> str:
    return b"".join(client.get(reverse(DOWNLOAD)).streaming_content).decode()


def commit(client: Client, merchant: Merchant) -> int:
    file = BreakFile.objects.for_merchant(merchant.id).order_by("-id").first()
    assert file is not None
    address = reverse("admin:ledger_breakfile_commit", args=[file.pk])
    return client.post(address, {"form_key": str(new_id())}).status_code


def test_breaks_go_out_as_a_file_and_come_back_filled_in(
    finance: Client, merchant: Merchant, reconciled: ReconciliationBreak
) -> None:
    content = downloaded(finance)
    assert reconciled.public_id in content
    filled_in = content.replace(",open,,,", ",open,ada,Ours by tomorrow,")

    assert "Owner: ada" in uploaded(finance, merchant, filled_in.encode())
    assert one_break(merchant.id).owner == ""
    assert commit(finance, merchant) == 302
    run_due_jobs()

    file = BreakFile.objects.for_merchant(merchant.id).get()
    found = one_break(merchant.id)
    assert file.status == "done"
    assert (found.owner, found.explanation, found.status) == ("ada", "Ours by tomorrow", "explained")
    outcome = finance.get(reverse("admin:ledger_breakfile_outcome", args=[file.pk]))
    assert b"".join(outcome.streaming_content).decode().splitlines()[1].endswith(",Done")


def test_a_file_is_committed_once_and_by_those_who_may(
    finance: Client, merchant: Merchant, reconciled: ReconciliationBreak
) -> None:
    filled_in = downloaded(finance).replace(",open,,,", ",open,ada,,")
    uploaded(finance, merchant, filled_in.encode())

    assert commit(logged_in("auditor", merchant, "eve"), merchant) == 403
    assert commit(finance, merchant) == 302
    assert commit(finance, merchant) != 302

    assert Job.objects.filter(name="ledger.apply_break_file").count() == 1


def test_a_file_names_no_other_merchants_breaks(
    finance: Client, merchant: Merchant, other_merchant: Merchant
) -> None:
    captured(merchant.id, 1)
    captured(other_merchant.id, 1)
    statement_of(other_merchant.id, charge_row(2))
    run(other_merchant.id)
    theirs = ReconciliationBreak.objects.for_merchant(other_merchant.id).get(kind="missing_at_us")
    file = f"break,owner,explanation,write_off_reason\n{theirs.public_id},ada,,\n".encode()

    page = uploaded(finance, merchant, file)

    assert "There is no such break." in page
    assert theirs.public_id not in downloaded(finance)
    assert theirs.public_id not in text(finance.get(reverse(BREAKS)))


def test_agents_see_none_of_it(merchant: Merchant, reconciled: ReconciliationBreak) -> None:
    agent = logged_in("agent", merchant)

    for address in (reverse(BREAKS), reverse(FILE), reverse(DOWNLOAD)):
        assert agent.get(address).status_code == 403
    explain = reverse("admin:ledger_reconciliationbreak_explain", args=[reconciled.pk])
    assert agent.post(explain, {"explanation": "no"}).status_code in (302, 403)
    assert one_break(merchant.id).explanation == ""


def test_an_auditor_reads_and_changes_nothing(merchant: Merchant, reconciled: ReconciliationBreak) -> None:
    auditor = logged_in("auditor", merchant)

    assert "Missing at us" in text(auditor.get(reverse(BREAKS)))
    explain = reverse("admin:ledger_reconciliationbreak_explain", args=[reconciled.pk])
    assert auditor.post(explain, {"explanation": "no"}).status_code == 403


def test_a_formula_in_a_reference_is_no_formula_in_the_file(finance: Client, merchant: Merchant) -> None:
    captured(merchant.id, 1)
    statement_of(merchant.id, charge_row(1), charge_row(2, source="=1+1"))
    run(merchant.id)

    content = downloaded(finance)

    assert ",'=1+1," in content
