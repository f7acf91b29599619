"""The menu of the back office, as a table. A line shows when its list exists and the person may see it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

MENU: list[tuple[str, list[tuple[str, str, str]]]] = [
    (
        "Payments",
        [
            ("Payments", "payments", "payments.paymentintent"),
            ("Refunds", "undo", "payments.refund"),
            ("Refunds to approve", "approval", "payments.refundapproval"),
            ("Customers", "person", "payments.customer"),
            ("Payment methods", "credit_card", "payments.paymentmethod"),
            ("Payouts", "account_balance", "payments.payout"),
            ("Cases", "contract_edit", "payments.case"),
            ("Case resolutions", "approval", "payments.caseresolution"),
        ],
    ),
    (
        "Routing",
        [
            ("Rules", "alt_route", "payments.routingruleset"),
            ("Experiments", "science", "payments.routingexperiment"),
            ("Decisions", "fork_right", "payments.routingdecision"),
            ("Back-tests", "history", "payments.routingbacktest"),
        ],
    ),
    (
        "Disputes",
        [
            ("Disputes", "gavel", "disputes.dispute"),
            ("Fraud warnings", "e911_emergency", "disputes.fraudwarning"),
            ("Monitoring", "monitoring", "disputes.monitoringfigure"),
            ("Templates", "edit_note", "disputes.evidencetemplate"),
            ("Shop policies", "policy", "disputes.shoppolicy"),
            ("Rules", "rule_settings", "disputes.disputepolicy"),
        ],
    ),
    (
        "Subscriptions",
        [
            ("Subscriptions", "autorenew", "subscriptions.subscription"),
            ("Invoices", "receipt_long", "subscriptions.invoice"),
            ("Credit notes", "undo", "subscriptions.creditnote"),
            ("Products", "inventory_2", "subscriptions.product"),
            ("Prices", "sell", "subscriptions.price"),
            ("Coupons", "percent", "subscriptions.coupon"),
            ("Promotion codes", "redeem", "subscriptions.promotioncode"),
            ("Tax rates", "account_balance", "subscriptions.taxrate"),
            ("Meters", "speed", "subscriptions.meter"),
            ("Dunning policies", "event_repeat", "subscriptions.dunningpolicy"),
            ("Billing settings", "tune", "subscriptions.billingsettings"),
        ],
    ),
    (
        "Books",
        [
            ("Accounts", "account_balance_wallet", "ledger.ledgeraccount"),
            ("Entries", "menu_book", "ledger.journalentry"),
            ("Adjustments", "balance", "ledger.manualadjustment"),
            ("Periods", "event_busy", "ledger.accountingperiod"),
            ("Statements", "description", "ledger.statement"),
            ("Reconciliations", "join_inner", "ledger.reconciliationrun"),
            ("Breaks", "rule", "ledger.reconciliationbreak"),
        ],
    ),
    (
        "Webhooks and jobs",
        [
            ("Breakers", "electrical_services", "payments.breakerswitch"),
            ("From PSPs", "call_received", "payments.pspwebhook"),
            ("Events", "bolt", "foundation.event"),
            ("Endpoints", "link", "foundation.webhookendpoint"),
            ("Deliveries", "call_made", "foundation.webhookdelivery"),
            ("Jobs", "work_history", "foundation.job"),
            ("Replays", "replay", "foundation.replay"),
        ],
    ),
    (
        "Access",
        [
            ("Merchants", "storefront", "foundation.merchant"),
            ("PSP accounts", "hub", "payments.pspaccount"),
            ("API keys", "key", "foundation.apikey"),
            ("People", "group", "foundation.staffuser"),
            ("Audit", "policy", "foundation.auditevent"),
            ("Seals", "verified", "foundation.seal"),
            ("Verifications", "fact_check", "foundation.auditverification"),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups and links of unfold's side menu for this person."""
    listed = {model._meta.label_lower for model in admin.site._registry}
    groups: list[dict[str, Any]] = []
    for title, lines in MENU:
        items = [
            _link(request, *line)
            for line in lines
            if line[2] in listed and request.user.has_perm(_view(line[2]))
        ]
        if items:
            groups.append({"title": title, "separator": bool(groups), "items": items})
    home = {"title": "", "items": [_home(request)]}
    return [home, *groups]


def _home(request: HttpRequest) -> dict[str, Any]:
    address = reverse("admin:index")
    return {"title": "Home", "icon": "home", "link": address, "active": request.path == address}


def _link(request: HttpRequest, title: str, icon: str, model: str) -> dict[str, Any]:
    address = reverse("admin:{}_{}_changelist".format(*model.split(".")))
    return {"title": title, "icon": icon, "link": address, "active": request.path.startswith(address)}


def _view(model: str) -> str:
    app, name = model.split(".")
    return f"{app}.view_{name}"
