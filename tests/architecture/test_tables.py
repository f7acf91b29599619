"""What every table owes: composite keys between tenant rows, whole minor units, plain names."""

from __future__ import annotations

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps

from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from tests.architecture import tables

# Unique over all merchants on purpose.
UNIQUE_OVER_ALL = {
    "foundation.ApiKey.secret_sha256": "a key is looked up before its merchant is known",
}

# The Stripe-shaped and the queue's own words, which say more than the suffix would.
OTHER_TIMES = {
    "disputes.ShopPolicy.in_force_from": "the instant from which a text of the shop counts",
    "disputes.MonitoringFigure.month": "a calendar month, named by its first day",
    "foundation.Job.run_after": "the queue's word; a time before which nothing happens",
    "foundation.Job.lease_until": "the queue's word",
    "foundation.WebhookEndpoint.failing_since": "the instant from which its failures count",
    "payments.PspEventCursor.read_until": "how far a list was read, not when",
    "foundation.IdempotencyKey.lease_until": "the same word as the job's",
    "foundation.StaffUser.last_login": "Django's own column",
    "foundation.StaffUser.date_joined": "Django's own column",
}

# Rows that may go with their parent.
MAY_CASCADE = {
    "foundation.StaffAssignment.staff": "an assignment is nothing without its person",
    "foundation.StaffAssignment.merchant": "an assignment is nothing without its merchant",
}


def test_every_parent_of_a_tenant_row_is_tied_to_the_rows_own_merchant() -> None:
    assert tables.loose_parents(tables.tenant_models()) == []


@pytest.mark.django_db
def test_postgresql_ties_every_parent_to_the_rows_own_merchant() -> None:
    tenant_tables = {model._meta.db_table for model in tables.tenant_models()}
    expected = {
        (model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in tables.tenant_models()
        for field in tables.foreign_keys(model)
        if tables.names_a_tenant_row(field)
    }

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.convalidated,
                   (SELECT array_agg(a.attname ORDER BY k.n)
                      FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
                      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
                   (SELECT array_agg(a.attname ORDER BY k.n)
                      FROM unnest(c.confkey) WITH ORDINALITY k(attnum, n)
                      JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum)
            FROM pg_constraint c WHERE c.contype = 'f'
            """
        )
        between_tenants = [row for row in cursor.fetchall() if {row[0], row[1]} <= tenant_tables]

    composite = {
        (child, columns[1], parent)
        for child, parent, is_valid, columns, parent_columns in between_tenants
        if is_valid
        and len(columns) == 2
        and columns[0] == "merchant_id"
        and parent_columns == ["merchant_id", "id"]
    }
    assert len(composite) == len(between_tenants), "A foreign key between tenant rows lacks the merchant."
    assert composite == expected


def test_every_unique_constraint_of_a_tenant_table_includes_the_merchant() -> None:
    assert sorted(tables.unique_without_merchant(tables.tenant_models())) == sorted(UNIQUE_OVER_ALL)


def test_every_amount_is_a_big_integer_beside_its_currency() -> None:
    assert tables.amounts_without_currency(tables.our_models()) == []


def test_no_column_is_a_float() -> None:
    assert tables.inexact_columns(tables.our_models()) == []


def test_no_column_defaults_to_a_currency() -> None:
    assert tables.defaulted_currencies(tables.our_models()) == []


def test_every_foreign_key_protects_its_parent() -> None:
    assert sorted(tables.deleting_foreign_keys(tables.our_models())) == sorted(MAY_CASCADE)


def test_instants_end_in_at_and_dates_in_on() -> None:
    assert sorted(tables.oddly_named_times(tables.our_models())) == sorted(OTHER_TIMES)


@isolate_apps("payments")
def test_the_readers_of_tables_bite() -> None:
    class Parent(TenantModel):
        class Meta(TenantModel.Meta):
            app_label = "payments"
            constraints = [tenant_key("parent")]

    class Child(TenantModel):
        tied = models.ForeignKey(Parent, db_constraint=False, on_delete=models.PROTECT, related_name="+")
        loose = models.ForeignKey(Parent, on_delete=models.CASCADE, related_name="+")
        code = models.CharField(max_length=8, unique=True)
        fee_minor = models.IntegerField()
        rate = models.FloatField()
        when = models.DateTimeField()

        class Meta(TenantModel.Meta):
            app_label = "payments"
            constraints = [same_merchant("child", "tied", "payments_parent")]

    class Priced(TenantModel):
        currency = models.CharField(max_length=3, default="usd")

        class Meta(TenantModel.Meta):
            app_label = "payments"

    both: list[tables.Model] = [Parent, Child, Priced]

    assert tables.loose_parents(both) == ["payments.Child.loose"]
    assert tables.unique_without_merchant(both) == ["payments.Child.code"]
    assert tables.amounts_without_currency(both) == [
        "payments.Child.fee_minor is no BigIntegerField",
        "payments.Child.fee_minor has no currency beside it",
    ]
    assert tables.inexact_columns(both) == ["payments.Child.rate"]
    assert tables.defaulted_currencies(both) == ["payments.Priced.currency"]
    assert tables.deleting_foreign_keys(both) == ["payments.Child.loose"]
    assert tables.oddly_named_times(both) == ["payments.Child.when"]
