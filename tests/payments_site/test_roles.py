"""Groups and permissions as the table says."""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.models import Group, Permission

from payments_site.roles import ACTION_PERMISSIONS, ROLES, permissions_of, write_roles

UPPER_FLOORS = ("disputes.", "subscriptions.", "ledger.")


def held_by(role: str) -> set[str]:
    rows = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


def last_app():  # type: ignore[no-untyped-def]
    return [config for config in apps.get_app_configs() if config.models_module][-1]


def test_migrating_makes_the_six_roles(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {
        "agent",
        "senior_agent",
        "disputes",
        "finance",
        "auditor",
        "admin",
    }


def test_every_permission_named_for_payments_and_foundation_exists(db: None) -> None:
    named = {p for role in ROLES for p in permissions_of(role) if p.startswith(("payments.", "foundation."))}

    rows = Permission.objects.select_related("content_type")
    existing = {f"{row.content_type.app_label}.{row.codename}" for row in rows}

    assert named - existing == set()
    assert set(ACTION_PERMISSIONS) - existing == set()


def test_an_agent_refunds_but_sees_no_books_and_no_keys(db: None) -> None:
    agent = held_by("agent")

    assert "payments.refund_payment" in agent
    assert not {p for p in agent if p.startswith("ledger.") or "apikey" in p or "staffuser" in p}


def test_an_auditor_sees_and_never_acts(db: None) -> None:
    assert {p for p in held_by("auditor") if ".view_" not in p} == set()


def test_writing_the_roles_again_repairs_what_drifted_and_changes_nothing_else(db: None) -> None:
    before = {role: held_by(role) for role in ROLES}
    agents = Group.objects.get(name="agent")
    agents.permissions.add(Permission.objects.get(codename="revoke_api_key"))
    agents.permissions.remove(Permission.objects.get(codename="refund_payment"))

    write_roles(last_app())

    assert {role: held_by(role) for role in ROLES} == before
