"""Templates, shop policies, rules, fraud warnings and monitoring: what is set, by whom, and what the pages add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from disputes.models import DisputePolicy, EvidenceTemplate, ShopPolicy
from disputes.operations.record_fraud_warning import record_fraud_warning
from disputes.template_texts import template_hash
from foundation import clock
from foundation.ids import new_id
from foundation.tenancy.models import Merchant
from payments.psp.disputes import FraudWarningNews
from tests.factories.back_office_rows import paid_payment
from tests.factories.dispute_rows import claim_of, fresh, open_dispute
from tests.factories.dispute_rows import save_evidence_page as save

ClientOf = Callable[..., Client]
ADMIN = "/admin/disputes"


def new_template(client: Client, merchant: Merchant, **changed: Any) -> Any:
    given = {
        "form_key": new_id(),
        "name": "Delivered",
        "field": "uncategorized_text",
        "category": "fraudulent",
        "text": "It was delivered on …",
    }
    return client.post(f"{ADMIN}/evidencetemplate/new/{merchant.id}/", {**given, **changed})


def policy_form(**changed: Any) -> dict[str, Any]:
    return {
        "form_key": new_id(),
        "currency": "usd",
        "auto_accept_below": "12.50",
        "conversion_rates": "jpy 0.0065\neur 1.08",
        "dispute_fee": "15.00",
        "counter_fee": "",
        "submits_staged_evidence": "on",
        "reason": "Small ones cost more than they bring",
        **changed,
    }


def test_a_template_is_kept_offered_for_its_claims_and_added_below_what_is_written(
    merchant: Merchant, client_of: ClientOf
) -> None:
    client = client_of("disputes")
    assert new_template(client, merchant).status_code == 302
    template = EvidenceTemplate.across_merchants.get()
    dispute, other = (
        open_dispute(merchant),
        open_dispute(merchant, reason="duplicate", network_reason_code="12.6.1"),
    )

    unchosen = save(client, dispute, do="template", uncategorized_text="First.")
    save(client, dispute, do="template", template=template.pk, uncategorized_text="First.")

    assert unchosen.status_code == 422
    assert "Choose a template." in unchosen.content.decode()
    assert fresh(dispute).evidence == {"uncategorized_text": "First.\n\nIt was delivered on …"}
    choices = client.get(f"{ADMIN}/dispute/{other.pk}/evidence/").context["form"].fields["template"].choices
    assert [value for value, _ in choices] == [""]


def test_two_templates_do_not_share_a_name_and_history_says_who_changed_one(
    merchant: Merchant, client_of: ClientOf
) -> None:
    client = client_of("disputes")
    new_template(client, merchant)
    template = EvidenceTemplate.across_merchants.get()

    refused = new_template(client, merchant)
    changed = {
        "form_key": new_id(),
        "name": "Arrived",
        "field": "uncategorized_text",
        "category": "",
        "text": "B",
        "shown": template_hash(template),
    }
    client.post(f"{ADMIN}/evidencetemplate/{template.pk}/edit/", changed)
    stale = client.post(f"{ADMIN}/evidencetemplate/{template.pk}/edit/", {**changed, "text": "C"})

    assert (refused.status_code, stale.status_code) == (422, 422)
    assert "Somebody else has changed or deleted the template" in stale.content.decode()
    assert EvidenceTemplate.across_merchants.get().name == "Arrived"
    assert [row.history_user.username for row in template.history.all()] == ["ada", "ada"]


def test_a_deleted_template_is_gone_and_what_it_wrote_stays(merchant: Merchant, client_of: ClientOf) -> None:
    client = client_of("disputes")
    new_template(client, merchant)
    template = EvidenceTemplate.across_merchants.get()
    dispute = open_dispute(merchant)
    save(client, dispute, do="template", template=template.pk)

    client.post(f"{ADMIN}/evidencetemplate/{template.pk}/remove/", {"form_key": new_id()})

    assert not EvidenceTemplate.across_merchants.exists()
    assert fresh(dispute).evidence == {"uncategorized_text": "It was delivered on …"}


def test_a_shop_policy_is_written_down_once_and_for_good(merchant: Merchant, client_of: ClientOf) -> None:
    client = client_of("disputes")
    given = {
        "form_key": new_id(),
        "kind": "refund",
        "in_force_from": "2026-01-31T09:30",
        "text": "Fourteen days.",
    }
    address = f"{ADMIN}/shoppolicy/new/{merchant.id}/"

    done = [client.post(address, given).status_code for _ in range(2)]
    refused = client.post(address, {**given, "form_key": new_id(), "text": "Thirty days."})

    assert done == [302, 302]
    assert refused.status_code == 422
    policy = ShopPolicy.across_merchants.get()
    assert (policy.text, policy.in_force_from.isoformat()) == ("Fourteen days.", "2026-01-31T09:30:00+00:00")
    assert client.get(f"{ADMIN}/shoppolicy/{policy.pk}/edit/").status_code in (302, 404)


def test_the_rules_are_set_with_a_reason_that_the_history_keeps(
    merchant: Merchant, client_of: ClientOf
) -> None:
    done = client_of("admin").post(f"{ADMIN}/disputepolicy/set/{merchant.id}/", policy_form())

    assert done.status_code == 302
    policy = DisputePolicy.across_merchants.get()
    assert (policy.auto_accept_below_minor, policy.counter_fee_minor) == (1_250, 0)
    assert policy.conversion_rates == {"eur": "1.08", "jpy": "0.0065"}
    assert policy.history.get().history_change_reason == "Small ones cost more than they bring"


@pytest.mark.parametrize(
    "changed",
    [{"conversion_rates": "xxx 1"}, {"conversion_rates": "jpy -1"}, {"currency": "jpy"}, {"reason": ""}],
)
def test_rules_that_make_no_sense_are_refused(
    changed: dict[str, Any], merchant: Merchant, client_of: ClientOf
) -> None:
    # 12.50 is no amount of yen.
    refused = client_of("admin").post(f"{ADMIN}/disputepolicy/set/{merchant.id}/", policy_form(**changed))

    assert refused.status_code == 422
    assert not DisputePolicy.across_merchants.exists()


def test_rules_and_texts_of_another_merchant_are_not_set(
    other_merchant: Merchant, client_of: ClientOf
) -> None:
    client = client_of("admin")

    assert client.post(f"{ADMIN}/disputepolicy/set/{other_merchant.id}/", policy_form()).status_code == 404
    assert new_template(client, other_merchant).status_code == 404
    assert not DisputePolicy.across_merchants.exists()


def test_a_disputes_agent_reads_the_rules_and_does_not_set_them(
    merchant: Merchant, client_of: ClientOf
) -> None:
    client = client_of("disputes")

    assert client.get(f"{ADMIN}/disputepolicy/").status_code == 200
    assert client.post(f"{ADMIN}/disputepolicy/set/{merchant.id}/", policy_form()).status_code == 403
    assert not DisputePolicy.across_merchants.exists()


def test_a_fraud_warning_leads_to_the_refund_for_those_who_may_refund(
    merchant: Merchant, client_of: ClientOf
) -> None:
    paid = paid_payment(merchant)
    news = FraudWarningNews(
        psp_reference="issfr_1", fraud_type="made_with_stolen_card", is_actionable=True, opened_at=clock.now()
    )
    warning = record_fraud_warning(merchant_id=merchant.id, attempt_id=paid.latest_attempt_id, news=news)
    page = f"{ADMIN}/fraudwarning/{warning.pk}/change/"
    refund = f"/admin/payments/paymentintent/{paid.id}/refund/"

    assert refund in client_of("finance", "fay").get(page).content.decode()
    seen_by_disputes = client_of("disputes").get(page).content.decode()
    assert refund not in seen_by_disputes
    assert "Your role does not refund: an agent does." in seen_by_disputes


def test_monitoring_counts_the_month_and_each_number_leads_to_its_disputes(
    merchant: Merchant, client_of: ClientOf
) -> None:
    won, lost = claim_of(merchant), claim_of(merchant)
    won.hears(won.takes().says("needs_response"), won.returns().says("won", submission_count=1))
    lost.hears(lost.takes().says("lost"))
    client = client_of("disputes")

    shown = client.get(f"{ADMIN}/monitoringfigure/?days=90").context

    program = shown["programs"][0]
    assert (program["title"], program["count"], program["base"]) == ("Visa VAMP", "2", "2")
    assert len(client.get(program["count_url"]).context["cl"].result_list) == 2
    totals = {label: (number, url) for label, number, url in shown["totals"]}
    assert [number for number, _ in totals.values()] == ["2", "100.00 %", "1", "0.00 %"]
    assert len(client.get(totals["Won"][1]).context["cl"].result_list) == 1
    by_product = shown["tables"][2][1][0]
    assert by_product["words"] == "Two kettles"
    assert len(client.get(by_product["closed_url"]).context["cl"].result_list) == 2


def test_monitoring_shows_the_thresholds_of_the_region_and_what_they_mean(
    merchant: Merchant, client_of: ClientOf
) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(country="AE")

    shown = client_of("disputes").get(f"{ADMIN}/monitoringfigure/")

    vamp, _, enumeration = shown.context["programs"]
    assert vamp["thresholds"] == [("Excessive", "150", "2.20 %")]
    assert enumeration["thresholds"] == [("Excessive", "300,000", "20.00 %")]
    page = shown.content.decode()
    assert "These are the thresholds of Visa&#x27;s region CEMEA." in page
    assert "stolen card numbers are tried out here" in page


def test_plots_hold_neither_script_nor_inline_style(merchant: Merchant, client_of: ClientOf) -> None:
    open_dispute(merchant)

    plot = client_of("disputes").get(f"{ADMIN}/monitoringfigure/").context["programs"][0]["plot"]

    assert plot.startswith("<svg")
    assert "style=" not in plot
    assert "<script" not in plot


def test_home_counts_disputes_by_the_time_left_and_each_number_leads_to_its_rows(
    merchant: Merchant, other_merchant: Merchant, client_of: ClientOf
) -> None:
    for days in (2, 2, 5, 18):
        open_dispute(merchant, days=days)
    open_dispute(merchant, opened_at=clock.now() - timedelta(hours=12), days=1)
    open_dispute(other_merchant, days=2)
    client = client_of("disputes")

    figures = client.get("/admin/").context["disputes"]

    assert [figure.lines[0][0] for figure in figures] == ["0", "1", "2", "1", "1"]
    counted = [len(client.get(figure.lines[0][1]).context["cl"].result_list) for figure in figures]
    assert counted == [0, 1, 2, 1, 1]
