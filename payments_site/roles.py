"""The roles of the back office: groups and what each may see and do, as a table.

Written after every migrate, because permissions exist only then; repeating it changes nothing. A person gets a
role by create_staff or on their page; limits of amounts belong to payments.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import router

# Permissions beyond Django's add, change, delete and view: what actions ask for.
ACTION_PERMISSIONS: dict[str, tuple[str, str]] = {
    "payments.refund_payment": ("paymentintent", "Can refund a payment"),
    "payments.capture_payment": ("paymentintent", "Can capture a payment"),
    "payments.cancel_payment": ("paymentintent", "Can cancel a payment"),
    "payments.ask_psp": ("paymentintent", "Can ask the PSP about a payment"),
    "payments.resolve_case": ("case", "Can ask for a case to be resolved"),
    "payments.approve_case_resolution": ("caseresolution", "Can decide a resolution that another asked for"),
    "payments.approve_refund": ("refund", "Can approve a refund above the limit"),
    "payments.replay_psp_webhook": ("pspwebhook", "Can handle a PSP's webhook again"),
    "payments.switch_breaker": ("pspaccount", "Can switch a circuit breaker by hand"),
    "payments.draft_routing": ("routingruleset", "Can write, back-test and retire routing rules"),
    "payments.approve_routing": ("routingruleset", "Can approve and activate rules that another wrote"),
    "payments.run_experiment": ("routingexperiment", "Can describe, start and stop experiments"),
    "disputes.answer_dispute": ("dispute", "Can fill in and submit the evidence of a dispute"),
    "disputes.accept_dispute": ("dispute", "Can accept a dispute as lost"),
    "disputes.assign_dispute": ("dispute", "Can take a dispute or give it to a colleague"),
    "disputes.note_dispute": ("dispute", "Can note something on a dispute"),
    "disputes.write_templates": ("evidencetemplate", "Can write templates of evidence"),
    "disputes.publish_shop_policies": ("shoppolicy", "Can write down what customers are shown"),
    "disputes.set_dispute_policy": ("disputepolicy", "Can set what is decided about disputes by rule"),
    "ledger.explain_break": ("reconciliationbreak", "Can assign, explain and match breaks"),
    "ledger.request_write_off": ("reconciliationbreak", "Can ask for a break to be written off"),
    "ledger.approve_write_off": ("reconciliationbreak", "Can decide a write-off that another asked for"),
    "ledger.request_adjustment": ("manualadjustment", "Can ask for an adjustment of the books"),
    "ledger.approve_adjustment": ("manualadjustment", "Can decide an adjustment that another asked for"),
    "ledger.close_period": ("accountingperiod", "Can close the books up to a date"),
    "ledger.reopen_period": ("accountingperiod", "Can open a period that another closed"),
    "subscriptions.change_billing": ("subscription", "Can change subscriptions and collect invoices"),
    "subscriptions.settle_invoice": ("invoice", "Can void, give up and note invoices as paid"),
    "subscriptions.issue_credit_note": ("creditnote", "Can issue and void credit notes"),
    "subscriptions.manage_catalogue": ("product", "Can make and archive what is sold"),
    "subscriptions.manage_dunning": ("dunningpolicy", "Can make and choose dunning policies"),
    "foundation.revoke_api_key": ("apikey", "Can revoke an API key"),
    "foundation.redeliver_webhook": ("webhookdelivery", "Can send a webhook again"),
    "foundation.replay_event": ("event", "Can tell our handlers of an event again"),
    "foundation.redrive_job": ("job", "Can run a dead job again"),
}

SEES_PAYMENTS = (
    "payments.paymentintent",
    "payments.paymentattempt",
    "payments.capture",
    "payments.refund",
    "payments.refundapproval",
    "payments.customer",
    "payments.paymentmethod",
    "payments.case",
    "payments.caseresolution",
    "payments.routingdecision",
    "disputes.dispute",
    "subscriptions.subscription",
    "subscriptions.invoice",
    "subscriptions.creditnote",
    "subscriptions.coupon",
    "subscriptions.promotioncode",
    "subscriptions.product",
    "subscriptions.price",
)
SEES_ROUTING = (
    "payments.routingruleset",
    "payments.routingexperiment",
    "payments.routingdecision",
    "payments.routingbacktest",
)
SEES_DISPUTES = (
    "disputes.fraudwarning",
    "disputes.monitoringfigure",
    "disputes.evidencetemplate",
    "disputes.shoppolicy",
    "disputes.disputepolicy",
)
SEES_CATALOGUE = (
    *("subscriptions.taxrate", "subscriptions.meter"),
    *("subscriptions.dunningpolicy", "subscriptions.billingsettings"),
)
SEES_BOOKS = (
    "payments.payout",
    "ledger.ledgeraccount",
    "ledger.journalentry",
    "ledger.manualadjustment",
    "ledger.accountingperiod",
    "ledger.statement",
    "ledger.statementline",
    "ledger.reconciliationbreak",
    "ledger.breakfile",
    "ledger.breakfilerow",
    "ledger.reconciliationrun",
    "ledger.reconciliationtie",
    "ledger.unreadline",
)
SEES_MACHINERY = (
    "payments.pspwebhook",
    "payments.breakerswitch",
    "foundation.event",
    "foundation.webhookendpoint",
    "foundation.webhookdelivery",
    "foundation.deliveryattempt",
    "foundation.job",
    "foundation.replay",
)
SEES_ACCESS = (
    "foundation.merchant",
    "foundation.apikey",
    "foundation.staffuser",
    "foundation.staffassignment",
    "payments.pspaccount",
)
SEES_EVIDENCE = ("foundation.auditevent", "foundation.seal", "foundation.auditverification")
SEES_EVERYTHING = (
    *SEES_PAYMENTS,
    *SEES_ROUTING,
    *SEES_DISPUTES,
    *SEES_CATALOGUE,
    *SEES_BOOKS,
    *SEES_MACHINERY,
    *SEES_ACCESS,
    *SEES_EVIDENCE,
)
ACTS_ON_PAYMENTS = (
    "payments.refund_payment",
    "payments.capture_payment",
    "payments.cancel_payment",
    "payments.ask_psp",
)
RESOLVES_CASES = ("payments.resolve_case", "payments.approve_case_resolution")
ACTS_ON_ROUTING = ("payments.draft_routing", "payments.approve_routing", "payments.run_experiment")
ACTS_ON_DISPUTES = (
    "disputes.answer_dispute",
    "disputes.accept_dispute",
    "disputes.assign_dispute",
    "disputes.note_dispute",
    "disputes.write_templates",
    "disputes.publish_shop_policies",
)
ACTS_ON_BOOKS = (
    "ledger.explain_break",
    "ledger.request_write_off",
    "ledger.approve_write_off",
    "ledger.request_adjustment",
    "ledger.approve_adjustment",
    "ledger.close_period",
    "ledger.reopen_period",
)
SETTLES_BILLING = (
    "subscriptions.change_billing",
    "subscriptions.settle_invoice",
    "subscriptions.issue_credit_note",
    "subscriptions.manage_catalogue",
    "subscriptions.manage_dunning",
)

ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # role: (models seen, further permissions)
    "agent": (SEES_PAYMENTS, (*ACTS_ON_PAYMENTS, "disputes.note_dispute")),
    "senior_agent": (
        (*SEES_PAYMENTS, *SEES_CATALOGUE),
        (
            *ACTS_ON_PAYMENTS,
            *RESOLVES_CASES,
            "payments.approve_refund",
            "disputes.note_dispute",
            "subscriptions.change_billing",
        ),
    ),
    "disputes": ((*SEES_PAYMENTS, *SEES_DISPUTES), ("payments.ask_psp", *ACTS_ON_DISPUTES)),
    "finance": (
        (
            *SEES_PAYMENTS,
            *SEES_ROUTING,
            *SEES_DISPUTES,
            *SEES_CATALOGUE,
            *SEES_BOOKS,
            "payments.pspaccount",
        ),
        (
            *ACTS_ON_PAYMENTS,
            *RESOLVES_CASES,
            "payments.approve_refund",
            *ACTS_ON_BOOKS,
            *ACTS_ON_ROUTING,
            *SETTLES_BILLING,
        ),
    ),
    "auditor": (SEES_EVERYTHING, ()),
    "admin": (
        SEES_EVERYTHING,
        (
            *ACTS_ON_ROUTING,
            "foundation.change_merchant",
            "foundation.revoke_api_key",
            "foundation.add_staffuser",
            "foundation.change_staffuser",
            "foundation.add_staffassignment",
            "foundation.change_staffassignment",
            "foundation.delete_staffassignment",
            "foundation.redeliver_webhook",
            "foundation.redrive_job",
            "foundation.replay_event",
            "payments.replay_psp_webhook",
            "payments.switch_breaker",
            "disputes.set_dispute_policy",
            "disputes.publish_shop_policies",
            "subscriptions.manage_catalogue",
            "subscriptions.manage_dunning",
        ),
    ),
}


def write_roles(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """Make groups and permissions as the table says. Runs once per migrate: when the last app with models is done."""
    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    if sender.label != last.label or not router.allow_migrate_model(using, Group):
        return
    _write_action_permissions()
    held = {
        f"{p.content_type.app_label}.{p.codename}": p.pk
        for p in Permission.objects.select_related("content_type")
    }
    Group.objects.bulk_create([Group(name=role) for role in ROLES], ignore_conflicts=True)
    groups = {group.name: group.pk for group in Group.objects.filter(name__in=ROLES)}
    wanted = {
        (groups[role], held[permission])
        for role in ROLES
        for permission in permissions_of(role)
        if permission in held
    }
    grants = Group.permissions.through
    present = {
        (g.group_id, g.permission_id): g.pk for g in grants.objects.filter(group_id__in=groups.values())
    }
    grants.objects.filter(pk__in=[pk for pair, pk in present.items() if pair not in wanted]).delete()
    grants.objects.bulk_create(
        [grants(group_id=group, permission_id=permission) for group, permission in wanted - present.keys()],
        ignore_conflicts=True,
    )


def permissions_of(role: str) -> list[str]:
    """Every permission of a role as "app.codename"."""
    seen, further = ROLES[role]
    return ["{}.view_{}".format(*model.split(".")) for model in seen] + list(further)


def _write_action_permissions() -> None:
    types = {(t.app_label, t.model): t for t in ContentType.objects.all()}
    rows = []
    for permission, (model, name) in ACTION_PERMISSIONS.items():
        app, codename = permission.split(".")
        if (app, model) in types:
            rows.append(Permission(content_type=types[app, model], codename=codename, name=name))
    Permission.objects.bulk_create(rows, ignore_conflicts=True)
